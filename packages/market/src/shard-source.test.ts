import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyMask, encodeParity, shardLength } from "@cairn/archive/erasure";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maskedShard, shardDocument } from "./shard-source.ts";
import { dealOf, hex, ID, type MarketWorld, NOW, openMarketWorld } from "./testing/market-world.ts";

const id = "00112233445566778899aabbccddeeff";
const repairKey = new Uint8Array(32).fill(9);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-source-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** The definition of docs/protocol.md, 1, over bytes in memory. */
function shardsOf(piece: Uint8Array, k: number, n: number): Uint8Array[] {
  const length = shardLength(piece.length, k);
  const padded = new Uint8Array(k * length);
  padded.set(piece);
  const data = Array.from({ length: k }, (_, i) => padded.subarray(i * length, (i + 1) * length));
  const parity = Array.from({ length: n - k }, () => new Uint8Array(length));
  encodeParity(k, n, data, parity);
  return [...data, ...parity];
}

describe("maskedShard", () => {
  it.each([
    [1, 1, 2, "aes-256-ctr-v1"],
    [2_500_001, 1, 3, "aes-256-ctr-v1"],
    [5_000_003, 2, 4, "aes-256-ctr-v1"],
    [5_000_003, 2, 4, "none"],
    [3_000_000, 10, 14, "aes-256-ctr-v1"],
  ] as const)("streams every shard of %i bytes, %i of %i, mask %s, from any byte", async (size, k, n, mask) => {
    const piece = randomBytes(size);
    const path = join(directory, `${size}-${mask}.car`);
    await writeFile(path, piece);
    for (const [shard, bytes] of shardsOf(piece, k, n).entries()) {
      const expected = applyMask({ repairKey, package: id, piece: 3, shard, mask, offset: 0, bytes });
      const from = shard % 2 === 0 ? 0 : Math.floor(bytes.length / 3);
      const row = { id, k, n, mask, repairKey };
      const got: Uint8Array[] = [];
      for await (const part of maskedShard(await open(path), row, { number: 3, length: size }, shard, from))
        got.push(part.slice());
      expect(Buffer.concat(got).equals(expected.subarray(from))).toBe(true);
    }
  });
});

describe("the document of a shard", () => {
  let world: MarketWorld;
  const [provider, executorKey] = [hex(200, 20), hex(0xe)];
  const right = { deal: dealOf(0), provider, expiry: BigInt(NOW + 60) };
  const ask = (changes: Partial<typeof right> = {}, key = executorKey) =>
    shardDocument(world.context, {
      deal: dealOf(0),
      capability: world.sign("UploadCapability", { ...right, ...changes }, key),
    });

  beforeAll(async () => {
    world = await openMarketWorld();
    await world.addPackage("PLACING");
    await world.addSlots([{ phase: "PROPOSED" }, { phase: "PROPOSED" }]);
    await world.database.pool.query("update catalog.packages set document = 'document' where id = $1", [ID]);
  });
  afterAll(() => world.database.drop());

  it("goes to whom the executor named, for its own deal and in time", async () => {
    expect(Buffer.from(await ask()).toString()).toBe("document");
    await expect(ask({}, hex(0xb))).rejects.toMatchObject({ code: "bad-signature" });
    for (const changes of [{ deal: dealOf(1) }, { provider: hex(201, 20) }, { expiry: BigInt(NOW) }]) {
      await expect(ask(changes)).rejects.toMatchObject({ code: "bad-capability" });
    }
  });
});
