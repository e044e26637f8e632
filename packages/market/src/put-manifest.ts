import { createHash } from "node:crypto";
import { CairnError, type Hex, MAX_MANIFEST_BYTES, type PackageId } from "@cairn/protocol";
import { assertReceiving, exclusively } from "./append-piece.ts";
import type { Context } from "./context.ts";
import { loadPackage } from "./package-rows.ts";

/**
 * Keep the encrypted manifest of a package; a later one takes its place. One comes in at a time, as each may have the greatest size.
 * @throws CairnError `wrong-state`, `upload-busy`, `manifest-too-large`, `no-space`
 */
export async function putManifest(
  context: Context,
  request: { id: PackageId; body: AsyncIterable<Uint8Array> },
): Promise<{ size: number; sha256: Hex }> {
  return exclusively(context, `${request.id}/manifest`, () => keep(context, request));
}

async function keep(
  context: Context,
  request: { id: PackageId; body: AsyncIterable<Uint8Array> },
): Promise<{ size: number; sha256: Hex }> {
  const row = await loadPackage(context.pool, request.id);
  assertReceiving(row);
  const hash = createHash("sha256");
  let size = 0;
  const key = `manifests/${request.id}/${Buffer.from(context.random.bytes(8)).toString("hex")}`;
  async function* checked(): AsyncGenerator<Uint8Array> {
    for await (const chunk of request.body) {
      size += chunk.length;
      if (size > MAX_MANIFEST_BYTES) {
        throw new CairnError(`the manifest is longer than ${MAX_MANIFEST_BYTES} bytes`, {
          code: "manifest-too-large",
          kind: "input",
          next: "Store the folder as several packages.",
        });
      }
      hash.update(chunk);
      yield chunk;
    }
  }
  // No other gateway's sweep takes what no row names yet.
  const lease = await context.leases.take(key);
  context.writing.add(key);
  let sha256: Hex;
  try {
    await context.blobs.putIfAbsent(key, checked());
    sha256 = `0x${hash.digest("hex")}`;
    const { rowCount } = await context.pool.query(
      `update catalog.packages set manifest_key = $2, manifest_sha256 = $3, manifest_size = $4, touched_at = now()
       where id = $1 and state = 'RECEIVING'`,
      [request.id, key, sha256, size],
    );
    if (rowCount === 0) {
      await context.blobs.remove(key);
      assertReceiving(await loadPackage(context.pool, request.id));
      // It was being completed, and was given back since: the row names the manifest that it had.
      throw new CairnError("the upload was being completed while this manifest came", {
        code: "wrong-state",
        kind: "conflict",
        next: "Send the manifest again.",
      });
    }
  } finally {
    context.writing.delete(key);
    if (lease !== undefined) await context.leases.release(lease);
  }
  if (row.manifest && row.manifest.key !== key) await context.blobs.remove(row.manifest.key);
  return { size, sha256 };
}

export async function readManifest(
  context: Context,
  request: { id: PackageId },
): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
  const { manifest } = await loadPackage(context.pool, request.id);
  if (!manifest) {
    throw new CairnError(`package ${request.id} has no manifest yet`, { code: "manifest-missing", kind: "missing" });
  }
  return { size: manifest.size, bytes: context.blobs.read(manifest.key) };
}
