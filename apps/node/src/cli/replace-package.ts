import type { PackageJson } from "@cairn/client";
import { CairnError, type Hex } from "@cairn/protocol";
import type { Account } from "../account/account.ts";
import { encryptLabel, nameHash } from "../account/labels.ts";
import { amendPackage, recallPackage, rememberPackage } from "../owner/known-packages.ts";
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
 * What replacements of that name left beside it: packages signed for to replace it whose commands were interrupted, and replaced ones whose end
 * failed. Only those that puts of this home left: what else has a side name is a version that was recovered.
 */
export async function leftBeside(
  session: Session,
  account: Account,
  name: string,
): Promise<{ id: string; role: "replaced" | "replacement" }[]> {
  const left: { id: string; role: "replaced" | "replacement" }[] = [];
  for (const { id, name: of, role, state } of namesOf(account, await session.client.packages())) {
    if (of !== name || role === null || !AGREED.has(state)) continue;
    const known = await recallPackage(session.home, id);
    const isAside = known?.aside && known.nameHash === nameHash(account, sideName(name, id));
    if (isAside && !known.ended) left.push({ id, role });
  }
  return left;
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
  // Before it loses the name: should the answer be lost, or its end fail, the same command finishes it.
  if (old !== undefined && displaced !== undefined) await setAside(session, old, displaced.nameHash);
  await session.client.renamePackage(id, {
    nameHash: hash,
    label,
    ...(displaced === undefined ? {} : { displaced }),
  });
  await amendPackage(session.home, id, { nameHash: hash, aside: false });
  if (old === undefined) return;
  if (old.documentHash === null) await session.client.abandonPackage(old.id);
  else await endPackage(session, account, old);
  session.output.say(`The package that was called ${name} (${old.id}) ends with the next period.`);
}

/** Remember of a package that it has its side name and is to end, also one that another home of the account stored. */
async function setAside({ home }: Session, old: PackageJson, nameHash: Hex): Promise<void> {
  const { id, documentHash, root, state } = old;
  if (documentHash === null || root === null || !AGREED.has(state)) {
    await amendPackage(home, id, { nameHash });
    return;
  }
  const known = await recallPackage(home, id);
  const unknown = { id, documentHash: documentHash as Hex, root, signedAt: 0, ended: false };
  await rememberPackage(home, { ...unknown, ...known, nameHash, aside: true });
}
