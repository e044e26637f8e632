import type { PackageJson } from "@cairn/client";
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
