import type { Address, Hex } from "@cairn/protocol";

/**
 * What an owner's side remembers of a package that it signed for: enough to know it again, nothing that says what is in it (the name is its
 * keyed hash).
 */
export interface KnownPackage {
  id: string;
  nameHash: Hex;
  documentHash: Hex;
  root: string;
  /** The wallet that it belongs to. Older records have none. */
  owner?: Address;
  /** UNIX seconds; of packages that had one name in turn, the last counts. */
  signedAt: number;
  /** The owner ended it. */
  ended: boolean;
  /** A put from here stored it to replace another, or replaced it: as long as it only has a side name, it ends with the next replacement. */
  aside?: boolean;
}

/** Where that is kept. What is no package id has never been remembered. */
export interface KnownPackages {
  recall(id: string): Promise<KnownPackage | undefined>;
  /** In the place of what was remembered of it. */
  remember(known: KnownPackage): Promise<void>;
  /** A put that came to nothing. */
  forget(id: string): Promise<void>;
  ids(): Promise<string[]>;
}

/** Change what is remembered of a package, when anything is. */
export async function amendKnown(
  packages: Pick<KnownPackages, "recall" | "remember">,
  id: string,
  change: Partial<Pick<KnownPackage, "nameHash" | "ended" | "aside">>,
): Promise<void> {
  const known = await packages.recall(id);
  if (known !== undefined) await packages.remember({ ...known, ...change });
}

/** The package that a name stood for last, of those that were not ended. */
export async function recallByName(
  packages: Pick<KnownPackages, "recall" | "ids">,
  nameHash: Hex,
): Promise<KnownPackage | undefined> {
  let last: KnownPackage | undefined;
  for (const id of await packages.ids()) {
    const known = await packages.recall(id);
    if (known === undefined || known.ended || known.nameHash !== nameHash) continue;
    if (last === undefined || known.signedAt > last.signedAt) last = known;
  }
  return last;
}

/** The packages that were not ended whose ids begin so. */
export async function recallLiveIds(
  packages: Pick<KnownPackages, "recall" | "ids">,
  prefix: string,
): Promise<string[]> {
  const fitting = (await packages.ids()).filter((id) => id.startsWith(prefix));
  const known = await Promise.all(fitting.map((id) => packages.recall(id)));
  return known.flatMap((one) => (one === undefined || one.ended ? [] : [one.id]));
}

/** In memory: for pages and tests. */
export function memoryKnownPackages(): KnownPackages {
  const held = new Map<string, KnownPackage>();
  return {
    recall: async (id) => held.get(id),
    remember: async (known) => void held.set(known.id, { ...known }),
    forget: async (id) => void held.delete(id),
    ids: async () => [...held.keys()],
  };
}
