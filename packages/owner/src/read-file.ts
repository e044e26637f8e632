import type { ByteRange } from "@cairn/archive/browser";
import { blocksOf } from "./get-blocks.ts";
import { type OpenPorts, openPackage } from "./open-package.ts";
import type { Gateway } from "./ports.ts";

export interface ReadOptions {
  /** `PACKAGE[/path]` of a file. */
  target: string;
  range?: ByteRange | undefined;
  signal?: AbortSignal;
}

/**
 * The bytes of one file of a package, or of a range of it: verified block by block, the whole at its end. Only its blocks are fetched.
 * @throws what `openPackage` throws, `path-not-found`, `not-a-file`
 */
export async function readFile(
  ports: OpenPorts & { gateway: OpenPorts["gateway"] & Pick<Gateway, "blocks"> },
  { target, range, signal }: ReadOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { found, manifest, path, capability } = await openPackage(ports, target, "read");
  const [{ readFile: read }, key] = await Promise.all([import("@cairn/archive/browser"), ports.owner.openKey()]);
  const getBlocks = blocksOf(ports.gateway, { id: found.id, capability }, signal);
  return read({ manifest, key, path, getBlocks, ...(range === undefined ? {} : { range }) });
}
