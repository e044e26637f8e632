import { catalogMigrations } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { DealId } from "@cairn/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditMigrations } from "./migrations.ts";
import { type OutcomeRow, recordOutcomes } from "./record-outcomes.ts";

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

const RANKED = ["damaged", "late", "proved", "wrong", "chain"] as const;
let deals = 0;
const newDeal = (): DealId => `0x${(++deals).toString(16).padStart(64, "0")}`;
const row = (deal: DealId, outcome: OutcomeRow["outcome"], period = 1): OutcomeRow => ({
  deal,
  period,
  outcome,
  reason: null,
  proofHash: null,
  signature: null,
});
const standing = async (deal: DealId) =>
  (await database.pool.query("select outcome from audit.outcomes where deal = $1", [deal])).rows.map((r) => r.outcome);

describe("recordOutcomes", () => {
  it("keeps the weightiest outcome of a period, in one call or in several, whatever the order", async () => {
    const outcomes = fc.array(fc.constantFrom(...RANKED), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(outcomes, fc.boolean(), async (given, together) => {
        const deal = newDeal();
        const calls = together ? [given] : given.map((outcome) => [outcome]);
        for (const call of calls) {
          await recordOutcomes(
            database.pool,
            call.map((outcome) => row(deal, outcome)),
            0,
          );
        }
        const heaviest = RANKED[Math.max(...given.map((outcome) => RANKED.indexOf(outcome)))];
        expect(await standing(deal)).toEqual([heaviest]);
      }),
      { numRuns: 40 },
    );
  });

  it("says what it changed", async () => {
    const deal = newDeal();
    expect([...(await recordOutcomes(database.pool, [row(deal, "proved")], 0))]).toEqual([`${deal}/1`]);
    expect([...(await recordOutcomes(database.pool, [row(deal, "proved")], 0))]).toEqual([]);
    expect([...(await recordOutcomes(database.pool, [row(deal, "damaged")], 0))]).toEqual([]);
    expect([...(await recordOutcomes(database.pool, [row(deal, "wrong")], 0))]).toEqual([`${deal}/1`]);
    expect((await recordOutcomes(database.pool, [], 0)).size).toBe(0);
  });

  it("adds nothing to a period that has been judged, also when the judging is under way", async () => {
    const [before, during, after] = [newDeal(), newDeal(), newDeal()];
    await database.pool.query("insert into audit.periods (period, seed) values (7, '0x01')");
    await recordOutcomes(database.pool, [row(before, "proved", 7)], 0);
    const judge = await database.pool.connect();
    await judge.query("begin");
    await judge.query("select * from audit.periods where period = 7 for update");
    const waiting = recordOutcomes(database.pool, [row(during, "proved", 7)], 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await judge.query("update audit.periods set root = '0x02', state = 'voted' where period = 7");
    await judge.query("commit");
    judge.release();
    expect((await waiting).size).toBe(0);
    expect((await recordOutcomes(database.pool, [row(after, "wrong", 7)], 0)).size).toBe(0);
    expect(await standing(before)).toEqual(["proved"]);
    expect([...(await standing(during)), ...(await standing(after))]).toEqual([]);
  });

  it("lets many write at once", async () => {
    const known = Array.from({ length: 50 }, newDeal);
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        recordOutcomes(
          database.pool,
          (i % 2 === 0 ? known : known.toReversed()).map((deal) => row(deal, i % 3 === 0 ? "wrong" : "proved")),
          0,
        ),
      ),
    );
    for (const deal of known) expect(await standing(deal)).toEqual(["wrong"]);
  });
});
