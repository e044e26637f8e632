import { catalogMigrations } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditContext } from "./context.ts";
import { auditMigrations } from "./migrations.ts";
import { prune } from "./prune.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
});
afterAll(() => database?.drop());

const SET = `0x${"01".repeat(32)}`;
const [RUNNING, FAILED] = ["running", "failed"];

async function insertDeal(deal: string, state: string): Promise<void> {
  await database.pool.query(
    `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
  verifier_set, escrow, deadline, state, proposed_at, proposed_block) values ($1, '', '', '', 0, 0, '', 127, 1, 1, 1, $2, 1, 0, $3, 0, 0)`,
    [deal, SET, state],
  );
}

describe("prune", () => {
  it("keeps what is still needed to fail, claim and judge, and drops the rest", async () => {
    const { pool } = database;
    await pool.query(
      "insert into catalog.cursors (name, next_block, head_number, head_hash, head_time) values ('ledger', 11, 10, '', 10000)",
    );
    await insertDeal(RUNNING as string, "ACTIVE");
    await insertDeal(FAILED as string, "FAILED");
    await pool.query(
      "insert into audit.periods (period, seed, state, leaves, final_at) select p, '', 'final', 2, p from generate_series(1, 100) p",
    );
    for (const deal of [RUNNING, FAILED]) {
      await pool.query(
        `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
select $1, p, 0, $2, 0, 0, case when p = 3 then 2 else 0 end, 0, 0, 'silent' from generate_series(1, 100) p`,
        [SET, deal],
      );
      await pool.query(
        "insert into audit.outcomes (deal, period, outcome, received_at) select $1, p, 'proved', 0 from generate_series(1, 100) p",
        [deal],
      );
      await pool.query(
        "insert into audit.tallies (verifier_set, deal, period, fulfilled, committed, missed, recent) values ($1, $2, 100, 1, 1, '[]', '[]')",
        [SET, deal],
      );
      await pool.query("insert into audit.evidence (deal, reason, at) values ($1, '', 0)", [deal]);
    }
    const deployment = { disputePeriods: 1, voteWindowPeriods: 8, periodSeconds: 60, genesisTime: 0 };
    await prune({ pool, verifierSet: SET, deployment } as unknown as AuditContext);

    const count = async (from: string) => Number((await pool.query(`select count(*) from ${from}`)).rows[0].count);
    const kept = 100 - (100 - 1 - 8 - 24) + 1;
    expect(await count("audit.outcomes")).toBe(2 * kept);
    const { rows } = await pool.query(
      "select deal, min(period)::int as oldest, count(*)::int from audit.leaves group by deal",
    );
    expect(new Map(rows.map((row) => [row.deal, [row.oldest, row.count]]))).toEqual(
      new Map([
        [RUNNING, [67, kept]],
        [FAILED, [67, kept]],
      ]),
    );
    expect((await pool.query("select deal from audit.tallies")).rows).toEqual([{ deal: RUNNING }]);
    expect((await pool.query("select deal from audit.evidence")).rows).toEqual([{ deal: RUNNING }]);
    expect(await count("audit.periods")).toBe(100);
  });

  it("drops the record of periods that nobody may need any more, files first", async () => {
    const { pool } = database;
    await pool.query("update audit.periods set leaf_file_hash = '0xaa' || period");
    const files = new Set(Array.from({ length: 100 }, (_, i) => `leaves/aa${i + 1}`));
    const leafFiles = { remove: async (key: string) => void files.delete(key) };
    const deployment = { disputePeriods: 1, voteWindowPeriods: 8, periodSeconds: 60, genesisTime: 0 };
    const context = { pool, verifierSet: SET, deployment, leafFiles } as unknown as AuditContext;
    const periods = async () =>
      (await pool.query("select period::int from audit.periods order by period")).rows.map(({ period }) => period);
    await prune(context, 9_400);
    // Chain time is 10,000: periods before 10 are old enough.
    expect((await periods()).slice(0, 2)).toEqual([10, 11]);
    expect(files.size).toBe(91);
    // However short the time, what deals can still be settled from stays.
    await prune(context, 0);
    expect((await periods()).slice(0, 2)).toEqual([67, 68]);
    expect(files.has("leaves/aa67") && !files.has("leaves/aa66")).toBe(true);
  });

  it("keeps the newest leaf of a deal, its whole period and its leaf file until nothing is held of it", async () => {
    const { pool } = database;
    await insertDeal("held", "COMPLETED");
    await insertDeal("neighbour", "FAILED");
    for (const [position, deal] of ["held", "neighbour"].entries()) {
      await pool.query(
        `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
select $1, p, $3, $2, 0, 0, 0, 0, 0, 'proved' from generate_series(20, 21) p`,
        [SET, deal, position],
      );
    }
    await pool.query(
      "insert into audit.periods (period, seed, state, leaves, final_at, leaf_file_hash) select p, '', 'final', 2, p, '0xaa' || p from generate_series(20, 21) p",
    );
    const files = new Set(["leaves/aa20", "leaves/aa21"]);
    const leafFiles = { remove: async (key: string) => void files.delete(key) };
    const deployment = { disputePeriods: 1, voteWindowPeriods: 8, periodSeconds: 60, genesisTime: 0 };
    const context = { pool, verifierSet: SET, deployment, leafFiles } as unknown as AuditContext;
    const leaves = async () =>
      (await pool.query("select period::int, deal from audit.leaves where period < 67 order by position")).rows;
    await prune(context, 0);
    expect(await leaves()).toEqual([
      { period: 21, deal: "held" },
      { period: 21, deal: "neighbour" },
    ]);
    expect([...files]).toEqual(["leaves/aa21"]);
    await pool.query("update catalog.deals set refunded = escrow where deal = 'held'");
    await prune(context, 0);
    expect(await leaves()).toEqual([]);
    expect([...files]).toEqual([]);
  });

  it("keeps the custody record of deals that live, and of others for as long as records are kept", async () => {
    const { pool } = database;
    await insertDeal("long over", "COMPLETED");
    await insertDeal("just over", "COMPLETED");
    await pool.query(
      "update catalog.deals set ended_at = case deal when 'long over' then 8000 else 9500 end where deal like '%over'",
    );
    await pool.query(
      `insert into audit.custody select deal, 1, 9, 'proved', 9 from unnest(array[$1, 'long over', 'just over']) as d (deal)`,
      [RUNNING],
    );
    const deployment = { disputePeriods: 1, voteWindowPeriods: 8, periodSeconds: 60, genesisTime: 0 };
    const leafFiles = { remove: async () => true };
    await prune({ pool, verifierSet: SET, deployment, leafFiles } as unknown as AuditContext, 1000);
    const { rows } = await pool.query("select deal from audit.custody order by deal");
    expect(rows.map(({ deal }) => deal)).toEqual(["just over", RUNNING]);
  });

  it("does nothing while the projection is behind the chain", async () => {
    const { pool } = database;
    await pool.query("update catalog.cursors set head_number = 100");
    const before = (await pool.query("select count(*) from audit.leaves")).rows;
    const deployment = { disputePeriods: 0, voteWindowPeriods: 0, periodSeconds: 60, genesisTime: 0 };
    await prune({ pool, verifierSet: SET, deployment } as unknown as AuditContext);
    expect((await pool.query("select count(*) from audit.leaves")).rows).toEqual(before);
  });
});
