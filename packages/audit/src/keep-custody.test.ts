import { catalogMigrations } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Hex, leafHash, verdictTree, verifyPath } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AuditContext } from "./context.ts";
import { custodyOf, recordCustody } from "./custody.ts";
import { keepCustody } from "./keep-custody.ts";
import { auditMigrations } from "./migrations.ts";
import { prune } from "./prune.ts";

const SET: Hex = `0x${"01".repeat(32)}`;
const DEALS: Hex[] = [`0x${"02".repeat(32)}`, `0x${"03".repeat(32)}`];
const deployment = { disputePeriods: 1, voteWindowPeriods: 8, periodSeconds: 60, genesisTime: 0 };

let database: TestDatabase;
let context: AuditContext;
const asked: Hex[] = [];
beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  context = {
    ...{ pool: database.pool, verifierSet: SET, deployment, quorum: 2, leafFiles: { remove: async () => undefined } },
    readTransaction: async (hash: Hex) => {
      asked.push(hash);
      return `${hash}02`;
    },
  } as unknown as AuditContext;
  await database.pool.query(
    "insert into catalog.cursors (name, next_block, head_number, head_hash, head_time) values ('ledger', 2, 1, '', 1000000)",
  );
});
afterAll(() => database?.drop());
beforeEach(async () => {
  asked.length = 0;
  await database.pool.query(
    "truncate audit.leaves, audit.custody, audit.periods, audit.votes, audit.kept_roots, catalog.deals cascade",
  );
  for (const deal of DEALS)
    await database.pool.query(
      `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
  verifier_set, escrow, deadline, state, proposed_at, proposed_block) values ($1, '', '', '', 0, 0, '', 127, 1, 1, 1, $2, 1, 0, 'ACTIVE', 0, 0)`,
      [deal, SET],
    );
});

const counts = DEALS.map(() => ({ fulfilled: 0, committed: 0 }));
/** A final period with a leaf of each deal, its root and three votes. */
async function finalize(period: number, outcomes: readonly string[]): Promise<Hex> {
  const leaves = outcomes.map((outcome, at) => {
    const count = counts[at]!;
    if (period === 1) Object.assign(count, { fulfilled: 0, committed: 0 });
    if (outcome === "proved") count.fulfilled += 1;
    count.committed += 1;
    return { deal: DEALS[at]!, period, ...count, verdict: 0, faultA: 0, faultB: 0 };
  });
  const { root } = verdictTree(leaves);
  for (const [position, leaf] of leaves.entries())
    await database.pool.query(
      `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
       values ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7)`,
      [SET, period, position, leaf.deal, leaf.fulfilled, leaf.committed, outcomes[position]],
    );
  await database.pool.query(
    "insert into audit.periods (period, seed, state, root, leaf_file_hash, leaves, final_at) values ($1, '', 'final', $2, '0xfe', $3, $1)",
    [period, root, leaves.length],
  );
  await database.pool.query(
    "insert into audit.votes (period, verifier, root, transaction) select $1, v, $2, '0xaa' || v from unnest(array['1', '2', '3']) v",
    [period, root],
  );
  await recordCustody(database.pool, SET, period);
  return root;
}

const kept = async () =>
  (
    await database.pool.query(
      "select deal, to_period::int as period, kept_period::int as kept, fulfilled, committed, path from audit.custody order by deal, to_period",
    )
  ).rows as { deal: Hex; period: number; kept: number | null; fulfilled: number; committed: number; path: Buffer }[];

describe("what is kept of a deal's custody", () => {
  it("is the last leaf of each run that is over, with its way to the root and the votes of a quorum", async () => {
    const roots = new Map<number, Hex>();
    for (const [at, one] of ["proved", "proved", "silent", "proved"].entries())
      roots.set(at + 1, await finalize(at + 1, [one, "proved"]));
    await keepCustody(context);
    const rows = await kept();
    expect(rows.map(({ kept: period }) => period)).toEqual([2, 3, null, null]);
    for (const { deal, kept: period, fulfilled, committed, path } of rows.filter((row) => row.kept !== null)) {
      const words = Array.from({ length: path.length / 32 }, (_, at): Hex => {
        return `0x${path.subarray(32 * at, 32 * at + 32).toString("hex")}`;
      });
      const leaf = { deal, period: period!, fulfilled, committed, verdict: 0, faultA: 0, faultB: 0 };
      expect(verifyPath(leafHash(leaf), words, roots.get(period!)!)).toBe(true);
    }
    const { rows: found } = await database.pool.query(
      "select period::int, root, votes from audit.kept_roots order by period",
    );
    expect(found).toEqual([2, 3].map((period) => ({ period, root: roots.get(period), votes: ["0xaa102", "0xaa202"] })));
    // Once.
    asked.length = 0;
    await keepCustody(context);
    expect(asked).toEqual([]);
  });

  it("has the last leaf of a deal that has ended, which is looked for before leaves are dropped, and goes on if another period comes", async () => {
    for (let period = 1; period <= 60; period++) await finalize(period, ["proved", "proved"]);
    await database.pool.query("update catalog.deals set state = 'COMPLETED', ended_at = 900000 where deal = $1", [
      DEALS[0],
    ]);
    await database.pool.query("update audit.custody set closed = true where deal = $1", [DEALS[0]]);
    await database.pool.query("update audit.custody set to_period = 20 where deal = $1", [DEALS[0]]);
    await prune(context);
    // What is to be kept of it is still there, and all of its period, as a path takes all of it.
    const left = await database.pool.query("select count(*)::int as count from audit.leaves where period = 20");
    expect(left.rows).toEqual([{ count: 2 }]);
    await keepCustody(context);
    await prune(context);
    expect((await database.pool.query("select from audit.leaves where period = 20")).rowCount).toBe(0);
    expect((await kept()).map(({ kept: period }) => period)).toEqual([20, null]);
    await database.pool.query("update audit.custody set to_period = 60 where deal = $1", [DEALS[0]]);
    await finalize(61, ["proved", "proved"]);
    expect((await kept()).map(({ period, kept: of }) => [period, of])).toEqual([
      [61, null],
      [61, null],
    ]);
    await keepCustody(context);
    expect((await kept()).map(({ kept: period }) => period)).toEqual([61, null]);
  });

  it("does without a leaf that is not there any more", async () => {
    await finalize(1, ["proved", "proved"]);
    await database.pool.query("delete from audit.leaves");
    await finalize(2, ["silent", "proved"]);
    await keepCustody(context);
    expect((await kept()).map(({ kept: period }) => period)).toEqual([-1, null, null]);
  });

  it("stays bounded however often a provider comes and goes: the oldest runs become one that counts right", async () => {
    const [most, periods] = [8, 60];
    for (let period = 1; period <= periods; period++) {
      await finalize(period, [period % 2 === 1 ? "proved" : "silent"]);
      await keepCustody(context, most);
    }
    const runs = (await custodyOf(database.pool, [DEALS[0]!])).get(DEALS[0]!)!;
    expect(runs.length).toBeLessThanOrEqual(most + 1);
    expect(runs[0]).toMatchObject({ from: 1, outcome: "mixed" });
    expect(runs.slice(1).every(({ outcome }) => outcome !== "mixed")).toBe(true);
    expect(runs.reduce((sum, { counted }) => sum + counted, 0)).toBe(periods);
    expect(runs.reduce((sum, { proved }) => sum + proved, 0)).toBe(periods / 2);
    const roots = await database.pool.query("select count(*)::int as count from audit.kept_roots");
    await prune(context, 0);
    const after = await database.pool.query("select count(*)::int as count from audit.kept_roots");
    expect(after.rows[0].count).toBeLessThan(roots.rows[0].count);
    expect(after.rows[0].count).toBe((await kept()).filter(({ kept: period }) => period !== null).length);
  });
});
