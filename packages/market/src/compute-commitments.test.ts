import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyMask, encodeParity, shardLength } from "@cairn/archive/erasure";
import { hashPiece } from "@cairn/proofs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { computeCommitments, hashLaterUnits } from "./compute-commitments.ts";
import { KernelPool } from "./kernels/pool.ts";

const id = "00112233445566778899aabbccddeeff";
const repairKey = new Uint8Array(32).fill(7);
const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}`;
let directory: string;
const kernels = new KernelPool(2);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-commitments-"));
});
afterAll(async () => {
  await kernels.close();
  await rm(directory, { recursive: true });
});

/** The definition of docs/protocol.md, 1, in one pass over everything in memory. */
function reference(piece: Uint8Array, k: number, n: number, mask: "aes-256-ctr-v1" | "none") {
  const length = shardLength(piece.length, k);
  const padded = new Uint8Array(k * length);
  padded.set(piece);
  const data = Array.from({ length: k }, (_, i) => padded.subarray(i * length, (i + 1) * length));
  const parity = Array.from({ length: n - k }, () => new Uint8Array(length));
  encodeParity(k, n, data, parity);
  return [...data, ...parity].map((bytes, shard) =>
    hex(hashPiece(applyMask({ repairKey, package: id, piece: 3, shard, mask, offset: 0, bytes })).root),
  );
}

describe("computeCommitments", () => {
  it.each([
    [1, 1, 1, "none"],
    [59, 1, 3, "aes-256-ctr-v1"],
    [127 * 4096 * 2, 2, 4, "aes-256-ctr-v1"],
    [127 * 4096 * 2 + 1, 2, 4, "aes-256-ctr-v1"],
    [3_000_001, 3, 5, "none"],
    [40_000_000, 2, 4, "aes-256-ctr-v1"],
    [2_500_000, 10, 30, "aes-256-ctr-v1"],
  ] as const)("gives what the definition gives for %i bytes, %i of %i, mask %s", async (size, k, n, mask) => {
    const piece = Uint8Array.from({ length: size }, (_, i) => (i * 2_654_435_761) >>> 13);
    const path = join(directory, `${size}.car`);
    await writeFile(path, piece);
    let progress = 0;
    const commitment = await computeCommitments(
      { path, package: id, piece: 3, pieceLength: size, k, n, mask, repairKey },
      kernels,
      (bytes) => {
        progress += bytes;
      },
    );
    expect(commitment.commP).toBe(hex(hashPiece(piece).root));
    expect(commitment.shards.map((shard) => shard.commitment)).toEqual(reference(piece, k, n, mask));
    expect(commitment.shards.every((shard) => shard.rawLength === shardLength(size, k))).toBe(true);
    expect(progress).toBe(2 * size);
  });

  it("reports a file that is too short", async () => {
    const path = join(directory, "short.car");
    await writeFile(path, new Uint8Array(1000));
    const request = { path, package: id, piece: 0, pieceLength: 2000, k: 2, n: 3, mask: "none" as const, repairKey };
    await expect(computeCommitments(request, kernels)).rejects.toThrow("the file ends at 1000");
  });

  it.each([60, 5_000_000])("begins with a piece of %i bytes before its header is there", async (size) => {
    const path = join(directory, `early-${size}.car`);
    const piece = randomBytes(size);
    const request = { path, package: id, piece: 3, pieceLength: size, k: 2, n: 4, mask: "none", repairKey } as const;
    await writeFile(path, Buffer.from(piece).fill(0, 0, 59));
    let progress = 0;
    const advance = (bytes: number) => {
      progress += bytes;
    };
    const later = await hashLaterUnits(request, kernels, new AbortController().signal, advance);
    expect(progress > 0).toBe(size > 1_000_000);
    await writeFile(path, piece);
    const commitment = await computeCommitments(request, kernels, advance, later);
    expect(commitment).toEqual(await computeCommitments(request, kernels));
    expect(commitment.commP).toBe(hex(hashPiece(piece).root));
    expect(progress).toBe(2 * size);
  });
});
