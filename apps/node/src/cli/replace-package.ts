import type { PackageJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol";
import type { Account } from "../account/account.ts";
import { encryptLabel, nameHash } from "../account/labels.ts";
import { amendPackage } from "../owner/known-packages.ts";
import { endPackage } from "./end-package.ts";
import { findNamed, findPackage } from "./find-package.ts";
import { GONE, namesOf, sideName } from "./package-name.ts";
import type { Session } from "./session.ts";

/** The live package of that name, or undefined. */
export async function livePackage(session: Session, account: Account, name: string): Promise<PackageJson | undefined> {
  try {
    const found = await findNamed(session, account, name);
    return GONE.has(found.state) ? undefined : found;
  } catch (error) {
    if (error instanceof CairnError && error.code === "unknown-package") return undefined;
    throw error;
  }
}

/** States of a package that was signed for and goes on. */
const AGREED = new Set(["PLACING", "STORED", "DEGRADED", "LOST"]);

/**
 * The ids of packages that were signed for to replace the one of that name, and have not: their commands were interrupted. Where nothing has the
 * name, there are none: what then has a side name may be an older version that was recovered.
 */
export async function halfReplacements(session: Session, account: Account, name: string): Promise<string[]> {
  const called = namesOf(account, await session.client.packages()).filter((one) => one.name === name);
  if (!called.some(({ role, state }) => role === null && !GONE.has(state))) return [];
  return called.filter(({ role, state }) => role === "replacement" && AGREED.has(state)).map(({ id }) => id);
}

/** Once `id` is STORED: it takes the name from the package that had it, if any, in one step, and that one ends. */
export async function takeOver(
  session: Session,
  account: Account,
  { id, name, old }: { id: string; name: string; old: PackageJson | undefined },
): Promise<void> {
  const { files, bytes } = await findPackage(session, account, id);
  const naming = (of: Pick<PackageJson, "id" | "files" | "bytes">, called: string) => ({
    id: of.id,
    nameHash: nameHash(account, called),
    label: encryptLabel(account, of.id, { name: called, files: of.files, bytes: of.bytes }),
  });
  const { nameHash: hash, label } = naming({ id, files, bytes }, name);
  const displaced = old === undefined ? undefined : naming(old, sideName(name, old.id));
  await session.client.renamePackage(id, {
    nameHash: hash,
    label,
    ...(displaced === undefined ? {} : { displaced }),
  });
  if (displaced !== undefined) await amendPackage(session.home, displaced.id, { nameHash: displaced.nameHash });
  await amendPackage(session.home, id, { nameHash: hash });
  if (old === undefined) return;
  if (old.documentHash === null) await session.client.abandonPackage(old.id);
  else await endPackage(session, account, old);
  session.output.say(`The package that was called ${name} (${old.id}) ends with the next period.`);
}
