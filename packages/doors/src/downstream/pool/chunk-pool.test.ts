import { createHash } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { readRandomIo } from "@cairn/proofs/heartbeat";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contractBeats } from "../contracts/contract-beats.ts";
import { findShard } from "../files/find-shard.ts";
import { handOut } from "../hand-out/hand-out.ts";
import { downstreamMigrations } from "../migrations.ts";
import type { DownstreamSettings } from "../settings.ts";
import { type TestContext, testAddress, testContext } from "../testing/test-context.ts";
import { register } from "../tokens/register.ts";
import { ChunkPool, type PreparedChunk } from "./chunk-pool.ts";

const HOME = "192.0.2.1";
const SMALL = { min: 64, max: 256, total: 64 * 3 + 128 * 2 + 256, base: 2 };
let database: TestDatabase;
let context: TestContext;
let chunks: ChunkPool;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});

beforeEach(async () => {
  await database.pool.query(
    "truncate downstream.tokens, downstream.files, downstream.chunks, downstream.contracts cascade",
  );
});

afterEach(() => chunks.stop());
afterAll(() => database.drop());

function usePool(settings: Partial<DownstreamSettings> = {}): void {
  context = testContext(database.pool, { pool: SMALL, ...settings });
  chunks = new ChunkPool(context);
}

const freeSizes = async () =>
  (
    await database.pool.query<{ size: number }>(
      "select size::int as size from downstream.chunks where contract_id is null order by size",
    )
  ).rows.map(({ size }) => size);

async function ask(token: string, bytes: number, fetches = false) {
  const handed = await handOut(context, contractBeats(context.beats, 0.01), { token, ip: HOME, bytes, fetches });
  await handed.confirm();
  return handed.chunks;
}

const join = async (number: number) => (await register(context, testAddress(number), HOME)).token;

async function until(reached: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200 && !(await reached()); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await reached()).toBe(true);
}

describe("fill", () => {
  it("makes what the plan lacks, of content that the seed gives", async () => {
    usePool();
    const prepared: PreparedChunk[] = [];
    await chunks.fill((chunk) => prepared.push(chunk));
    expect(prepared.map(({ size }) => size)).toEqual([64, 128, 256, 64, 128, 64]);
    expect(await freeSizes()).toEqual([64, 64, 64, 128, 128, 256]);
    for (const { hash, seed, size } of await ask(await join(1), 10_000)) {
      expect(seed).toMatch(/^[0-9a-f]{32}$/);
      expect(
        createHash("sha256")
          .update(readRandomIo(seed, 0, size))
          .digest("hex"),
      ).toBe(hash);
    }
    await chunks.fill();
    expect(await freeSizes()).toHaveLength(6);
  });

  it("makes further copies of files that farmers hold, but no pile of them", async () => {
    usePool({ redundancy: 3, maxChunksPerRequest: 0 });
    const token = await join(1);
    for (let round = 0; round < 3; round++) {
      await chunks.fill();
      await ask(token, 10_000);
    }
    await chunks.fill();
    const { rows } = await database.pool.query(
      "select need, count(*)::int as count from downstream.chunks where contract_id is null group by need order by need",
    );
    // As many copies wait as new chunks: the owner of the first ones may not have them.
    expect(rows).toEqual([
      { need: 0, count: 6 },
      { need: 2, count: 6 },
    ]);
    const copies = await ask(await join(2), SMALL.total);
    expect(copies.map(({ redundancy }) => redundancy)).toEqual(copies.map(() => ({ wanted: 3, held: 2 })));
  });

  it("deletes what is beyond the plan, worn chunks first, and neither shards nor copies that are missed", async () => {
    usePool();
    await chunks.fill();
    for (const size of [64, 256, 512]) await chunks.generate(size);
    await database.pool.query(
      "update downstream.chunks set round = 3 where id = (select min(id) from downstream.chunks)",
    );
    const bytes = Buffer.alloc(64, "shard");
    const hash = createHash("sha256").update(bytes).digest("hex");
    await chunks.addShard({ source: "s", size: 64, hash, wanted: 2, read: () => [bytes] });
    await chunks.fill();
    expect(await freeSizes()).toEqual([64, 64, 64, 64, 64, 128, 128, 256]);
    const { rows } = await database.pool.query("select max(round) as round from downstream.chunks");
    expect(rows).toEqual([{ round: 0 }]);
  });

  it("goes on making chunks for farmers from before the operator chose another scheme", async () => {
    usePool();
    await join(1);
    await chunks.stop();
    usePool({ scheme: "Swizzle" });
    await chunks.fill();
    const { rows } = await database.pool.query(
      "select scheme, count(*)::int as count from downstream.chunks group by scheme order by scheme",
    );
    expect(rows).toEqual([
      { scheme: "Merkle", count: 6 },
      { scheme: "Swizzle", count: 6 },
    ]);
  });

  it("tells a failure to who asked", async () => {
    usePool();
    await expect(chunks.generate(0)).rejects.toThrow(expect.objectContaining({ code: "downstream-chunk-size" }));
    await expect(chunks.generate(2 ** 40)).rejects.toThrow(expect.objectContaining({ code: "downstream-chunk-size" }));
    await chunks.stop();
    await expect(chunks.fill()).rejects.toThrow(expect.objectContaining({ code: "stopping" }));
  });
});

describe("the pool that is kept", () => {
  it("is full again after chunks were handed out or cleared", async () => {
    usePool();
    chunks.start();
    await until(async () => (await freeSizes()).length === 6);
    await ask(await join(1), 10_000);
    chunks.poke();
    await until(async () => (await freeSizes()).length === 6);
    expect(await chunks.clear()).toBe(6);
    await until(async () => (await freeSizes()).length === 6);
    expect(context.warnings).toEqual([]);
  });

  it("takes up other sizes while it makes many of the old ones", async () => {
    usePool({ pool: { min: 64, max: 64, total: 64 * 100_000, base: 2 } });
    chunks.start();
    await until(async () => (await freeSizes()).length > 0);
    chunks.keepAs({ min: 128, max: 128, total: 256, base: 2 });
    await until(async () => (await freeSizes()).filter((size) => size === 128).length === 2);
    await until(async () => (await freeSizes()).length === 2);
  });

  it("waits for a database that is away", async () => {
    usePool();
    await database.pool.query("alter table downstream.chunks rename to hidden");
    try {
      chunks.start();
      await until(async () => context.warnings.length > 0);
    } finally {
      await database.pool.query("alter table downstream.hidden rename to chunks");
    }
    chunks.poke();
    await until(async () => (await freeSizes()).length === 6);
  });

  it("leaves the event loop alone while a large chunk is made, and stops in the middle of it", async () => {
    usePool({ pool: { min: 33_554_432, max: 33_554_432, total: 33_554_432 * 4, base: 2 }, rounds: 256 });
    const [ourThread, allThreads] = [process.threadCpuUsage(), process.cpuUsage()];
    chunks.start();
    await until(async () => (await freeSizes()).length > 0);
    expect(process.threadCpuUsage(ourThread).user).toBeLessThan(process.cpuUsage(allThreads).user / 2);
    await chunks.stop();
    expect((await freeSizes()).length).toBeLessThan(4);
  });
});

describe("clear", () => {
  it("deletes what nobody has, with its files", async () => {
    usePool();
    await chunks.fill();
    await ask(await join(1), 256);
    expect(await chunks.clear()).toBe(5);
    const { rows } = await database.pool.query("select size::int as size from downstream.files");
    expect(rows).toEqual([{ size: 256 }]);
  });
});

describe("addShard", () => {
  const bytes = Buffer.from("a shard of somebody's data ".repeat(100));
  const hash = createHash("sha256").update(bytes).digest("hex");
  const shard = {
    source: "package/7",
    size: bytes.length,
    hash,
    read: () => [bytes.subarray(0, 1000), bytes.subarray(1000)],
  };

  it("gives a shard to clients that fetch, before all else", async () => {
    usePool();
    await chunks.fill();
    expect(await chunks.addShard({ ...shard, wanted: 2 })).toBe(2);
    const [old, fetching, sameOwner] = [await join(1), await join(2), await join(2)];
    expect((await ask(old, 1e6)).map(({ source }) => source)).not.toContain("package/7");
    const handed = await ask(fetching, 1e6, true);
    expect(handed[0]).toMatchObject({ hash, seed: "", size: bytes.length, source: "package/7" });
    expect(handed[0]!.redundancy).toEqual({ wanted: 2, held: 1 });
    expect(await ask(sameOwner, 1e6, true)).toEqual([]);
    expect(await findShard(database.pool, context.clock.now, fetching, hash)).toEqual({
      source: "package/7",
      size: bytes.length,
    });
    for (const [token, other] of [
      [old, hash],
      [fetching, "0".repeat(64)],
      [fetching, "no hash"],
    ] as const)
      expect(await findShard(database.pool, context.clock.now, token, other)).toBeUndefined();
    expect(await findShard(database.pool, context.clock.now + 300, fetching, hash)).toBeUndefined();
    await expect(findShard(database.pool, 0, "0".repeat(32), hash)).rejects.toThrow(
      expect.objectContaining({ code: "downstream-no-token" }),
    );
  });

  it("makes up for lost copies when it is added again, and reads nothing when none is", async () => {
    usePool();
    await chunks.addShard({ ...shard, wanted: 2 });
    const unread = { ...shard, wanted: 2, read: () => expect.unreachable() };
    expect(await chunks.addShard(unread)).toBe(0);
    await ask(await join(1), 1e6, true);
    expect(await chunks.addShard(unread)).toBe(0);
    expect(await chunks.addShard({ ...shard, wanted: 4 })).toBe(2);
  });

  it("is not cleared away with prepared chunks", async () => {
    usePool();
    await chunks.addShard(shard);
    expect(await chunks.clear()).toBe(0);
    expect(await freeSizes()).toHaveLength(1);
  });

  it("takes only the bytes that size and hash say", async () => {
    usePool();
    const corrupt = expect.objectContaining({ code: "downstream-shard-corrupt" });
    await expect(chunks.addShard({ ...shard, size: shard.size + 1 })).rejects.toThrow(corrupt);
    await expect(chunks.addShard({ ...shard, size: shard.size - 1 })).rejects.toThrow(corrupt);
    await expect(chunks.addShard({ ...shard, hash: "0".repeat(64) })).rejects.toThrow(corrupt);
    await expect(chunks.addShard({ ...shard, hash: "x" })).rejects.toThrow(
      expect.objectContaining({ code: "downstream-bad-shard" }),
    );
    await expect(chunks.addShard({ ...shard, size: 2 ** 40 })).rejects.toThrow(
      expect.objectContaining({ code: "downstream-shard-size" }),
    );
    expect(await freeSizes()).toEqual([]);
  });
});
