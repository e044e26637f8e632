import type { PackageJson } from "@cairn/client";
import { OVER } from "@cairn/core/package-states";
import { asCairnError } from "@cairn/protocol/errors";
import { decryptLabel } from "./labels.ts";
import type { Owner } from "./ports.ts";

/** States of which nothing can be got any more. */
export const GONE: ReadonlySet<string> = new Set(OVER);

/** In the place of names that another key encrypted. */
export const OTHER_KEY = "(another account's)";

/** A package's name for its owner; without the right key, a note in its stead. */
export function nameOf(
  account: Pick<Owner, "lookupKey"> | undefined,
  found: Pick<PackageJson, "id" | "label">,
): string {
  if (account === undefined || found.label === null) return "(name unknown)";
  try {
    return decryptLabel(account, found.id, found.label).name;
  } catch (error) {
    if (asCairnError(error).code === "wrong-key") return OTHER_KEY;
    throw error;
  }
}

/** What a package is called until, or after, another has its name. */
export const sideName = (name: string, id: string): string => `${name}~${id.slice(0, 8)}`;

/** The name behind a side name, or the name itself. */
export function mainName(name: string, id: string): string {
  const side = sideName("", id);
  return name.endsWith(side) ? name.slice(0, -side.length) : name;
}

type Named = Pick<PackageJson, "id" | "label" | "state" | "createdAt">;

/** Beside the package that has the name: the one that takes it once it is stored, or the one that had it. */
export type Role = "replacement" | "replaced" | null;

/** Packages under the names that their owner gave them, and which of two with one name is which. */
export function namesOf<T extends Named>(
  account: Pick<Owner, "lookupKey"> | undefined,
  packages: readonly T[],
): (T & { name: string; role: Role })[] {
  const called = packages.map((found) => nameOf(account, found));
  const bearers = new Map(packages.flatMap((found, at) => (GONE.has(found.state) ? [] : [[called[at], found]])));
  return packages.map((found, at) => {
    const own = called[at] ?? "";
    const name = mainName(own, found.id);
    if (name === own) return { ...found, name, role: null };
    const bearer = bearers.get(name);
    const isOver = GONE.has(found.state) || found.state === "ENDING";
    const isOlder = bearer !== undefined && bearer.createdAt > found.createdAt;
    return { ...found, name, role: isOver || isOlder ? "replaced" : "replacement" };
  });
}

/** A name for people, told apart from its equal. */
export const withRole = ({ name, role }: { name: string; role: Role }): string =>
  role === null ? name : `${name} (${role})`;
