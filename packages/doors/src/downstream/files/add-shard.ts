import { inTransaction } from "@cairn/database";
import { CairnError } from "@cairn/protocol/errors";
import type { NodeContext } from "../node-context.ts";
import type { EncodedContent } from "../pool/encode.ts";
import { MOST_CHUNK_BYTES } from "../pool/plan-pool.ts";
import type { Scheme } from "../scheme.ts";
import { insertChunks } from "./insert-chunks.ts";
import { readShard, type ShardBytes, shardCorrupt } from "./read-shard.ts";

/** A shard of somebody's data that farmers shall hold. */
export interface Shard {
  /** What the port of shards' bytes knows it by. */
  source: string;
  /** Bytes, 1 to 256 MiB. */
  size: number;
  /** SHA-256 of its bytes, 64 lower-case hex characters. */
  hash: string;
  /** Copies wanted; the node's setting by default. */
  wanted?: number;
  /** Called when its bytes are needed. */
  read: () => ShardBytes;
}

export type EncodeCopies = (bytes: Uint8Array, copies: number) => Promise<EncodedContent>;

function checkShard({ size, hash, wanted = 1 }: Shard): void {
  if (!Number.isSafeInteger(size) || size < 1 || size > MOST_CHUNK_BYTES) {
    throw new CairnError(`a shard of ${size} bytes cannot be handed out as a chunk`, {
      code: "downstream-shard-size",
      kind: "input",
      next: `Give shards of 1 to ${MOST_CHUNK_BYTES} bytes.`,
    });
  }
  if (!/^[0-9a-f]{64}$/.test(hash) || !Number.isSafeInteger(wanted) || wanted < 1) {
    throw new CairnError("a shard needs the SHA-256 of its bytes and a number of copies", {
      code: "downstream-bad-shard",
      kind: "input",
      next: "Give the SHA-256 of the shard as 64 hex digits, and 1 copy or more.",
    });
  }
}

/**
 * Puts a shard into the pool, for clients that fetch: encodings for all copies that are wanted, as far as they are not there or held already.
 * Adding one again makes up for copies that were lost.
 *
 * @returns how many encodings were made
 * @throws CairnError `downstream-shard-size`, `downstream-bad-shard`; `downstream-shard-corrupt` when its bytes are not what size and hash say
 */
export async function addShard(
  { pool, settings, now }: Pick<NodeContext, "pool" | "settings" | "now">,
  scheme: Scheme,
  encodeCopies: EncodeCopies,
  shard: Shard,
): Promise<number> {
  checkShard(shard);
  const { source, size, hash, wanted = settings.redundancy } = shard;
  const key = Buffer.from(hash, "hex");
  const { rows } = await pool.query<{ there: number }>(
    `select file.held + (select count(*) from downstream.chunks chunk
       where chunk.file_id = file.id and chunk.contract_id is null and chunk.scheme = $2)::int as there
     from downstream.files file where file.hash = $1`,
    [key, scheme],
  );
  const copies = Math.max(0, wanted - (rows[0]?.there ?? 0));
  const encoded = copies === 0 ? undefined : await encodeCopies(await readShard(shard.read(), size), copies);
  if (encoded && !key.equals(encoded.hash)) throw shardCorrupt("the shard's bytes do not have its hash");
  await inTransaction(pool, async (client) => {
    const file = await client.query<{ id: string }>(
      `insert into downstream.files as file (hash, source, size, interval, wanted, added_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (hash) do update set source = excluded.source, seed = null, wanted = excluded.wanted returning file.id`,
      [key, source, size, settings.intervalSeconds, wanted, now()],
    );
    await insertChunks(client, file.rows[0]!.id, scheme, encoded?.encodings ?? []);
  });
  return copies;
}
