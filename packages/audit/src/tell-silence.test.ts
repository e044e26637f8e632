import { catalogMigrations, ensureAccount, type NewEvent } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address, DealId } from "@cairn/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EMPTY_TALLY, type Judgement } from "./judge-period.ts";
import { tellSilence } from "./tell-silence.ts";

const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
const PACKAGE = "1".repeat(32);
const clock = { genesisTime: 0, periodSeconds: 60, graceSeconds: 6 };

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  await ensureAccount(database.pool, "local");
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
     values ($1, 'local', 'o', decode(repeat('00', 32), 'hex'), '', 'STORED', 1, 3, 'none', 'private', 1, '')`,
    [PACKAGE],
  );
  for (let n = 1; n <= 3; n++) {
    await database.pool.query(
      `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods,
         duty, verifier_set, escrow, deadline, state, proposed_at, proposed_block)
       values ($1, '', 'o', $2, 0, $3, '', 127, 1, 10, 1, '', 10, 0, 'ACTIVE', 0, 0)`,
      [id(n), address(n), n],
    );
  }
});
afterEach(() => database.drop());

/** Deals 1 and 2 are the package's; the third is of one that is not kept here. */
const deals = [1, 2, 3].map((n) => ({
  ...{ deal: id(n), provider: address(n === 2 ? 1 : n), piece: 0, shard: n },
  package: n === 3 ? null : PACKAGE,
}));
const judge = (period: number, outcomes: Judgement["outcome"][], verdict = 1) =>
  tellSilence(
    database.pool,
    period,
    outcomes.map((outcome, i) => ({
      leaf: { deal: id(i + 1), period, fulfilled: 0, committed: 0, verdict, faultA: 0, faultB: 0 },
      tally: EMPTY_TALLY,
      outcome,
    })),
    deals,
    clock,
  );
const told = async () =>
  (await database.pool.query<NewEvent>("select kind, message, next, deal from catalog.events order by id")).rows;

it("tells of the first missed proof and of the first one after it, and of none between", async () => {
  await judge(1, ["proved", "proved", "silent"]);
  expect(await told()).toEqual([]);
  for (const period of [2, 3, 4]) await judge(period, ["silent", "proved", "silent"]);
  const [missed, ...others] = await told();
  expect(others).toEqual([]);
  expect(missed).toMatchObject({
    kind: "proof-missed",
    deal: id(1),
    message:
      "Provider 0x00000000 did not prove shard 1 of piece 0 in the period of 00:02 UTC: it is not paid for that.",
    next: expect.stringContaining("With 2 missed of 24 its deal fails"),
  });
  // Nothing is known of these.
  await judge(5, ["unheard", "off-duty", "silent"]);
  await judge(6, ["held", "proved", "silent"]);
  expect(await told()).toHaveLength(1);
  await judge(7, ["proved", "proved", "silent"]);
  await judge(8, ["proved", "proved", "silent"]);
  expect((await told()).slice(1)).toMatchObject([
    { kind: "proofs-resumed", message: "Provider 0x00000000 answers again for shard 1 of piece 0." },
  ]);
  await judge(9, ["silent", "proved", "silent"]);
  expect((await told()).map(({ kind }) => kind)).toEqual(["proof-missed", "proofs-resumed", "proof-missed"]);
});

it("says that the deal fails where it does, and names all shards of one provider in one event", async () => {
  await judge(1, ["silent", "silent", "silent"], 2);
  expect(await told()).toMatchObject([
    {
      deal: null,
      message: expect.stringContaining("did not prove shard 1 of piece 0, shard 2 of piece 0 in"),
      next: expect.stringContaining("its deal fails as too many periods were missed"),
    },
  ]);
});
