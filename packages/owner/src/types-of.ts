import { sumTypes, type TypeCounts } from "@cairn/archive/type-counts";
import type { PackageJson } from "@cairn/client";
import { asCairnError } from "@cairn/protocol/errors";
import { decryptLabel, encryptLabel, nameHash } from "./labels.ts";
import type { Gateway, Owner } from "./ports.ts";

type Labelled = Pick<PackageJson, "id" | "label">;

/** A package's files by media type, as its label has them; undefined where it has none, or another account made it. */
export function typesOfPackage(owner: Pick<Owner, "lookupKey">, { id, label }: Labelled): TypeCounts | undefined {
  if (label === null) return undefined;
  try {
    return decryptLabel(owner, id, label).types;
  } catch (error) {
    if (asCairnError(error).code === "wrong-key") return undefined;
    throw error;
  }
}

/** All these packages' files by media type, most bytes first. Only their owner can tell: a gateway knows no types. */
export const typesOf = (owner: Pick<Owner, "lookupKey">, packages: readonly Labelled[]): TypeCounts =>
  sumTypes(packages.map((found) => typesOfPackage(owner, found) ?? {}));

/** The part of a label that says what is in the package, of one that is to be written anew. */
export function keptTypes(owner: Pick<Owner, "lookupKey">, found: Labelled): { types?: TypeCounts } {
  const types = typesOfPackage(owner, found);
  return types === undefined ? {} : { types };
}

/** Write into a package's label what is in it, once that is known, under the name that it has by then. */
export async function labelContent(
  { gateway, owner }: { gateway: Pick<Gateway, "package" | "renamePackage">; owner: Pick<Owner, "lookupKey"> },
  id: string,
  content: { files: number; bytes: number; types: TypeCounts },
): Promise<void> {
  const { label } = await gateway.package(id);
  if (label === null) return;
  const { name } = decryptLabel(owner, id, label);
  await gateway.renamePackage(id, {
    nameHash: nameHash(owner, name),
    label: encryptLabel(owner, id, { name, ...content }),
  });
}
