import type { FinalizedHead, LedgerEvent, ProviderRecord } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Hex } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  catalogMigrations,
  createProjection,
  ensureAccount,
  findBlocks,
  followEvents,
  framesFrom,
  insertBlocks,
  listDeals,
  listEvents,
  listProviderRows,
  type Projection,
  recordEvents,
  takeOutbox,
} from "./index.ts";

const hex = (digit: string, bytes: number): `0x${string}` => `0x${digit.repeat(bytes * 2)}`;
const PROVIDER = hex("a", 20);
const OWNER = hex("b", 20);
const DEAL = hex("1", 32);
const MANIFEST = hex("2", 32);
const PACKAGE = "0".repeat(32);

const record: ProviderRecord = {
  provider: PROVIDER,
  hot: hex("c", 20),
  payout: hex("d", 20),
  capacity: 10_000n,
  priceFloor: 5n,
  egressPrice: 0n,
  duty: (1n << 168n) - 1n,
  region: "eu",
  endpoint: "",
  active: true,
  nextNonce: 1n,
};

let database: TestDatabase;
let projection: Projection;
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  projection = createProjection(database.pool, {
    provider: async (address) => (address === PROVIDER ? record : undefined),
    deployment: { deployedAt: 7, genesisTime: 1000, periodSeconds: 10 } as never,
  });
  await ensureAccount(database.pool, "local");
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, document_hash)
     values ($1, 'local', $2, decode(repeat('00', 32), 'hex'), '', 'STORED', 2, 4, 'none', 'private', 1, $3, $3)`,
    [PACKAGE, OWNER, MANIFEST],
  );
});
afterEach(() => database.drop());

const at = (block: number, logIndex = 0) => ({ block, logIndex, transaction: hex("e", 32), time: 1000 + block });
const head = (number: number): FinalizedHead => ({
  number,
  hash: hex("f", 32),
  timestamp: 1000 + number,
  finalized: true,
});

function proposed(block: number): LedgerEvent {
  return {
    ...at(block),
    name: "DealProposed",
    deal: DEAL,
    documentHash: MANIFEST,
    provider: PROVIDER,
    piece: 0,
    shard: 3,
    escrow: 500n,
    deadline: 9000,
    commitment: hex("3", 32),
    rawLength: 1270n,
    pricePerPeriod: 5n,
    periods: 100,
    duty: record.duty,
    verifierSet: hex("4", 32),
    owner: OWNER,
  };
}

describe("createProjection", () => {
  it("applies batches once, in order, with their cursor, messages and words", async () => {
    expect(await projection.cursor()).toBe(7);
    const first = {
      from: 7,
      next: 10,
      head: head(9),
      events: [{ ...at(8), name: "ProviderRegistered", provider: PROVIDER } as const, proposed(9)],
    };
    expect(await projection.apply(first)).toBe(true);
    expect(await projection.apply(first)).toBe(false);
    expect(await projection.cursor()).toBe(10);
    expect(await projection.head()).toEqual(head(9));
    expect(await listProviderRows(database.pool, [])).toMatchObject([
      { provider: PROVIDER, used: 1270n, deals: 1, rating: 90, score: 9000 },
    ]);

    await projection.apply({
      from: 10,
      next: 14,
      head: head(13),
      events: [
        { ...at(10), name: "DealReceived", deal: DEAL },
        { ...at(11), name: "DealStateChanged", deal: DEAL, state: "ACTIVE" },
        { ...at(12), name: "DealPaid", deal: DEAL, provider: PROVIDER, payee: PROVIDER, amount: 25n, periods: 5 },
        { ...at(13), name: "DealStateChanged", deal: DEAL, state: "FAILED" },
        { ...at(13, 1), name: "DealRefunded", deal: DEAL, amount: 475n, toReserve: true },
      ],
    });
    expect(await listDeals(database.pool, { deals: [DEAL] })).toMatchObject([
      {
        state: "FAILED",
        paid: 25n,
        refunded: 475n,
        paidPeriods: 5,
        receivedAt: 1010,
        activatedAt: 1011,
        endedAt: 1013,
        // Received in period 1, on duty in every one: periods 2 to 101 are paid.
        endsAt: 2020,
      },
    ]);
    const events = await listEvents(database.pool, { package: PACKAGE, after: 0 });
    expect(events.map((event) => [event.kind, event.account, event.severity])).toEqual([
      ["deal-active", "local", "info"],
      ["deal-failed", "local", "warning"],
    ]);
    const states: string[] = [];
    while (
      await takeOutbox(database.pool, ["deal-state"], async (message) => {
        states.push(message.payload.state);
      })
    );
    expect(states).toEqual(["ACTIVE", "FAILED"]);
  });

  it("counts work by who judged it and who paid, and rates by the sets that are trusted", async () => {
    const [ours, theirs, stranger] = [hex("5", 32), hex("6", 32), hex("7", 20)];
    const mine = { ...proposed(8), verifierSet: ours };
    const other = { ...proposed(8), deal: hex("8", 32), verifierSet: theirs, owner: stranger };
    const active = (deal: Hex) => ({ ...at(9), name: "DealStateChanged" as const, deal, state: "ACTIVE" as const });
    const work = (deal: Hex, set: Hex, fulfilled: bigint, committed: bigint) =>
      ({ ...at(10), name: "WorkLogged", provider: PROVIDER, set, deal, fulfilled, committed }) as const;
    const paid = {
      ...at(10),
      name: "DealPaid",
      deal: DEAL,
      provider: PROVIDER,
      payee: PROVIDER,
      amount: 50n,
      periods: 10,
    } as const;
    await projection.apply({
      from: 7,
      next: 11,
      head: head(10),
      events: [
        { ...at(8), name: "ProviderRegistered", provider: PROVIDER },
        mine,
        other,
        active(DEAL),
        active(other.deal),
        paid,
        work(DEAL, ours, 10n, 10n),
        work(DEAL, ours, 0n, 10n),
        work(other.deal, theirs, 0n, 500n),
      ],
    });
    const seenBy = async (...sets: Hex[]) => (await listProviderRows(database.pool, sets))[0];
    expect(await seenBy(ours)).toMatchObject({ fulfilled: 10n, committed: 20n, rating: 50 });
    expect(await seenBy(theirs)).toMatchObject({ fulfilled: 0n, committed: 500n, rating: 0 });
    expect(await seenBy(ours, theirs)).toMatchObject({ fulfilled: 10n, committed: 520n });
    expect(await seenBy()).toMatchObject({ rating: 90, score: 9000 });
    const { rows } = await database.pool.query("select owner, paid::int from catalog.work where verifier_set = $1", [
      ours,
    ]);
    expect(rows).toEqual([{ owner: OWNER, paid: 50 }]);
  });

  it("pays for a reservation without counting it as work", async () => {
    const paid = {
      ...at(9),
      name: "DealPaid",
      deal: DEAL,
      provider: PROVIDER,
      payee: PROVIDER,
      amount: 5n,
      periods: 1,
    } as const;
    await projection.apply({ from: 7, next: 10, head: head(9), events: [proposed(8), paid] });
    expect(await listDeals(database.pool, { deals: [DEAL] })).toMatchObject([{ paid: 5n, paidPeriods: 1 }]);
    expect((await database.pool.query("select from catalog.work")).rowCount).toBe(0);
  });

  it("keeps the reserve: what failed deals give back, less what their successors take", async () => {
    const created = {
      ...at(8),
      name: "PackageCreated" as const,
      documentHash: MANIFEST,
      owner: OWNER,
      executor: PROVIDER,
      reserve: 1000n,
    };
    const failed = { ...at(9, 1), name: "DealStateChanged" as const, deal: DEAL, state: "FAILED" as const };
    const refunded = { ...at(9, 2), name: "DealRefunded" as const, deal: DEAL, amount: 475n, toReserve: true };
    const again = { ...proposed(10), deal: hex("9", 32) };
    const reserve = async () =>
      (await database.pool.query("select reserve::text from catalog.escrows")).rows[0].reserve as string;
    await projection.apply({ from: 7, next: 10, head: head(9), events: [created, proposed(9), failed, refunded] });
    expect(await reserve()).toBe("1475");
    await projection.apply({ from: 10, next: 11, head: head(10), events: [again] });
    expect(await reserve()).toBe("975");
  });

  it("keeps packages of two owners under one document hash apart: whatever a stranger does to its own changes nothing of the owner's", async () => {
    const STRANGER = hex("9", 20);
    const THEIRS = hex("8", 32);
    const created = (block: number, owner: `0x${string}`, reserve: bigint) =>
      ({ ...at(block), name: "PackageCreated", documentHash: MANIFEST, owner, executor: PROVIDER, reserve }) as const;
    const moved = (block: number, deal: `0x${string}`, state: "ACTIVE" | "FAILED") =>
      ({ ...at(block, 1), name: "DealStateChanged", deal, state }) as const;
    const of = { documentHash: MANIFEST, owner: STRANGER };
    await projection.apply({
      from: 7,
      next: 20,
      head: head(19),
      events: [
        created(8, STRANGER, 70n),
        { ...proposed(9), deal: THEIRS, owner: STRANGER } as LedgerEvent,
        moved(9, THEIRS, "ACTIVE"),
        created(10, OWNER, 1000n),
        proposed(11),
        moved(11, DEAL, "ACTIVE"),
        { ...at(12), name: "DealRefunded", deal: THEIRS, amount: 5n, toReserve: true },
        { ...at(13), name: "PackageTerminated", ...of, lastPeriod: 3 },
        moved(14, THEIRS, "FAILED"),
        { ...at(15), name: "ReserveReleased", ...of, amount: 75n },
        // A second deal on the owner's slot would be paid from the reserve only if the owner's own deal had ended.
        { ...proposed(16), deal: hex("7", 32) } as LedgerEvent,
      ],
    });
    const { rows } = await database.pool.query(
      "select owner, reserve::int, released from catalog.escrows order by reserve",
    );
    expect(rows).toEqual([
      { owner: STRANGER, reserve: 0, released: true },
      { owner: OWNER, reserve: 1000, released: false },
    ]);
    expect(await listDeals(database.pool, { package: { owner: OWNER, documentHash: MANIFEST } })).toMatchObject([
      { deal: DEAL, state: "ACTIVE", lastPeriod: null },
      { deal: hex("7", 32) },
    ]);
    const told = await database.pool.query("select distinct deal from catalog.events where package = $1", [PACKAGE]);
    expect(told.rows.map(({ deal }) => deal)).not.toContain(THEIRS);
  });

  it("is not stopped by what no client writes: it is left out, and what comes after it is written", async () => {
    const MOST = 2 ** 32 - 1;
    const stranger = hex("9", 20);
    const of = (index: number, fields: object) => ({
      ...proposed(8),
      logIndex: index,
      deal: hex(String(index), 32),
      ...fields,
    });
    const odd = createProjection(database.pool, {
      provider: async (address) =>
        address === stranger
          ? { ...record, provider: stranger, region: "e\0u\u001b[2J", endpoint: "\0" }
          : { ...record, provider: address },
      deployment: { deployedAt: 7, genesisTime: 1000, periodSeconds: 10 } as never,
    });
    const events = [
      { ...at(8, 0), name: "ProviderRegistered", provider: stranger },
      of(1, { periods: MOST }),
      of(2, { piece: MOST }),
      { ...at(8, 3), name: "DealPaid", deal: hex("1", 32), provider: stranger, amount: 1n, periods: MOST },
      of(4, {}),
    ] as LedgerEvent[];
    expect(await odd.apply({ from: 7, next: 9, events, head: head(8) })).toBe(true);
    expect(await odd.cursor()).toBe(9);
    const { rows } = await database.pool.query("select deal from catalog.deals");
    expect(rows).toEqual([{ deal: hex("4", 32) }]);
    const providers = await database.pool.query("select region, endpoint from catalog.providers");
    expect(providers.rows).toEqual([{ region: "e\ufffdu\ufffd[2J", endpoint: "\ufffd" }]);
    const kinds = await database.pool.query("select kind from catalog.events where kind = 'chain-event-set-aside'");
    expect(kinds.rows).toHaveLength(3);
  });

  it("leaves nothing behind when a batch fails half-way", async () => {
    const fail = () => {
      throw new Error("no number");
    };
    const broken = { ...proposed(9), escrow: { toString: fail } as never };
    const batch = {
      from: 7,
      next: 10,
      head: head(9),
      events: [{ ...at(8), name: "ProviderRegistered" as const, provider: PROVIDER }, broken],
    };
    await expect(projection.apply(batch)).rejects.toThrow();
    expect(await projection.cursor()).toBe(7);
    expect(await listProviderRows(database.pool, [])).toEqual([]);
    expect(await listEvents(database.pool)).toEqual([]);
  });

  it("ends a terminated package's deals at the period said", async () => {
    const terminated = {
      ...at(10),
      name: "PackageTerminated" as const,
      documentHash: MANIFEST,
      owner: OWNER,
      lastPeriod: 42,
    };
    const active = { ...at(9, 1), name: "DealStateChanged" as const, deal: DEAL, state: "ACTIVE" as const };
    const received = { ...at(9, 2), name: "DealReceived" as const, deal: DEAL };
    await projection.apply({ from: 7, next: 11, head: head(10), events: [proposed(9), received, active, terminated] });
    expect(await listDeals(database.pool, { package: { owner: OWNER, documentHash: MANIFEST } })).toMatchObject([
      { lastPeriod: 42, endsAt: 1430 },
    ]);
  });
});

describe("takeOutbox", () => {
  it("keeps a message whose handler fails, for later", async () => {
    await projection.apply({
      from: 7,
      next: 11,
      head: head(10),
      events: [proposed(9), { ...at(10), name: "DealStateChanged", deal: DEAL, state: "ACTIVE" }],
    });
    const fail = takeOutbox(database.pool, ["deal-state"], async () => {
      throw new Error("not now");
    });
    await expect(fail).rejects.toThrow("not now");
    expect(await takeOutbox(database.pool, ["deal-state"], async () => undefined)).toBe(false);
    await database.pool.query("update catalog.outbox set not_before = now()");
    const attempts: number[] = [];
    await takeOutbox(database.pool, ["deal-state"], async (message) => void attempts.push(message.attempts));
    expect(attempts).toEqual([1]);
  });
});

describe("blocks", () => {
  it("finds frames by CID and by the byte that they hold", async () => {
    const { pool } = database;
    const cid = (i: number) => Buffer.from(String(i).padStart(36, "0"));
    const frames = Array.from({ length: 12_000 }, (_, i) => ({ cid: cid(i), offset: 59 + i * 100, length: 100 }));
    await insertBlocks(pool, PACKAGE, 0, frames);
    await insertBlocks(pool, PACKAGE, 0, frames.slice(0, 10));
    const [first, second] = await framesFrom(pool, PACKAGE, 0, 59 + 250, 2);
    expect([first!.offset, second!.offset]).toEqual([259, 359]);
    expect((await framesFrom(pool, PACKAGE, 0, 0, 1))[0]!.offset).toBe(59);
    const found = await findBlocks(pool, PACKAGE, [cid(11_999), cid(3), cid(99_999)]);
    expect(found.map((frame) => [frame.piece, frame.offset])).toEqual(
      expect.arrayContaining([
        [0, 359],
        [0, 59 + 1_199_900],
      ]),
    );
    expect(found).toHaveLength(2);
  });
});

describe("listEvents", () => {
  it("gives an account its own events and those of nobody, by package, kind and severity, page by page back in time", async () => {
    await ensureAccount(database.pool, "other");
    const event = (n: number, account: string | undefined) => ({
      account,
      kind: n % 3 === 0 ? "third" : "else",
      severity: n % 2 === 0 ? ("info" as const) : ("warning" as const),
      message: `event ${n}`,
    });
    await recordEvents(
      database.pool,
      Array.from({ length: 30 }, (_, n) => event(n, ["local", "other", undefined][n % 5 > 2 ? 2 : n % 2])),
    );
    const all = await listEvents(database.pool, { account: "local" });
    expect(all.every(({ account }) => account !== "other")).toBe(true);
    expect(all.length).toBeGreaterThan(15);
    const pages: number[] = [];
    let before: number | undefined;
    for (;;) {
      const page = await listEvents(database.pool, {
        account: "local",
        limit: 4,
        ...(before === undefined ? {} : { before }),
      });
      if (page.length === 0) break;
      pages.push(...page.map(({ id }) => id));
      before = page.at(-1)!.id;
    }
    expect(pages).toEqual(all.map(({ id }) => id));
    const thirds = await listEvents(database.pool, { account: "local", kind: "third", severities: ["warning"] });
    expect(thirds.map(({ id }) => id)).toEqual(
      all.filter(({ kind, severity }) => kind === "third" && severity === "warning").map(({ id }) => id),
    );
    expect(await listEvents(database.pool, { account: "local", package: PACKAGE })).toEqual([]);
  });
});

describe("followEvents", () => {
  it("gives what was written since, and wakes for what comes", async () => {
    const { pool } = database;
    const say = (kind: string) => recordEvents(pool, [{ kind, severity: "info", message: kind, data: { wei: 5n } }]);
    await say("before");
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of followEvents(pool, { after: 0 }, stop.signal)) {
        seen.push(event.kind);
        if (event.kind === "third") stop.abort();
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await say("second");
    await say("third");
    await following;
    expect(seen).toEqual(["before", "second", "third"]);
    expect((await listEvents(pool, { limit: 1 }))[0]).toMatchObject({ kind: "third", data: { wei: "5" } });
  });

  it("misses no event of a transaction that ends later than one with a greater id", async () => {
    const { pool } = database;
    const say = (db: Parameters<typeof recordEvents>[0], kind: string) =>
      recordEvents(db, [{ kind, severity: "info", message: kind }]);
    await say(pool, "begin");
    const after = (await listEvents(pool, { limit: 1 }))[0]!.id;
    const kinds = async () => (await listEvents(pool, { after })).map(({ kind }) => kind);
    const [slow, slower] = [await pool.connect(), await pool.connect()];
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of followEvents(pool, { after }, stop.signal)) if (seen.push(event.kind) === 4) return;
    })();
    try {
      // One has its number before the others, and its id behind them.
      await slower.query("begin");
      await slower.query("select pg_current_xact_id()");
      await slow.query("begin");
      await say(slow, "first");
      await say(pool, "second");
      expect(await kinds()).toEqual([]);
      await say(slower, "third");
      await slower.query("commit");
      expect(await kinds()).toEqual([]);
      await slow.query("commit");
      await say(pool, "fourth");
      await following;
      expect(seen).toEqual(["first", "second", "third", "fourth"]);
      expect(await kinds()).toEqual(seen);
    } finally {
      stop.abort();
      slow.release(true);
      slower.release(true);
    }
  });
});
