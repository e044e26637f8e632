import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { inBlocks } from "@cairn/core";
import { PieceHasher, type PieceTreeDigest } from "@cairn/proofs";
import { asCairnError, CairnError, type Hex } from "@cairn/protocol";
import { fieldsOf } from "@cairn/protocol/wire";
import type { HttpAnswer } from "@cairn/transport";
import { bulkPassed } from "../files/bulk-memory.ts";
import { BULK_BYTES, type BulkBuffers, openDirect, PAGE, wholePages, withBulkBuffers } from "../files/direct-file.ts";
import { asDiskError, writeDurably } from "../files/durable.ts";
import type { IncomingShard } from "../shards/shard-store.ts";

/** Bytes between two syncs of a shard that is being pulled: what a power cut can cost. */
const SYNC_BYTES = 64 << 20;

/** Opens the source at an offset; the answer is 200 (from 0) or 206. */
export type OpenSource = (from: number) => Promise<HttpAnswer>;

async function syncedLength(incoming: IncomingShard): Promise<number> {
  try {
    return fieldsOf("progress", JSON.parse(await readFile(incoming.progress, "utf8"))).integer("synced", 0, 2 ** 40);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
    return 0;
  }
}

const inPages = (bytes: number) => bytes - (bytes % PAGE);

/** Feed whole pages that are on the disk already to the hasher; a shorter file than was synced is taken as far as it goes. */
async function rehash(file: FileHandle, length: number, hasher: PieceHasher, [buffer]: BulkBuffers): Promise<number> {
  let at = 0;
  while (at < inPages(length)) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(BULK_BYTES, inPages(length) - at), at);
    const whole = inPages(bytesRead);
    hasher.update(buffer.subarray(0, whole));
    at += whole;
    if (whole === 0 || whole < bytesRead) break;
  }
  return at;
}

/**
 * Pull a shard of `rawLength` bytes into `incoming`, hashing while it is written, from where an earlier attempt left off. A source that sends more is cut
 * off at `rawLength`. When this resolves the bytes are on the disk.
 * @throws CairnError `unreachable` (what came so far is kept), `full` (it is removed), `bad-source`
 */
export function pullShard(
  incoming: IncomingShard,
  rawLength: number,
  openSource: OpenSource,
): Promise<PieceTreeDigest> {
  return withBulkBuffers((buffers) => pull(incoming, rawLength, openSource, buffers));
}

async function pull(
  incoming: IncomingShard,
  rawLength: number,
  openSource: OpenSource,
  buffers: BulkBuffers,
): Promise<PieceTreeDigest> {
  const hasher = new PieceHasher({ collectTree: true });
  const synced = await syncedLength(incoming);
  const file = await openDirect(incoming.shard, constants.O_RDWR | constants.O_CREAT, 0o600).catch((error) => {
    throw asDiskError(error);
  });
  let written = 0;
  let durable = 0;
  const sync = async () => {
    const upTo = written;
    await file.datasync();
    durable = upTo;
    await writeDurably(incoming.progress, JSON.stringify({ synced: upTo }));
  };
  let syncing: Promise<void> | undefined;
  let syncFailure: unknown;
  /** Dirty pages go to the disk while the next ones come. */
  const syncAside = () => {
    syncing ??= sync()
      .catch((error: unknown) => {
        syncFailure = error;
      })
      .finally(() => {
        syncing = undefined;
      });
  };
  let cause: unknown;
  try {
    written = await rehash(file, Math.min(synced, rawLength), hasher, buffers);
    durable = written;
    await file.truncate(written);
    while (written < rawLength) {
      const before = written;
      const answer = await openSource(written);
      if (answer.status !== 206 && before > 0) {
        answer.body.destroy();
        throw new CairnError("the source ignores Range", {
          code: "bad-source",
          kind: "unavailable",
          next: "Store the shard again: it is pulled from the beginning.",
        });
      }
      for await (const block of inBlocks(bodyOf(answer), BULK_BYTES, buffers)) {
        const left = rawLength - written;
        // Where a body breaks off, only whole pages of it are taken: the next one goes on from there.
        const bytes = block.subarray(0, block.length < left ? inPages(block.length) : left);
        // Hashed while it is being written.
        const writing = writeAll(file, wholePages(bytes), written);
        hasher.update(bytes);
        await writing;
        written += bytes.length;
        bulkPassed(bytes.length);
        if (syncFailure !== undefined) throw syncFailure;
        if (written - durable >= SYNC_BYTES) syncAside();
        if (written === rawLength) break;
      }
      if (written === before) {
        throw new CairnError("the source sends nothing", { code: "unreachable", kind: "unavailable" });
      }
    }
    await syncing;
    await file.truncate(rawLength);
    await file.sync();
    return hasher.digestTree();
  } catch (thrown) {
    cause = asDiskError(thrown);
    throw cause;
  } finally {
    await syncing;
    if (cause !== undefined && asCairnError(cause).code !== "full" && written > durable) {
      await sync().catch(() => undefined);
    }
    await file.close();
    if (cause !== undefined && asCairnError(cause).code === "full") {
      await rm(incoming.shard, { force: true });
      await rm(incoming.progress, { force: true });
    }
  }
}

/** A body whose connection may break: that is `unreachable`, apart from what goes wrong on the disk. */
async function* bodyOf(answer: HttpAnswer): AsyncGenerator<Buffer> {
  try {
    yield* answer.body as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new CairnError("the connection to the source broke", { code: "unreachable", kind: "unavailable", cause });
  } finally {
    answer.body.destroy();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** Start over: remove what was pulled. */
export async function forgetPulled(incoming: IncomingShard): Promise<void> {
  await rm(incoming.shard, { force: true });
  await rm(incoming.progress, { force: true });
}

/**
 * Pull a document of exactly `size` bytes with the given sha256 to `path`; on the disk when this resolves.
 * @throws CairnError `wrong-commitment` when the bytes are others, `unreachable`, `full`
 */
export async function pullDocument(
  path: string,
  expected: { size: number; sha256: Hex },
  openSource: () => Promise<HttpAnswer>,
): Promise<void> {
  const answer = await openSource();
  const hash = createHash("sha256");
  let received = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(path, "w", 0o600);
    for await (const chunk of bodyOf(answer)) {
      if (received + chunk.length > expected.size) break;
      await writeAll(file, chunk, received);
      hash.update(chunk);
      received += chunk.length;
    }
    await file.sync();
  } catch (error) {
    throw asDiskError(error);
  } finally {
    answer.body.destroy();
    await file?.close();
  }
  if (received === expected.size && `0x${hash.digest("hex")}` === expected.sha256) return;
  await rm(path, { force: true });
  throw new CairnError("what the source sends is not the document that was announced", {
    code: "wrong-commitment",
    kind: "corrupt",
    details: { expected: expected.size, received },
  });
}
