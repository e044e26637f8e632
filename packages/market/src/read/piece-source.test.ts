import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { applyMask, encodeParity, shardLength } from "@cairn/archive/erasure";
import { catalogMigrations, ensureAccount, forgetEvents } from "@cairn/catalog";
import { emptySlot, ManualClock, Semaphore } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address, Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import type { SlotRow } from "../slot-rows.ts";
import type { Holder } from "./fetch-range.ts";
import { PieceSource } from "./piece-source.ts";
import { type RebuildRequest, rebuildShard } from "./rebuild-shard.ts";
import { ShardRoots } from "./shard-roots.ts";
import { Weighing } from "./weigh-difference.ts";

const K = 2;
const N = 4;
const LENGTH = 1_300_000;
const SHARD = shardLength(LENGTH, K);
const repairKey = new Uint8Array(randomBytes(32));

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  await ensureAccount(database.pool, "local");
});
afterAll(() => database.drop());

const providerOf = (shard: number): Address => `0x${String(shard + 1).repeat(40)}`;
const dealOf = (id: string, shard: number): Hex => `0x${id}${String(shard).repeat(32)}`;

/**
 * A package of one piece with each shard at a provider of its own, and what its owner committed: `forge` replaces masked shards before they are
 * committed and handed over, `lie` changes what a provider sends of what it holds, at its nth read; `late` ones answer after the others,
 * `trickle` has one send a byte every 9 s.
 */
async function stored(options: {
  forge?: (shard: number, bytes: Buffer) => Buffer;
  lie?: (shard: number, bytes: Buffer, offset: number, read: number) => Buffer;
  trickle?: (shard: number, length: number) => boolean;
  away?: number;
  late?: readonly number[];
  account?: string;
}) {
  const id = randomBytes(16).toString("hex");
  const piece = randomBytes(LENGTH);
  const plain = Array.from({ length: N }, () => Buffer.alloc(SHARD));
  for (let shard = 0; shard < K; shard++) piece.copy(plain[shard]!, 0, shard * SHARD, (shard + 1) * SHARD);
  encodeParity(K, N, plain.slice(0, K), plain.slice(K));
  const held = plain.map((bytes, shard) => {
    const masked = applyMask({ repairKey, package: id, piece: 0, shard, mask: "aes-256-ctr-v1", offset: 0, bytes });
    return options.forge?.(shard, Buffer.from(masked)) ?? Buffer.from(masked);
  });
  const slots = held.map((bytes, shard): SlotRow => {
    const roots = new ShardRoots(SHARD);
    roots.add(bytes, 0);
    return {
      ...{ package: id, piece: 0, shard, commitment: roots.commitment(), rawLength: SHARD },
      ...{ quote: null, quoteSignature: null, receipt: null },
      state: { ...emptySlot("none"), phase: "ACTIVE", provider: providerOf(shard), deal: dealOf(id, shard) },
    };
  });
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
     values ($1, 'local', '', $2, '', 'STORED', $3, $4, 'aes-256-ctr-v1', 'private', 1, '')`,
    [id, randomBytes(32), K, N],
  );
  const reads = new Map<number, number>();
  const copies: Holder[] = [];
  const logged: string[] = [];
  const clock = new ManualClock(1_000_000);
  const context = {
    pool: database.pool,
    clock,
    chainNow: () => 1_000_000,
    random: { bytes: (length: number) => new Uint8Array(randomBytes(length)) },
    executorKey: `0x${"11".repeat(32)}`,
    deployment: { chainId: 26170, deals: `0x${"22".repeat(20)}` },
    stopping: new AbortController().signal,
    weighing: new Weighing(),
    log: { info: (_: object, text: string) => logged.push(text), warn: () => undefined },
    transport: {
      seek: async () => undefined,
      reachable: (provider: Address) => options.away === undefined || provider !== providerOf(options.away),
      async *read(
        ...[provider, , ticket, , signal]: Parameters<Context["transport"]["read"]>
      ): AsyncGenerator<Buffer, void> {
        const copy = copies.find((held) => held.provider === provider);
        const shard = copy?.shard ?? slots.findIndex((slot) => slot.state.provider === provider);
        if (options.late?.includes(shard)) await setTimeout(30);
        const offset = Number(ticket.message.offset);
        const bytes = held[shard]!.subarray(offset, offset + Number(ticket.message.length));
        const read = (reads.get(shard) ?? 0) + 1;
        reads.set(shard, read);
        const sent = copy ? bytes : (options.lie?.(shard, Buffer.from(bytes), offset, read) ?? bytes);
        if (options.trickle?.(shard, sent.length) !== true) return yield sent;
        for (let at = 0; at < sent.length && !signal?.aborted; at++) {
          yield sent.subarray(at, at + 1);
          await clock.sleep(9, signal);
        }
      },
    },
  } as unknown as Context;
  const account = options.account ?? "local";
  const row = {
    ...{ id, account, documentHash: null, k: K, n: N, mask: "aes-256-ctr-v1", repairKey },
  } as unknown as PackageRow;
  const source = () =>
    new PieceSource(context, {
      row,
      piece: { number: 0, length: LENGTH, commP: null, indexed: true },
      slots,
      retired: copies,
      capability: undefined as never,
      signal: new AbortController().signal,
    });
  const rebuild = async (shard: number, turns: Partial<Pick<RebuildRequest, "isDue" | "giveWay">> = {}) => {
    const out = Buffer.alloc(SHARD);
    await rebuildShard(context, {
      ...{ row, slots, shard, piece: { number: 0, length: LENGTH, commP: null, indexed: true } },
      ...{ capability: undefined as never, except: new Set([providerOf(shard)]), signal: context.stopping, ...turns },
      async write(bytes, offset) {
        out.set(bytes, offset);
      },
    });
    expect(out.equals(held[shard]!)).toBe(true);
  };
  return { id, piece, source, rebuild, reads, logged, copies, context, clock };
}

/** Lets the clock go on while something lasts; how many of its seconds that took. */
async function lasting(clock: ManualClock, work: Promise<unknown>): Promise<number> {
  const began = clock.monotonic();
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  ended.catch(() => undefined);
  while (!over) {
    await setTimeout(5);
    clock.advance(1);
  }
  await ended;
  return (clock.monotonic() - began) / 1000;
}

/** Reads a range that failed its check, as a block's CID tells right from wrong. */
async function mend(
  { piece, source }: Awaited<ReturnType<typeof stored>>,
  from = 1000,
  length = 50_000,
): Promise<void> {
  const right = piece.subarray(from, from + length);
  expect((await source().mend(from, length, (tried) => tried.equals(right))).equals(right)).toBe(true);
}

const weighed = ({ context }: Awaited<ReturnType<typeof stored>>) =>
  vi.waitFor(() => expect(context.weighing.deals).toHaveProperty("size", 0), 20_000);

async function isMarked(id: string): Promise<boolean> {
  const { rowCount } = await database.pool.query("select from catalog.packages where id = $1 and inconsistent", [id]);
  return rowCount === 1;
}

async function toldOf(id: string) {
  const events = await database.pool.query("select kind, provider, deal from catalog.events where package = $1", [id]);
  const { rows } = await database.pool.query(
    "select payload->>'deal' as deal from catalog.outbox where payload->>'package' = $1",
    [id],
  );
  return { events: events.rows, accused: rows.map((row) => (row as { deal: Hex }).deal) };
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
};

describe("a range that is mended", () => {
  it("accuses nobody of what the owner committed, and marks the package once", async () => {
    const forged = await stored({ forge: (shard, bytes) => (shard === 3 ? flipped(bytes, 2000) : bytes) });
    await mend(forged);
    await vi.waitFor(async () => expect((await toldOf(forged.id)).events).toHaveLength(1), 20_000);
    expect(await toldOf(forged.id)).toEqual({
      events: [{ kind: "package-inconsistent", provider: null, deal: dealOf(forged.id, 3) }],
      accused: [],
    });
    const before = forged.reads.get(3)!;
    await mend(forged);
    await mend(forged, 1500, 1000);
    expect(forged.reads.get(3)).toBe(before + 2);
    expect((await toldOf(forged.id)).events).toHaveLength(1);
  });

  it("does not weigh a package again that another process marked, though the event is forgotten", async () => {
    const forged = await stored({ forge: (shard, bytes) => (shard === 3 ? flipped(bytes, 2000) : bytes) });
    await mend(forged);
    await vi.waitFor(async () => expect((await toldOf(forged.id)).events).toHaveLength(1), 20_000);
    await forgetEvents(database.pool, { seconds: 0, count: 0 });
    expect((await toldOf(forged.id)).events).toEqual([]);
    forged.context.weighing = new Weighing();
    const before = forged.reads.get(3)!;
    await mend(forged);
    await vi.waitFor(() => expect(forged.context.weighing.deals).toHaveProperty("size", 0));
    expect(forged.reads.get(3)).toBe(before + 1);
    expect((await toldOf(forged.id)).events).toEqual([]);
  });

  it("accuses a provider whose whole shard does not fit its commitment", async () => {
    const lied = await stored({ lie: (shard, bytes) => (shard === 1 ? flipped(bytes, 0) : bytes) });
    await mend(lied, SHARD, 50_000);
    await vi.waitFor(async () => expect((await toldOf(lied.id)).accused).toEqual([dealOf(lied.id, 1)]), 20_000);
    expect((await toldOf(lied.id)).events).toEqual([
      { kind: "wrong-bytes", provider: providerOf(1), deal: dealOf(lied.id, 1) },
    ]);
  });

  it("accuses a provider that sends the right bytes when it is asked again", async () => {
    const lied = await stored({
      lie: (shard, bytes, _, read) => (shard === 1 && read === 1 ? flipped(bytes, 0) : bytes),
    });
    await mend(lied, SHARD, 50_000);
    await vi.waitFor(async () => expect((await toldOf(lied.id)).accused).toEqual([dealOf(lied.id, 1)]), 20_000);
  });

  it("accuses nobody whose shard cannot be fetched to be weighed", async () => {
    const gone = await stored({
      lie: (shard, bytes, _, read) => {
        if (shard !== 1) return bytes;
        if (read === 1) return flipped(bytes, 0);
        throw new Error("the line broke");
      },
    });
    await mend(gone, SHARD, 50_000);
    const undecided = "whose fault a difference is could not be found out";
    await vi.waitFor(() => expect(gone.logged).toContain(undecided), 20_000);
    expect(await toldOf(gone.id)).toEqual({ events: [], accused: [] });
  });

  it("leaves a difference that could not be decided alone for a while, longer each time", async () => {
    const shut = await stored({
      lie: (shard, bytes) => {
        if (shard !== 1) return bytes;
        if (bytes.length < 100_000) return flipped(bytes, 0);
        throw new Error("not to be weighed");
      },
    });
    const weighings = async () => {
      await mend(shut, SHARD, 50_000);
      await weighed(shut);
      return shut.logged.filter((text) => text.startsWith("whose fault")).length;
    };
    expect([await weighings(), await weighings()]).toEqual([1, 1]);
    shut.clock.advance(61);
    expect([await weighings(), await weighings()]).toEqual([2, 2]);
    shut.clock.advance(61);
    expect(await weighings()).toBe(2);
    shut.clock.advance(60);
    expect(await weighings()).toBe(3);
  });

  it("lays no lie upon the owner that a set tells beside the bytes of its data shard", async () => {
    // Shard 0 gives the block, so that nothing which shard 2 sends is covered by its check; the honest 1 and 3 then differ from the two.
    const framed = await stored({
      late: [1, 3],
      lie: (shard, bytes) => (shard === 2 ? flipped(bytes, 5) : bytes),
    });
    await mend(framed);
    await weighed(framed);
    expect((await toldOf(framed.id)).accused).toEqual([dealOf(framed.id, 2)]);
    expect(await isMarked(framed.id)).toBe(false);
    await mend(framed, SHARD + 10, 5000);
    await weighed(framed);
    expect(new Set((await toldOf(framed.id)).accused)).toEqual(new Set([dealOf(framed.id, 2)]));
  });

  it("lays upon nobody what a set tells whose liar does not let itself be weighed", async () => {
    const framed = await stored({
      late: [1, 3],
      lie: (shard, bytes, _, read) => {
        if (shard !== 2) return bytes;
        if (read === 1) return flipped(bytes, 5);
        throw new Error("the line broke");
      },
    });
    await mend(framed);
    await weighed(framed);
    expect(await toldOf(framed.id)).toEqual({ events: [], accused: [] });
    expect(await isMarked(framed.id)).toBe(false);
  });

  it("finds one liar across two data shards, one of them away, that is right only where the check looks", async () => {
    const framed = await stored({
      away: 1,
      late: [0, 3],
      lie: (shard, bytes, offset) => (shard === 2 && offset > SHARD / 2 ? flipped(bytes, 5) : bytes),
    });
    await mend(framed, SHARD - 20_000, 40_000);
    await weighed(framed);
    expect((await toldOf(framed.id)).accused).toEqual([dealOf(framed.id, 2)]);
    expect(await isMarked(framed.id)).toBe(false);
  });

  it("names two that lie together so that the block comes out right, and not the owner", async () => {
    // What is added to their shards is a code word that is 0 in shard 0, which is away.
    const added = Array.from({ length: N }, (_, shard) => Buffer.alloc(64, shard === 1 ? 1 : 0));
    encodeParity(K, N, added.slice(0, K), added.slice(K));
    const framed = await stored({
      away: 0,
      late: [1],
      lie: (shard, bytes) => {
        if (shard >= K) for (let at = 0; at < 64; at++) bytes[at]! ^= added[shard]![at]!;
        return bytes;
      },
    });
    await mend(framed);
    await weighed(framed);
    expect((await toldOf(framed.id)).accused.sort()).toEqual([dealOf(framed.id, 2), dealOf(framed.id, 3)]);
    expect(await isMarked(framed.id)).toBe(false);
  });

  it("still names a liar of a package whose owner was named, once a block refutes it", async () => {
    let lying = false;
    const forged = await stored({
      forge: (shard, bytes) => (shard === 3 ? flipped(bytes, 2000) : bytes),
      lie: (shard, bytes) => (lying && shard === 1 ? flipped(bytes, 5) : bytes),
    });
    await mend(forged);
    await weighed(forged);
    expect(await isMarked(forged.id)).toBe(true);
    lying = true;
    await mend(forged, SHARD, 50_000);
    await weighed(forged);
    expect((await toldOf(forged.id)).accused).toEqual([dealOf(forged.id, 1)]);
  });

  it("weighs an honest provider of a marked package once, where the owner's own data shard is not its blocks'", async () => {
    const forged = await stored({ forge: (shard, bytes) => (shard === 1 ? flipped(bytes, 2000) : bytes) });
    await mend(forged, SHARD, 50_000);
    await weighed(forged);
    expect(await isMarked(forged.id)).toBe(true);
    const before = forged.reads.get(1)!;
    await mend(forged, SHARD, 50_000);
    await weighed(forged);
    expect(forged.reads.get(1)).toBe(before + 1);
    expect(await toldOf(forged.id)).toMatchObject({ events: [{ kind: "package-inconsistent" }], accused: [] });
  });

  it("tells two copies of a shard apart: who holds the one does not answer for what the other sent", async () => {
    const lied = await stored({ lie: (shard, bytes) => (shard === 1 ? flipped(bytes, 0) : bytes) });
    lied.copies.push({ shard: 1, provider: providerOf(8), deal: dealOf(lied.id, 8) });
    await mend(lied, SHARD, 50_000);
    await weighed(lied);
    expect((await toldOf(lied.id)).accused).toEqual([dealOf(lied.id, 1)]);
  });
});

describe("a provider that sends a byte now and then", () => {
  it("keeps nobody from reading a shard that is away, and is not waited for again", async () => {
    const world = await stored({ away: 0, trickle: (shard) => shard === 2 });
    const source = world.source();
    expect(await lasting(world.clock, source.read(1000, 50_000))).toBeLessThan(25);
    const asked = world.reads.get(2);
    const again = source.read(60_000, 50_000);
    await lasting(world.clock, again);
    expect((await again).equals(world.piece.subarray(60_000, 110_000))).toBe(true);
    expect([asked, world.reads.get(2)]).toEqual([1, 1]);
  });

  it("is left by a read that no other could replace it in", async () => {
    const world = await stored({ away: 0, trickle: (shard) => shard !== 1 });
    const reading = lasting(world.clock, world.source().read(1000, 50_000));
    await expect(reading).rejects.toMatchObject({ code: "too-few-shards" });
  });

  it("does not hold up the mending of a range", async () => {
    const world = await stored({
      trickle: (shard) => shard === 0,
      lie: (shard, bytes) => (shard === 1 ? flipped(bytes, 0) : bytes),
    });
    const right = world.piece.subarray(SHARD, SHARD + 50_000);
    const mending = world.source().mend(SHARD, 50_000, (tried) => tried.equals(right));
    expect(await lasting(world.clock, mending)).toBeLessThan(25);
    expect((await mending).equals(right)).toBe(true);
  });

  it("gives way between two windows to a rebuild that waits, and goes on after it", async () => {
    // Two are left for k = 2: whatever their rate, they are read.
    const [slow, other] = [await stored({ away: 3 }), await stored({})];
    const places = new Semaphore(1);
    const ended: string[] = [];
    let asked = 0;
    const first = places.run((place) =>
      slow
        .rebuild(0, { isDue: () => true, giveWay: async () => void (asked++ > 0 && (await place.giveWay())) })
        .then(() => ended.push("slow")),
    );
    const second = places.run(() => other.rebuild(0).then(() => ended.push("other")));
    await Promise.all([first, second]);
    expect(ended).toEqual(["other", "slow"]);
    // It went on where it was.
    expect([slow.reads.get(1), slow.reads.get(2)]).toEqual([2, 2]);
  });

  it("keeps no shard from being rebuilt out of others", async () => {
    const world = await stored({ trickle: (shard) => shard === 1 });
    expect(await lasting(world.clock, world.rebuild(0))).toBeLessThan(60);
    expect(world.reads.get(3)).toBeGreaterThan(0);
  });

  it("ends a rebuild that needs it, which leaves its place to others", async () => {
    const world = await stored({ away: 3, trickle: (shard) => shard === 1 });
    const rebuilding = lasting(world.clock, world.rebuild(0));
    await expect(rebuilding).rejects.toMatchObject({ code: "too-few-shards" });
  });

  it("does not keep a liar of another account from being named", async () => {
    const stranger = await stored({
      account: "stranger",
      forge: (shard, bytes) => (shard >= 2 ? flipped(bytes, 2000) : bytes),
      trickle: (shard, length) => shard >= 2 && length > 60_000,
    });
    await mend(stranger);
    await vi.waitFor(() => expect(stranger.reads.get(2)! + stranger.reads.get(3)!).toBe(3), 20_000);
    const victim = await stored({ lie: (shard, bytes) => (shard === 1 ? flipped(bytes, 0) : bytes) });
    victim.context.weighing = stranger.context.weighing;
    await mend(victim, SHARD, 50_000);
    expect(victim.context.weighing.deals.size).toBe(3);
    const named = vi.waitFor(
      async () => expect((await toldOf(victim.id)).accused).toEqual([dealOf(victim.id, 1)]),
      20_000,
    );
    await lasting(stranger.clock, named);
    // Both tricklers differ in the one range that was weighed before.
    expect(stranger.logged.filter((text) => text.startsWith("whose fault"))).toHaveLength(2);
  });
});

it("asks no more than are missing when one that was late comes after all", async () => {
  const [k, n, length] = [3, 20, 300_000];
  const clock = new ManualClock(1_000_000);
  const asked: Address[] = [];
  const answers = new Map<Address, () => void>();
  const slots = Array.from({ length: n }, (_, shard) => ({
    ...{ package: "ab".repeat(16), piece: 0, shard, commitment: "0x", rawLength: shardLength(length, k) },
    state: {
      ...emptySlot("none"),
      phase: "ACTIVE",
      provider: `0x${String(shard + 1).padStart(40, "0")}`,
      deal: `0x${String(shard).padStart(64, "0")}`,
    },
  })) as unknown as SlotRow[];
  const context = {
    clock,
    chainNow: () => 1,
    random: { bytes: (size: number) => new Uint8Array(randomBytes(size)) },
    executorKey: `0x${"11".repeat(32)}`,
    deployment: { chainId: 26170, deals: `0x${"22".repeat(20)}` },
    stopping: new AbortController().signal,
    log: { info: () => undefined, warn: () => undefined },
    transport: {
      seek: async () => undefined,
      // The data shard itself is away, so that all are rebuilt from.
      reachable: (provider: Address) => provider !== slots[0]!.state.provider,
      async *read(...[provider, , ticket]: Parameters<Context["transport"]["read"]>) {
        asked.push(provider);
        await new Promise<void>((resolve) => answers.set(provider, resolve));
        yield Buffer.alloc(Number(ticket.message.length));
      },
    },
  } as unknown as Context;
  const source = new PieceSource(context, {
    row: { id: "ab".repeat(16), k, n, mask: "none", repairKey } as unknown as PackageRow,
    piece: { number: 0, length, commP: null, indexed: true },
    slots,
    retired: [],
    capability: undefined as never,
    signal: new AbortController().signal,
  });
  const reading = source.read(0, 1000);
  await vi.waitFor(() => expect(asked).toHaveLength(k));
  clock.advance(3);
  await vi.waitFor(() => expect(asked).toHaveLength(2 * k));
  answers.get(asked[0]!)!();
  await setTimeout(50);
  expect(asked).toHaveLength(2 * k);
  for (const answer of answers.values()) answer();
  await reading;
});
