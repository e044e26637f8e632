import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Market } from "@cairn/market";
import { PieceHasher } from "@cairn/proofs";
import { CairnError, type PackageId } from "@cairn/protocol";
import type { ShardSource } from "../http/shards.ts";
import type { ChunkPool } from "../pool/chunk-pool.ts";

/** One shard of a stored package, as the market names it. */
export interface ShardName {
  id: PackageId;
  piece: number;
  shard: number;
}

type Shards = Pick<Market, "packageStatus" | "readShard">;

const toSource = ({ id, piece, shard }: ShardName): string => `${id}/${piece}/${shard}`;

function fromSource(source: string): ShardName {
  const [, id, piece, shard] = /^([0-9a-f]{32})\/(\d{1,6})\/(\d{1,3})$/.exec(source) ?? [];
  if (id !== undefined) return { id: id as PackageId, piece: Number(piece), shard: Number(shard) };
  throw new CairnError(`"${source}" names no shard`, { code: "bad-shard-source", kind: "internal" });
}

/** The bytes of offered shards, read from their holders when a farmer fetches them. */
export function shardsOf(market: Shards): ShardSource {
  return {
    async open(source, { start, end }) {
      return Readable.from(market.readShard({ ...fromSource(source), from: start, to: end }), { highWaterMark: 2 });
    },
  };
}

/**
 * Make a shard available to farmers as a chunk, in so many copies besides its provider's. Every byte is read first and held against the
 * shard's commitment.
 *
 * @returns its size, its SHA-256 and how many copies were encoded now
 * @throws CairnError `unknown-shard`, `wrong-bytes`, `downstream-shard-size`, and what reading it throws
 */
export async function offerShard(
  market: Shards,
  chunks: ChunkPool,
  name: ShardName,
  copies: number,
): Promise<{ size: number; sha256: string; encoded: number }> {
  const { slots } = await market.packageStatus({ id: name.id });
  const slot = slots.find(({ piece, shard }) => piece === name.piece && shard === name.shard);
  if (slot === undefined) {
    throw new CairnError(`the package has no shard ${name.shard} of piece ${name.piece}`, {
      code: "unknown-shard",
      kind: "missing",
      next: "Name a piece and a shard that `cairn show` lists.",
    });
  }
  const commitment = new PieceHasher();
  const hash = createHash("sha256");
  let size = 0;
  for await (const bytes of market.readShard(name)) {
    commitment.update(bytes);
    hash.update(bytes);
    size += bytes.length;
  }
  if (`0x${Buffer.from(commitment.digest().root).toString("hex")}` !== slot.commitment) {
    throw new CairnError(`the holder of shard ${name.shard} of piece ${name.piece} gave other bytes`, {
      code: "wrong-bytes",
      kind: "corrupt",
      next: "Have it checked with `cairn check PACKAGE --full`, which also has it rebuilt, then offer it again.",
    });
  }
  const sha256 = hash.digest("hex");
  const read = () => market.readShard(name);
  const encoded = await chunks.addShard({ source: toSource(name), size, hash: sha256, wanted: copies, read });
  return { size, sha256, encoded };
}
