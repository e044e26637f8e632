import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { nextSeed } from "@cairn/proofs/heartbeat";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ContractBeats, contractBeats } from "../contracts/contract-beats.ts";
import { settleContracts } from "../contracts/settle-contracts.ts";
import { addSeeded } from "../files/add-seeded.ts";
import { downstreamMigrations } from "../migrations.ts";
import { encode } from "../pool/encode.ts";
import type { DownstreamSettings } from "../settings.ts";
import { type TestContext, testAddress, testContext } from "../testing/test-context.ts";
import { register } from "../tokens/register.ts";
import { removeToken } from "../tokens/remove.ts";
import { rotateToken } from "../tokens/rotate.ts";
import type { HandOut } from "../verification-node.ts";
import { handOut } from "./hand-out.ts";
import { markSingle } from "./mark-single.ts";

const HOME = "192.0.2.1";
let database: TestDatabase;
let context: TestContext;
let beats: ContractBeats;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});

beforeEach(async () => {
  await database.pool.query(
    "truncate downstream.tokens, downstream.files, downstream.chunks, downstream.contracts cascade",
  );
  useSettings({});
});

afterAll(() => database.drop());

function useSettings(settings: Partial<DownstreamSettings>): void {
  context = testContext(database.pool, settings);
  beats = contractBeats(context.beats, context.settings.checkFraction);
}

/** Chunks of these sizes in the pool, `copies` encodings of each file. */
async function prepare(sizes: number[], copies = 1): Promise<void> {
  const { scheme, checkFraction, rounds } = context.settings;
  for (const size of sizes) {
    const seed = Buffer.from(context.random(16)).toString("hex");
    const beat =
      scheme === "Merkle"
        ? ({ scheme, key: context.beats.merkleKey, checkFraction, rounds } as const)
        : ({ scheme, keys: context.beats.swizzle } as const);
    const secrets = Array.from({ length: copies }, () => context.random(80));
    await addSeeded(context, { seed, size, scheme }, await encode({ beat, content: { seed, size }, secrets }));
  }
}

const join = async (number: number) => (await register(context, testAddress(number), HOME)).token;

const ask = (token: string, bytes: number, ip = HOME) => handOut(context, beats, { token, ip, bytes, fetches: false });

const sizesOf = ({ chunks }: HandOut) => chunks.map(({ size }) => size);

async function one<Row>(sql: string, ...values: unknown[]): Promise<Row> {
  return (await database.pool.query(sql, values)).rows[0] as Row;
}

const free = async () =>
  (await one<{ count: number }>("select count(*)::int as count from downstream.chunks where contract_id is null"))
    .count;

describe("handOut", () => {
  it("hands out the largest chunks that fit, each with its first challenge", async () => {
    await prepare([100, 200, 400, 800]);
    const handed = await ask(await join(1), 1300);
    expect(sizesOf(handed)).toEqual([800, 400, 100]);
    for (const { challenge, due, hash, redundancy, seed, tag } of handed.chunks) {
      expect(challenge).toEqual({ index: 0, seed: expect.any(String) });
      expect(tag).toMatchObject({ filesz: expect.any(Number), tree: { order: 2 } });
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(seed).toMatch(/^[0-9a-f]{32}$/);
      expect({ due, redundancy }).toEqual({ due: 300, redundancy: { wanted: 1, held: 1 } });
    }
    expect(await free()).toBe(1);
    expect((await ask(await join(2), 99)).chunks).toEqual([]);
  });

  it("hands out no more chunks than one request may have", async () => {
    await prepare(Array.from({ length: 6 }, () => 64));
    useSettings({ ...context.settings, maxChunksPerRequest: 4 });
    expect((await ask(await join(1), 1e9)).chunks).toHaveLength(4);
    useSettings({ ...context.settings, maxChunksPerRequest: 0 });
    expect((await ask(await join(1), 1e9)).chunks).toHaveLength(2);
  });

  it("looks behind many large chunks for one that still fits", async () => {
    await prepare([...Array.from({ length: 100 }, () => 50), 20]);
    useSettings({ ...context.settings, maxChunksPerRequest: 0 });
    expect(sizesOf(await ask(await join(1), 4979))).toEqual([...Array.from({ length: 99 }, () => 50), 20]);
  });

  it("takes any number of bytes", async () => {
    await prepare([64]);
    const token = await join(1);
    for (const bytes of [0, -5, 0.5, Number.NaN]) expect((await ask(token, bytes)).chunks).toEqual([]);
    expect((await ask(token, Number.POSITIVE_INFINITY)).chunks).toHaveLength(1);
  });

  it("knows no farmer by another token", async () => {
    await expect(ask("0".repeat(32), 1)).rejects.toThrow(expect.objectContaining({ code: "downstream-no-token" }));
  });

  it("never gives one chunk twice to many who ask at once, and leaves none behind", async () => {
    await prepare(Array.from({ length: 60 }, (_, i) => 64 + (i % 3)));
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => join(i)));
    const handed = await Promise.all(tokens.map((token) => ask(token, 70 * 5)));
    const hashes = handed.flatMap(({ chunks }) => chunks.map(({ hash }) => hash));
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const { chunks } of handed) expect(chunks.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(350);
    const rest = await Promise.all(tokens.map((token) => ask(token, 70 * 5)));
    expect(hashes.length + rest.flatMap(({ chunks }) => chunks).length).toBe(60);
  });

  it("keeps an address's budget when its farmers ask at once, and gives it back when contracts expire", async () => {
    useSettings({ maxBytesPerAddress: 1000 });
    await prepare(Array.from({ length: 40 }, () => 100));
    const tokens = await Promise.all(Array.from({ length: 4 }, () => join(1)));
    const handed = await Promise.all([...tokens, ...tokens, ...tokens].map((token) => ask(token, 300)));
    expect(handed.flatMap(sizesOf)).toHaveLength(10);
    expect((await ask(await join(2), 300)).chunks).toHaveLength(3);
    context.clock.now += 299.9;
    expect((await ask(tokens[0]!, 300)).chunks).toEqual([]);
    context.clock.now += 0.1;
    expect((await ask(tokens[0]!, 300)).chunks).toHaveLength(3);
  });

  it("moves a farmer to where he asks from, if there is room", async () => {
    useSettings({ maxTokensPerNetwork: 1 });
    const token = await join(1);
    await register(context, testAddress(2), "198.51.100.7");
    await expect(ask(token, 1, "198.51.100.7")).rejects.toThrow(
      expect.objectContaining({ code: "downstream-too-many-tokens" }),
    );
    await ask(token, 1, "203.0.113.9");
    const moved = await one<{ country: string }>(
      "select location->>'country' as country from downstream.tokens where address = $1",
      testAddress(1),
    );
    expect(moved.country).toBe("country of 203.0.113.9");
    // His old network has room again.
    await join(3);
  });

  it("keeps the limit of a network when many move there at once", async () => {
    useSettings({ maxTokensPerNetwork: 3 });
    const tokens = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => (await register(context, testAddress(i), `10.0.0.${i}`)).token),
    );
    const moves = await Promise.allSettled(tokens.map((token) => ask(token, 1, "203.0.113.9")));
    expect(moves.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  });

  it("prefers files that somebody holds too few copies of, and never gives an address a second copy", async () => {
    useSettings({ redundancy: 3 });
    await prepare([500]);
    await prepare([100, 300], 3);
    const [first, sameOwner, second] = [await join(1), await join(1), await join(2)];
    expect(sizesOf(await ask(first, 100))).toEqual([100]);
    expect(sizesOf(await ask(first, 300))).toEqual([300]);
    expect(sizesOf(await ask(sameOwner, 400))).toEqual([]);
    // Missed most: a file that one farmer holds; then as large as possible.
    const handed = await ask(second, 1000);
    expect(sizesOf(handed)).toEqual([300, 100, 500]);
    expect(handed.chunks.map(({ redundancy }) => redundancy.held)).toEqual([2, 2, 1]);
  });

  it("gives each copy an encoding of its own", async () => {
    await prepare([100], 2);
    const handed = [await ask(await join(1), 100), await ask(await join(2), 100)].map(({ chunks }) => chunks[0]!);
    expect(handed[0]!.hash).toBe(handed[1]!.hash);
    expect(handed[0]!.tag).not.toEqual(handed[1]!.tag);
    expect(handed[0]!.challenge).not.toEqual(handed[1]!.challenge);
  });

  it("hands out Swizzle chunks with a challenge that is asked again later", async () => {
    useSettings({ scheme: "Swizzle" });
    await prepare([5000]);
    const { chunks } = await ask(await join(1), 5000);
    expect(chunks[0]).toMatchObject({ tag: expect.any(String), challenge: expect.any(String) });
  });
});

describe("confirm", () => {
  it("makes contracts firm, and gives no time online to who has answered nothing", async () => {
    await prepare(Array.from({ length: 20 }, () => 100));
    const token = await join(1);
    for (let taken = 0; taken < 20; taken += 1) {
      await (await ask(token, 100)).confirm();
      context.clock.now += 18;
    }
    expect(
      await one(
        "select first_start, covered_until, covered_seconds, (select bool_and(firm) from downstream.contracts) as firm from downstream.tokens",
      ),
    ).toEqual({ first_start: null, covered_until: null, covered_seconds: 0, firm: true });
  });

  it("does nothing for an empty hand-out or a farmer who has gone", async () => {
    const token = await join(1);
    await (await ask(token, 100)).confirm();
    expect(await one("select first_start from downstream.tokens")).toEqual({ first_start: null });
    await prepare([100]);
    const handed = await ask(token, 100);
    await removeToken(context, beats, token);
    await handed.confirm();
    expect(await free()).toBe(1);
  });
});

describe("a farmer that reads one contract from an answer", () => {
  const hashes = async () =>
    (await database.pool.query("select encode(hash, 'hex') as hash from downstream.contracts")).rows.map(
      ({ hash }) => hash,
    );

  it("keeps what it read; what came beside that is free again at once, and held against nobody", async () => {
    await prepare(Array.from({ length: 12 }, () => 100));
    const token = await join(1);
    const answers = [await ask(token, 500), await ask(token, 500)];
    for (const { confirm } of answers) await confirm();
    const read = answers.map(({ chunks }) => chunks[0]!.hash);
    expect(await markSingle(context, beats, token, read[1]!)).toBe(8);
    expect((await hashes()).toSorted()).toEqual(read.toSorted());
    expect(await free()).toBe(10);
    context.clock.now += 10_000;
    await settleContracts(database.pool, beats, context.clock.now);
    expect(await one("select missed::int from downstream.tokens")).toEqual({ missed: 2 });
  });

  it("gets one at a time from then on, whichever process it asks, and is marked once", async () => {
    await prepare(Array.from({ length: 5 }, () => 100));
    const token = await join(1);
    const { chunks } = await ask(token, 100);
    await markSingle(context, beats, token, chunks[0]!.hash);
    expect((await ask(token, 500)).chunks).toHaveLength(1);
    expect(await markSingle(context, beats, token, chunks[0]!.hash)).toBe(0);
    const { token: rotated } = await rotateToken(context, token);
    expect((await ask(rotated, 500)).chunks).toHaveLength(1);
  });

  it("is not taken for one when it asks about a contract that came beside another, or keeps what it has answered", async () => {
    await prepare(Array.from({ length: 6 }, () => 100));
    const token = await join(1);
    const { chunks, confirm } = await ask(token, 300);
    await confirm();
    expect(await markSingle(context, beats, token, chunks[1]!.hash)).toBe(0);
    expect(await markSingle(context, beats, "00".repeat(16), chunks[0]!.hash)).toBe(0);
    expect(await hashes()).toHaveLength(3);
    await database.pool.query("update downstream.contracts set answers = 1 where hash = decode($1, 'hex')", [
      chunks[1]!.hash,
    ]);
    expect(await markSingle(context, beats, token, chunks[0]!.hash)).toBe(1);
    expect((await hashes()).toSorted()).toEqual([chunks[0]!.hash, chunks[1]!.hash].toSorted());
  });
});

describe("withdraw", () => {
  it("loses nothing: the chunk is free again, with a challenge that nobody has seen", async () => {
    await prepare([100]);
    const [first, second] = [await join(1), await join(2)];
    const broken = await ask(first, 100);
    await broken.withdraw();
    expect(await free()).toBe(1);
    expect(await one("select held from downstream.files")).toEqual({ held: 0 });
    expect(await one("select count(*)::int as count from downstream.contracts")).toEqual({ count: 0 });
    const { chunks } = await ask(second, 100);
    expect(chunks[0]!.hash).toBe(broken.chunks[0]!.hash);
    const [before, after] = [broken.chunks[0]!.challenge, chunks[0]!.challenge] as { seed: string; index: number }[];
    expect(after!.index).toBe(1);
    expect(after!.seed).toBe(nextSeed(context.beats.merkleKey, Buffer.from(before!.seed, "base64")).toString("base64"));
  });

  it("throws a chunk away when everybody has seen its challenges", async () => {
    await prepare([100]);
    const token = await join(1);
    for (let round = 0; round < 4; round++) {
      const { chunks, withdraw } = await ask(token, 100);
      expect(chunks).toHaveLength(1);
      await withdraw();
    }
    expect((await ask(token, 100)).chunks).toEqual([]);
    expect(await one("select count(*)::int as count from downstream.chunks")).toEqual({ count: 0 });
  });

  it("leaves a contract alone that the farmer has answered", async () => {
    await prepare([100]);
    const handed = await ask(await join(1), 100);
    await database.pool.query("update downstream.contracts set answers = 1");
    await handed.withdraw();
    expect(await one("select held from downstream.files")).toEqual({ held: 1 });
  });

  it("gets along with other hand-outs, settling and leaving at the same time", async () => {
    await prepare(
      Array.from({ length: 30 }, () => 64),
      2,
    );
    const tokens = await Promise.all(Array.from({ length: 10 }, (_, i) => join(i)));
    await Promise.all(
      tokens.map(async (token, i) => {
        for (let round = 0; round < 6; round++) {
          const handed = await ask(token, 64 * 4);
          if ((i + round) % 3 === 0) await handed.withdraw();
          else await handed.confirm();
          context.clock.now += 40;
          if (i === 0) await settleContracts(database.pool, beats, context.clock.now);
        }
        if (i % 2 === 0) await removeToken(context, beats, token);
      }),
    );
    context.clock.now += 10_000;
    await settleContracts(database.pool, beats, context.clock.now);
    const sums = await one<Record<string, number>>(
      `select (select sum(held)::int from downstream.files) as held,
         (select count(*)::int from downstream.chunks where contract_id is not null and round + 1 < rounds) as bound,
         (select count(*)::int from downstream.contracts where not settled) as open`,
    );
    expect(sums).toEqual({ held: 0, bound: 0, open: 0 });
  });
});

describe("a farmer who leaves or changes his token", () => {
  it("returns what he never answered for, and what he held is missed", async () => {
    await prepare([100, 200]);
    const token = await join(1);
    await (await ask(token, 300)).confirm();
    await database.pool.query("update downstream.contracts set answers = 1 where size = 200");
    await removeToken(context, beats, token);
    expect(await free()).toBe(1);
    expect(await one("select sum(held)::int as held from downstream.files")).toEqual({ held: 0 });
    expect(await one("select count(*)::int as count from downstream.chunks")).toEqual({ count: 1 });
    await expect(removeToken(context, beats, token)).rejects.toThrow(
      expect.objectContaining({ code: "downstream-no-token" }),
    );
  });

  it("keeps contracts under the new token, and the old one is nobody's", async () => {
    await prepare([100]);
    const token = await join(1);
    await (await ask(token, 100)).confirm();
    const rotated = await rotateToken(context, token);
    expect(rotated.token).not.toBe(token);
    await expect(ask(token, 1)).rejects.toThrow(expect.objectContaining({ code: "downstream-no-token" }));
    await ask(rotated.token, 1);
    expect(
      await one(
        "select farmer_id, heartbeats from downstream.tokens join downstream.contracts on token_id = tokens.id",
      ),
    ).toEqual({ farmer_id: rotated.farmerId, heartbeats: "0" });
    const both = await Promise.allSettled([rotateToken(context, rotated.token), rotateToken(context, rotated.token)]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("may have a file again after its contract on it has ended", async () => {
    await prepare([100]);
    const token = await join(1);
    await (await ask(token, 100)).confirm();
    context.clock.now += 400;
    expect((await ask(token, 100)).chunks).toEqual([]);
    await settleContracts(database.pool, beats, context.clock.now);
    expect((await ask(token, 100)).chunks).toHaveLength(1);
    expect(await one("select count(*)::int as count from downstream.contracts")).toEqual({ count: 1 });
  });
});
