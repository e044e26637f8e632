import { catalogMigrations, ensureAccount, listEvents } from "@cairn/catalog";
import { periodStart } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { CairnError, type Hex, type VerdictLeaf } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Notice, WorkingContext } from "./context.ts";
import { auditMigrations } from "./migrations.ts";
import { failFaulted, settleDue } from "./settle.ts";
import { tell } from "./tell.ts";

const hex = (n: number, bytes = 32): Hex => `0x${n.toString(16).padStart(bytes * 2, "0")}`;
const [SET, MANIFEST, PROVIDER] = [hex(1), hex(2), hex(3, 20)];
const [OWNER, STRANGER] = [hex(0xa, 20), hex(0xb, 20)];
const deployment = {
  ...{ genesisTime: 0, periodSeconds: 60, graceSeconds: 10, disputePeriods: 1, voteWindowPeriods: 4 },
};
const MONTH = 30 * 86_400;

let database: TestDatabase;
let sent: { what: string; deals: Hex[]; periods: number[] }[];
let refuse: (what: string, deal: Hex) => string | undefined;
let context: WorkingContext;

beforeEach(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  await ensureAccount(database.pool, "local");
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, document_hash, verifier_set)
values ($1, 'local', $2, decode(repeat('00', 32), 'hex'), '', 'STORED', 1, 2, 'none', 'private', 1, $3, $4)`,
    ["1".repeat(32), OWNER, MANIFEST, SET],
  );
  await database.pool.query(
    `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block)
values ($1, $1, $1, 1, 0, 0, 1, '', '', true, 0)`,
    [PROVIDER],
  );
  [sent, refuse] = [[], () => undefined];
  const take = async (what: string, leaves: readonly Pick<VerdictLeaf, "deal" | "period">[]) => {
    const deals = leaves.map(({ deal }) => deal);
    const error = deals.map((deal) => refuse(what, deal)).find((reason) => reason !== undefined);
    if (error !== undefined) throw new CairnError(error, { code: "reverted", kind: "conflict", next: "-" });
    sent.push({ what, deals, periods: leaves.map(({ period }) => period) });
    return { transaction: hex(1), block: 1, ok: true };
  };
  const ledger = {
    claim: (_: unknown, leaves: VerdictLeaf[]) => take("claim", leaves),
    close: (_: unknown, leaf: VerdictLeaf) => take("close", [leaf]),
    fail: (_: unknown, leaf: VerdictLeaf) => take("fail", [leaf]),
    closeVoid: (_: unknown, deal: Hex) => take("closeVoid", [{ deal, period: 0 }]),
    expire: (_: unknown, deals: Hex[]) =>
      take(
        "expire",
        deals.map((deal) => ({ deal, period: 0 })),
      ),
    // As the tables have it, at a price of one.
    deal: async (deal: Hex) =>
      (
        await database.pool.query(
          `select state, case state when 'COMPLETED' then (escrow - paid - refunded)::int else 0 end as "heldPeriods"
from catalog.deals where deal = $1`,
          [deal],
        )
      ).rows[0],
    newestFinal: async () => 0,
  };
  const { pool } = database;
  const tellOnce = (_: string, notice: Notice) => tell(pool, notice);
  context = { pool, verifierSet: SET, deployment, ledger, tellOnce } as never;
});
afterEach(() => database.drop());

interface TestDeal {
  owner?: Hex;
  price?: number;
  periods?: number;
  state?: string;
  escrow?: number;
  paid?: number;
  refunded?: number;
  deadline?: number;
}

/** Received in period 0, so that its last period is `periods`. */
async function insertDeal(id: number, of: TestDeal = {}): Promise<Hex> {
  const {
    owner = OWNER,
    price = 1,
    periods = 1000,
    state = "ACTIVE",
    escrow = 10,
    paid = 0,
    refunded = 0,
    deadline = 0,
  } = of;
  await database.pool.query(
    `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
  verifier_set, escrow, paid, refunded, deadline, state, proposed_at, received_at, proposed_block)
values ($1, $2, $3, $4, 0, $5, '', 127, $6, $7, $8, $9, $10, $11, $12, $14, $13, 0, 1, 0)`,
    [
      hex(id),
      MANIFEST,
      owner,
      PROVIDER,
      id,
      price,
      periods,
      ((1n << 168n) - 1n).toString(),
      SET,
      escrow,
      paid,
      refunded,
      state,
      deadline,
    ],
  );
  return hex(id);
}

async function insertFinal(period: number, leaves: { deal: Hex; fulfilled: number; fault?: [number, number] }[]) {
  await database.pool.query(
    "insert into audit.periods (period, seed, state, leaves, final_at) values ($1, '', 'final', $2, $3)",
    [period, leaves.length, periodStart(period + 1, deployment)],
  );
  for (const [position, { deal, fulfilled, fault }] of leaves
    .toSorted((a, b) => (a.deal < b.deal ? -1 : 1))
    .entries()) {
    await database.pool.query(
      `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
values ($1, $2, $3, $4, $5, $5, $6, $7, $8, 'proved')`,
      [SET, period, position, deal, fulfilled, fault === undefined ? 0 : 2, ...(fault ?? [0, 0])],
    );
  }
}

const chainTimeIs = (time: number) =>
  database.pool.query(
    `insert into catalog.cursors (name, next_block, head_number, head_hash, head_time) values ('ledger', 11, 10, '', $1)
on conflict (name) do update set head_time = excluded.head_time`,
    [time],
  );

describe("settling", () => {
  it("spends gas on this gateway's packages alone, whoever has deals under its verifiers or its packages' hashes", async () => {
    const ours = await insertDeal(1);
    const over = await insertDeal(2, { periods: 5 });
    const theirs = await insertDeal(3, { owner: STRANGER });
    const theirsOver = await insertDeal(4, { owner: STRANGER, periods: 5 });
    const all = [ours, over, theirs, theirsOver];
    await insertFinal(
      10,
      all.map((deal): { deal: Hex; fulfilled: number; fault: [number, number] } => ({
        deal,
        fulfilled: 4,
        fault: [9, 10],
      })),
    );
    await chainTimeIs(periodStart(20, deployment));
    await settleDue(context, 1);
    expect(sent.toSorted((a, b) => (a.what < b.what ? -1 : 1))).toEqual([
      { what: "claim", deals: [ours], periods: [10] },
      { what: "close", deals: [over], periods: [10] },
    ]);
    sent = [];
    await failFaulted(context);
    expect(sent.map(({ deals }) => deals)).toEqual([[ours], [over]]);
  });

  it("claims nothing for deals that cost nothing, and closes them", async () => {
    const free = await insertDeal(1, { price: 0, escrow: 0 });
    const ended = await insertDeal(2, { price: 0, escrow: 0, periods: 5 });
    await insertFinal(10, [
      { deal: free, fulfilled: 10 },
      { deal: ended, fulfilled: 5 },
    ]);
    await chainTimeIs(periodStart(20, deployment));
    await settleDue(context, 1);
    expect(sent).toEqual([{ what: "close", deals: [ended], periods: [10] }]);
  });

  it("ends a deal that no root closed for 30 days, pays what its newest leaf shows first, and settles what is held afterwards", async () => {
    const deal = await insertDeal(1, { periods: 12 });
    const other = await insertDeal(2);
    await insertFinal(8, [
      { deal, fulfilled: 7 },
      { deal: other, fulfilled: 8 },
    ]);
    const end = periodStart(13, deployment);
    await chainTimeIs(end + MONTH - 1);
    await settleDue(context, 1000);
    expect(sent.filter(({ what }) => what === "closeVoid")).toEqual([]);
    sent = [];
    await chainTimeIs(end + MONTH);
    await settleDue(context, 1000);
    expect(sent).toEqual([
      { what: "claim", deals: [deal], periods: [8] },
      { what: "closeVoid", deals: [deal], periods: [0] },
    ]);

    // Somebody closed it before the leaf was claimed: the contract holds two periods' pay.
    await database.pool.query("update catalog.deals set state = 'COMPLETED', paid = 5, refunded = 3 where deal = $1", [
      deal,
    ]);
    const stranger = await insertDeal(3, { owner: STRANGER, state: "COMPLETED" });
    await insertFinal(9, [
      { deal: other, fulfilled: 9 },
      { deal: stranger, fulfilled: 1 },
    ]);
    sent = [];
    await settleDue(context, 1000);
    expect(sent).toEqual([{ what: "close", deals: [deal], periods: [8] }]);
    expect(await listEvents(database.pool)).toEqual([]);
    sent = [];
    refuse = () => "no";
    await settleDue(context, 1000);
    expect((await listEvents(database.pool)).map(({ kind, deal: of }) => [kind, of])).toEqual([
      ["settlement-refused", deal],
    ]);
    await database.pool.query("update catalog.deals set paid = 7 where deal = $1", [deal]);
    await settleDue(context, 1000);
    expect(sent).toEqual([]);
    expect(await listEvents(database.pool)).toHaveLength(1);
  });

  it("expires what nobody took up in time, at once, and in halves when the contract refuses that", async () => {
    const proposed = { state: "PROPOSED", deadline: 600 };
    const [first, second] = [await insertDeal(1, proposed), await insertDeal(2, proposed)];
    const later = await insertDeal(3, { ...proposed, deadline: 700 });
    await insertDeal(4, { ...proposed, owner: STRANGER });
    await insertDeal(5, { deadline: 600 });
    await chainTimeIs(600);
    await settleDue(context, 1);
    expect(sent).toEqual([]);
    await chainTimeIs(601);
    await settleDue(context, 1);
    expect(sent).toEqual([{ what: "expire", deals: [first, second], periods: [0, 0] }]);

    // One of them was withdrawn in a block that is not projected yet.
    sent = [];
    refuse = (_, deal) => (deal === first ? "the deal is CANCELLED" : undefined);
    await chainTimeIs(701);
    await settleDue(context, 1);
    expect(sent.map(({ deals }) => deals).toSorted()).toEqual([[second], [later]]);
    expect(await listEvents(database.pool)).toEqual([]);
  });

  it("reads a period's leaves when one of them is due, and once for all that are", async () => {
    const deals = [await insertDeal(1), await insertDeal(2)];
    const held = [
      await insertDeal(3, { state: "COMPLETED", paid: 3, refunded: 3 }),
      await insertDeal(4, { state: "COMPLETED", paid: 3, refunded: 3 }),
    ];
    await insertFinal(
      10,
      [...deals, ...held].map((deal) => ({ deal, fulfilled: 5 })),
    );
    for (const deal of deals) {
      await database.pool.query(
        "insert into audit.tallies (verifier_set, deal, period, fulfilled, committed, missed, recent) values ($1, $2, 10, 5, 5, '[]', '[]')",
        [SET, deal],
      );
    }
    await chainTimeIs(periodStart(20, deployment));
    const query = vi.spyOn(database.pool, "query");
    const readings = () =>
      query.mock.calls.filter(([asked]) => (asked as { name?: string }).name === "audit-leaves").length;
    await settleDue(context, 1);
    expect(sent.map(({ what }) => what).toSorted()).toEqual(["claim", "close", "close"]);
    expect(readings()).toBe(1);

    await database.pool.query("update catalog.deals set paid = 7 where deal = any($1)", [held]);
    sent = [];
    await settleDue(context, 1);
    expect(sent).toEqual([]);
    expect(readings()).toBe(1);
  });

  it("sends a fault again from the next root, and none that the contract refused, whichever leaf repeats it", async () => {
    const [late, proven] = [await insertDeal(1), await insertDeal(2)];
    const leaves = [late, proven].map((deal) => ({ deal, fulfilled: 3, fault: [9, 10] as [number, number] }));
    await insertFinal(10, leaves);
    refuse = (_, deal) => (deal === proven ? "it was proved on chain" : undefined);
    await failFaulted(context);
    expect(sent).toEqual([{ what: "fail", deals: [late], periods: [10] }]);
    // The first one never came to be mined.
    sent = [];
    await insertFinal(11, leaves);
    await failFaulted(context);
    expect(sent).toEqual([{ what: "fail", deals: [late], periods: [11] }]);
    expect((await listEvents(database.pool)).map(({ deal }) => deal)).toEqual([proven]);
  });
});
