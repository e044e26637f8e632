import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Hex } from "@cairn/protocol";
import { type Home, makeDirectory, readJson, writeWhole } from "../home/home.ts";

/**
 * What this home's account remembers of a package that it signed for: enough to know it again, nothing that says what is in it (the name is
 * its keyed hash).
 */
export interface KnownPackage {
  id: string;
  nameHash: Hex;
  documentHash: Hex;
  root: string;
  /** UNIX seconds; of packages that had one name in turn, the last counts. */
  signedAt: number;
  /** The owner ended it. */
  ended: boolean;
  /** A put of this home stored it to replace another, or replaced it: as long as it only has a side name, it ends with the next replacement. */
  aside?: boolean;
}

const folderOf = (home: Home): string => join(home.account, "packages");
const ID = /^[0-9a-f]{32}$/;

export async function rememberPackage(home: Home, known: KnownPackage): Promise<void> {
  await makeDirectory(folderOf(home));
  await writeWhole(join(folderOf(home), `${known.id}.json`), `${JSON.stringify(known, null, 2)}\n`);
}

export async function recallPackage(home: Home, id: string): Promise<KnownPackage | undefined> {
  return ID.test(id) ? readJson<KnownPackage>(join(folderOf(home), `${id}.json`)) : undefined;
}

/** Change what is remembered of a package, when anything is. */
export async function amendPackage(
  home: Home,
  id: string,
  change: Partial<Pick<KnownPackage, "nameHash" | "ended" | "aside">>,
): Promise<void> {
  const known = await recallPackage(home, id);
  if (known !== undefined) await rememberPackage(home, { ...known, ...change });
}

/** A put that came to nothing. */
export async function forgetPackage(home: Home, id: string): Promise<void> {
  if (ID.test(id)) await rm(join(folderOf(home), `${id}.json`), { force: true });
}

/** The package that a name stood for last, of those that were not ended. */
export async function recallByName(home: Home, nameHash: Hex): Promise<KnownPackage | undefined> {
  let last: KnownPackage | undefined;
  for (const id of await idsOf(home)) {
    const known = await recallPackage(home, id);
    if (known === undefined || known.ended || known.nameHash !== nameHash) continue;
    if (last === undefined || known.signedAt > last.signedAt) last = known;
  }
  return last;
}

/** The packages that were not ended whose ids begin so. */
export async function recallLiveIds(home: Home, prefix: string): Promise<string[]> {
  const known = await Promise.all(
    (await idsOf(home)).filter((id) => id.startsWith(prefix)).map((id) => recallPackage(home, id)),
  );
  return known.flatMap((one) => (one === undefined || one.ended ? [] : [one.id]));
}

async function idsOf(home: Home): Promise<string[]> {
  const files = await readdir(folderOf(home)).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files.map((file) => file.replace(/\.json$/, ""));
}
