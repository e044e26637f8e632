import { catalogMigrations } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Hex } from "@cairn/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { custodyOf, recordCustody } from "./custody.ts";
import type { Judgement } from "./judge-period.ts";
import { auditMigrations } from "./migrations.ts";

const SET: Hex = `0x${"01".repeat(32)}`;
const DEALS: Hex[] = [`0x${"02".repeat(32)}`, `0x${"03".repeat(32)}`];
const OUTCOMES = ["proved", "chain", "silent", "off-duty", "held"] as const;

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

type Told = Judgement["outcome"] | undefined;

/** Final period `period`, with a leaf of each deal that has an outcome. */
async function finalize(period: number, outcomes: readonly Told[]): Promise<void> {
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome === undefined) continue;
    await database.pool.query(
      `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
       values ($1, $2, $3, $4, 0, 0, 0, 0, 0, $5)`,
      [SET, period, index, DEALS[index], outcome],
    );
  }
  await recordCustody(database.pool, SET, period);
}

describe("the custody record", () => {
  it("says for every period what it came to, in as few runs as there are changes and gaps", async () => {
    const periods = fc.array(
      fc.tuple(fc.option(fc.constantFrom(...OUTCOMES)), fc.option(fc.constantFrom(...OUTCOMES))),
      {
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(periods, async (told) => {
        await database.pool.query("truncate audit.leaves, audit.custody");
        for (const [period, outcomes] of told.entries())
          await finalize(
            period,
            outcomes.map((one) => one ?? undefined),
          );
        const record = await custodyOf(database.pool, DEALS);
        for (const [index, deal] of DEALS.entries()) {
          const runs = record.get(deal) ?? [];
          const outcomes = told.map((one) => one[index] ?? undefined);
          for (const [period, outcome] of outcomes.entries()) {
            const run = runs.find(({ from, to }) => from <= period && period <= to);
            if (outcome === undefined) expect(run).toBeUndefined();
            else expect([run?.outcome, "off-duty"]).toContain(outcome);
          }
          const counted = outcomes.filter((one) => one !== undefined && one !== "off-duty").length;
          expect(runs.reduce((sum, run) => sum + run.counted, 0)).toBe(counted);
          for (const [before, after] of runs.slice(1).map((run, i) => [runs[i]!, run] as const)) {
            const hasGap = after.from > before.to + 1;
            expect(hasGap || (after.outcome !== before.outcome && after.outcome !== "off-duty")).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("counts a period once, whoever says it again, and tells the deal when it was proved last", async () => {
    await database.pool.query("truncate audit.leaves, audit.custody");
    await database.pool.query(
      `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
         verifier_set, escrow, deadline, state, proposed_at, proposed_block)
       values ($1, '', '', '', 0, 0, '', 1, 1, 1, 1, $2, 1, 0, 'ACTIVE', 0, 0)`,
      [DEALS[0], SET],
    );
    await finalize(1, ["proved"]);
    await recordCustody(database.pool, SET, 1);
    await finalize(2, ["silent"]);
    expect((await custodyOf(database.pool, DEALS)).get(DEALS[0]!)).toEqual([
      { from: 1, to: 1, outcome: "proved", counted: 1, proved: 1, onChain: 0 },
      { from: 2, to: 2, outcome: "silent", counted: 1, proved: 0, onChain: 0 },
    ]);
    const { rows } = await database.pool.query("select last_proved::int from catalog.deals");
    expect(rows).toEqual([{ last_proved: 1 }]);
  });
});
