import type { PackageJson } from "@cairn/client";
import { AGREED } from "@cairn/core/package-states";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { type EndPorts, endPackage } from "./end-package.ts";
import { type FindPorts, type FoundPackage, findNamed, findPackage } from "./find-package.ts";
import { amendKnown, type KnownPackages } from "./known-packages.ts";
import { encryptLabel, nameHash } from "./labels.ts";
import { GONE, nameOf, namesOf, sideName } from "./package-name.ts";
import type { Gateway, OwnerPorts } from "./ports.ts";
import { keptTypes } from "./types-of.ts";

/** The live package of that name, or undefined. */
export async function livePackage(ports: FindPorts, name: string): Promise<FoundPackage | undefined> {
  try {
    const found = await findNamed(ports, name);
    return GONE.has(found.state) ? undefined : found;
  } catch (error) {
    if (error instanceof CairnError && error.code === "unknown-package") return undefined;
    throw error;
  }
}

/** States of a package that was signed for and goes on. */
const agreed: ReadonlySet<string> = new Set(AGREED);

/** What a replacement left beside the package that has the name. */
export interface LeftBeside {
  id: string;
  role: "replaced" | "replacement";
}

/**
 * What replacements of that name left beside it: packages signed for to replace it whose commands were interrupted, and replaced ones whose end
 * failed. Only those that puts from here left: what else has a side name is a version that was recovered.
 */
export async function leftBeside(
  { gateway, owner, known }: Pick<OwnerPorts, "owner" | "known"> & { gateway: Pick<Gateway, "packages"> },
  name: string,
): Promise<LeftBeside[]> {
  const left: LeftBeside[] = [];
  for (const { id, name: of, role, state } of namesOf(owner, await gateway.packages())) {
    if (of !== name || role === null || !agreed.has(state)) continue;
    const remembered = await known.recall(id);
    const isAside = remembered?.aside && remembered.nameHash === nameHash(owner, sideName(name, id));
    if (isAside && !remembered.ended) left.push({ id, role });
  }
  return left;
}

export type ReplacePorts = FindPorts &
  EndPorts & {
    gateway: FindPorts["gateway"] & EndPorts["gateway"] & Pick<Gateway, "renamePackage" | "abandonPackage">;
  };

/**
 * Once `id` is STORED: it takes the name from the package that had it, if any, in one step, and that one ends. One that its owner gave another name
 * meanwhile, to keep it, keeps that and goes on.
 * @returns whether the old one ended
 * @throws CairnError `overtaken` where yet another took the name: that one was not meant when this began, and stays
 */
export async function takeOver(
  ports: ReplacePorts,
  taking: { id: string; name: string; old: FoundPackage | undefined },
): Promise<boolean> {
  try {
    return await takeName(ports, taking);
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "name-taken") throw error;
    const { id, name } = taking;
    throw new CairnError(`${name} is stored as ${id}, but another package took the name meanwhile: both are kept`, {
      code: "overtaken",
      kind: "conflict",
      cause: error,
      next: `Run the same command again to put it in the other's place, or name it otherwise with \`cairn mv ${id} NAME\`, or end it with \`cairn rm ${id}\`.`,
    });
  }
}

async function takeName(
  ports: ReplacePorts,
  { id, name, old }: { id: string; name: string; old: FoundPackage | undefined },
): Promise<boolean> {
  if (old !== undefined) {
    // A put takes hours: what had the name when it began is looked at again.
    const now = nameOf(ports.owner, await ports.gateway.package(old.id));
    const before = await ports.known.recall(old.id);
    const has = now === name || now === sideName(name, old.id);
    if (has && (await exchange(ports, { id, name, old }))) return true;
    if (before !== undefined) await ports.known.remember(before);
    else await ports.known.forget(old.id);
  }
  await exchange(ports, { id, name, old: undefined });
  return false;
}

/** @returns false where the old one was given another name in between */
async function exchange(
  ports: ReplacePorts,
  { id, name, old }: { id: string; name: string; old: FoundPackage | undefined },
): Promise<boolean> {
  const { gateway, owner, known } = ports;
  const found = await findPackage(ports, id);
  const naming = (of: Pick<PackageJson, "id" | "files" | "bytes" | "label">, called: string) => ({
    id: of.id,
    nameHash: nameHash(owner, called),
    label: encryptLabel(owner, of.id, {
      ...{ name: called, files: of.files, bytes: of.bytes },
      ...keptTypes(owner, of),
    }),
  });
  const { nameHash: hash, label } = naming(found, name);
  const displaced = old === undefined ? undefined : naming(old, sideName(name, old.id));
  // Before it loses the name: should the answer be lost, or its end fail, the same command finishes it.
  if (old !== undefined && displaced !== undefined) await setAside(known, old, displaced.nameHash);
  try {
    await gateway.renamePackage(id, {
      nameHash: hash,
      label,
      ...(displaced === undefined ? {} : { displaced }),
    });
  } catch (error) {
    if (error instanceof CairnError && error.code === "name-changed") return false;
    throw error;
  }
  await amendKnown(known, id, { nameHash: hash, aside: false });
  if (old === undefined) return true;
  if (old.document === undefined) await gateway.abandonPackage(old.id);
  else await endPackage(ports, old, old.document.owner);
  return true;
}

/** Remember of a package that it has its side name and is to end, also one that was stored from elsewhere. */
async function setAside(known: KnownPackages, old: FoundPackage, nameHash: Hex): Promise<void> {
  const { id, documentHash, root, state, document } = old;
  if (documentHash === null || root === null || !agreed.has(state)) {
    await amendKnown(known, id, { nameHash });
    return;
  }
  const remembered = await known.recall(id);
  const owner = document === undefined ? {} : { owner: document.owner };
  const unknown = { id, documentHash: documentHash as Hex, root, ...owner, signedAt: 0, ended: false };
  await known.remember({ ...unknown, ...remembered, nameHash, aside: true });
}
