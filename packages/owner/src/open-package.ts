import type { Manifest } from "@cairn/archive/browser";
import type { CommitmentDocument, Hex, JsonSigned } from "@cairn/protocol";
import { fetchManifest } from "./fetch-manifest.ts";
import { type FindPorts, type FoundPackage, findPackage, parseTarget } from "./find-package.ts";
import { nothingIn } from "./nothing-in.ts";
import type { Gateway, OwnerPorts } from "./ports.ts";
import { readCapability } from "./read-capability.ts";

/** What reading a package's list of files needs. */
export type ManifestPorts = FindPorts & { gateway: FindPorts["gateway"] & Pick<Gateway, "manifest"> };
/** What reading a package needs. */
export type OpenPorts = ManifestPorts & Pick<OwnerPorts, "clock">;

/** A package with its list of files, both held against what its owner knows of it. */
export interface OpenedManifest {
  /** The package, as it was asked for. */
  name: string;
  found: FoundPackage;
  document: CommitmentDocument;
  manifest: Manifest;
  /** Below the package's root, as the manifest has it. */
  path: string;
}

export interface OpenedPackage extends OpenedManifest {
  /** Lets the gateway read its shards. */
  capability: JsonSigned<"ReadCapability">;
}

/**
 * Find a package, by `PACKAGE[/path]`, that has a content, and read its manifest.
 * @throws CairnError `not-stored`, and what `findPackage` and `fetchManifest` throw
 */
export async function openManifest(
  ports: ManifestPorts,
  target: string,
  verb: Parameters<typeof nothingIn>[2],
): Promise<OpenedManifest> {
  const { name, path } = parseTarget(target);
  const found = await findPackage(ports, name);
  const { document } = found;
  if (document === undefined) throw nothingIn(name, found, verb);
  const manifest = await fetchManifest(ports, { id: found.id, document });
  const { pathOfText } = await import("@cairn/archive/browser");
  return { name, found, document, manifest, path: pathOfText(manifest, path) };
}

/** The same, with the permission to read its content. */
export async function openPackage(
  ports: OpenPorts,
  target: string,
  verb: Parameters<typeof nothingIn>[2],
): Promise<OpenedPackage> {
  const opened = await openManifest(ports, target, verb);
  const { found, document } = opened;
  const of = { documentHash: found.documentHash as Hex, owner: document.owner };
  return { ...opened, capability: await readCapability(ports, of) };
}
