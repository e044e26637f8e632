import type { PackageJson } from "@cairn/client";
import type { KnownPackage, KnownPackages } from "./known-packages.ts";
import { GONE, namesOf, type Role } from "./package-name.ts";
import type { Gateway, Owner } from "./ports.ts";

/** A package under the name that its owner gave it. */
export type ListedPackage = PackageJson & { name: string; role: Role };

/** The account's packages; with `all`, those that are gone, too. An owner is needed for their names only. */
export async function listPackages(
  { gateway, owner }: { gateway: Pick<Gateway, "packages">; owner: Pick<Owner, "lookupKey"> | undefined },
  { all = false }: { all?: boolean | undefined } = {},
): Promise<ListedPackage[]> {
  return namesOf(owner, await gateway.packages(all)).filter(({ state }) => all || !GONE.has(state));
}

/** What is said of a package otherwise than it is remembered here. */
export interface Doubted {
  known: KnownPackage;
  /** `missing`: signed for from here and not ended, and in no list. `ended`: ended from here, and said to go on. */
  why: "missing" | "ended";
}

/** What a list of all packages hides, or has lost, and what it brings back from the past, by the ids. */
export async function doubtedIn(
  listed: readonly Pick<PackageJson, "id" | "state">[],
  known: Pick<KnownPackages, "ids" | "recall">,
): Promise<Map<string, Doubted>> {
  const states = new Map(listed.map(({ id, state }) => [id, state]));
  const doubted = new Map<string, Doubted>();
  for (const one of await Promise.all((await known.ids()).map((id) => known.recall(id)))) {
    if (one === undefined) continue;
    const state = states.get(one.id);
    if (state === undefined && !one.ended) doubted.set(one.id, { known: one, why: "missing" });
    if (state !== undefined && isSaidToGoOn(one, state)) doubted.set(one.id, { known: one, why: "ended" });
  }
  return doubted;
}

/** Of what was ended from here: only answers of the past, or made up, have it go on. */
export const isSaidToGoOn = (known: KnownPackage | undefined, state: string): boolean =>
  known?.ended === true && state !== "ENDING" && !GONE.has(state);
