import { randomBytes } from "node:crypto";
import { applyMask, encodeParity, shardLength } from "@cairn/archive/erasure";
import { catalogMigrations, ensureAccount, forgetEvents } from "@cairn/catalog";
import { emptySlot, ManualClock } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address, Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import type { SlotRow } from "../slot-rows.ts";
import { PieceSource } from "./piece-source.ts";
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
 * committed and handed over, `lie` changes what a provider sends of what it holds, at its nth read.
 */
async function stored(options: {
  forge?: (shard: number, bytes: Buffer) => Buffer;
  lie?: (shard: number, bytes: Buffer, offset: number, read: number) => Buffer;
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
  const logged: string[] = [];
  const context = {
    pool: database.pool,
    clock: new ManualClock(1_000_000),
    chainNow: () => 1_000_000,
    random: { bytes: (length: number) => new Uint8Array(randomBytes(length)) },
    executorKey: `0x${"11".repeat(32)}`,
    deployment: { chainId: 26170, deals: `0x${"22".repeat(20)}` },
    stopping: new AbortController().signal,
    weighing: new Weighing(),
    log: { info: (_: object, text: string) => logged.push(text), warn: () => undefined },
    transport: {
      reachable: () => true,
      async *read(provider: Address, _deal: Hex, ticket: { message: { offset: bigint; length: bigint } }) {
        const shard = slots.findIndex((slot) => slot.state.provider === provider);
        const offset = Number(ticket.message.offset);
        const bytes = held[shard]!.subarray(offset, offset + Number(ticket.message.length));
        const read = (reads.get(shard) ?? 0) + 1;
        reads.set(shard, read);
        yield options.lie?.(shard, Buffer.from(bytes), offset, read) ?? bytes;
      },
    },
  } as unknown as Context;
  const row = { id, k: K, n: N, mask: "aes-256-ctr-v1", repairKey } as unknown as PackageRow;
  const source = () =>
    new PieceSource(context, {
      row,
      piece: { number: 0, length: LENGTH, commP: null, indexed: true },
      slots,
      retired: [],
      capability: undefined as never,
      signal: new AbortController().signal,
    });
  return { id, piece, source, reads, logged, context };
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
});
