import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address } from "@cairn/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  accountsToWrite,
  catalogMigrations,
  countFigures,
  ensureAccount,
  forgetFigures,
  readHistory,
  writeFigures,
} from "../index.ts";

const MINE: Address = `0x${"b".repeat(40)}`;
const SECOND: Address = `0x${"d".repeat(40)}`;
const THEIRS: Address = `0x${"c".repeat(40)}`;
const DAY = 86_400;
const NOW = 1_800_000_000;
const hash = (n: number) => `0x${n.toString(16).padStart(64, "0")}`;
const packageId = (n: number) => n.toString(16).padStart(32, "0");

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  for (const account of ["local", "other"]) await ensureAccount(database.pool, account);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query(
    "truncate catalog.deals, catalog.owner_figures, catalog.deal_figures, catalog.packages, catalog.pieces, catalog.entries, catalog.figure_history cascade",
  );
});

async function insertPackage(
  n: number,
  { account = "local", state = "STORED", files = 1, cars = [] as [commP: number | null, length: number][] },
) {
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, document_hash, files)
     values ($1, $2, $3, decode($4, 'hex'), 'label', $5, 2, 4, 'none', 'private', 30, $6, $7, $8)`,
    [packageId(n), account, MINE, hash(n).slice(2), state, hash(9), hash(n), files],
  );
  for (const [number, [commP, length]] of cars.entries())
    await database.pool.query("insert into catalog.pieces (package, number, length, comm_p) values ($1, $2, $3, $4)", [
      packageId(n),
      number,
      length,
      commP === null ? null : hash(commP),
    ]);
}

interface Deal {
  owner?: Address;
  provider?: number;
  state?: string;
  ends?: number | null;
  bytes?: number;
  paid?: number;
}
async function insertDeals(deals: readonly Deal[]) {
  for (const [
    index,
    { owner = MINE, provider = 1, state = "ACTIVE", ends = null, bytes = 10, paid = 0 },
  ] of deals.entries())
    await database.pool.query(
      `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
         verifier_set, escrow, paid, deadline, state, proposed_at, proposed_block, ends_at)
       values ($1, $2, $3, $4, 0, 0, $2, $5, 1, 10, 1, $2, 100, $6, 0, $7, 1, 1, $8)`,
      [hash(1000 + index), hash(8), owner, `0x${provider.toString(16).padStart(40, "0")}`, bytes, paid, state, ends],
    );
}

const ask = (range?: { from: number; before: number }) =>
  countFigures(database.pool, {
    account: "local",
    wallets: [MINE, SECOND],
    now: NOW,
    ...(range === undefined ? {} : { range }),
  });

describe("an account's figures", () => {
  it("count files and packages that are stored, and CAR files that are equal once", async () => {
    await insertPackage(1, {
      files: 4,
      cars: [
        [1, 500],
        [2, 300],
      ],
    });
    await insertPackage(2, { files: 2, state: "DEGRADED", cars: [[1, 500]] });
    await insertPackage(3, { files: 1, cars: [[null, 20]] });
    await insertPackage(4, { files: 100, state: "REMOVED", cars: [[7, 9000]] });
    await insertPackage(5, { files: 100, state: "RECEIVING", cars: [[8, 9000]] });
    await insertPackage(6, { files: 100, account: "other", cars: [[9, 9000]] });
    expect(await ask()).toMatchObject({ files: 7, packages: 3, uniqueBytes: 820n });
    await database.pool.query("update catalog.packages set state = 'ENDING' where id = $1", [packageId(1)]);
    expect(await ask()).toMatchObject({ files: 3, packages: 2, uniqueBytes: 520n });
  });

  it("come to what all its wallets' deals do, whatever is written to them", async () => {
    const states = ["PROPOSED", "ACTIVE", "COMPLETED", "FAILED", "CANCELLED", "EXPIRED"];
    const deal = fc.record({
      owner: fc.constantFrom(MINE, SECOND, THEIRS),
      provider: fc.integer({ min: 1, max: 3 }),
      state: fc.constantFrom(...states),
      bytes: fc.integer({ min: 1, max: 99 }),
      paid: fc.integer({ min: 0, max: 50 }),
    });
    const change = fc.record({
      deal: fc.integer({ min: 1000, max: 1010 }),
      state: fc.constantFrom(...states),
      paid: fc.nat({ max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(deal, { maxLength: 10 }),
        fc.array(change, { maxLength: 6 }),
        async (deals, changes) => {
          await database.pool.query("truncate catalog.deals, catalog.owner_figures, catalog.deal_figures");
          await insertDeals(deals);
          for (const { deal, state, paid } of changes)
            await database.pool.query("update catalog.deals set state = $2, paid = paid + $3 where deal >= $1", [
              hash(deal),
              state,
              paid,
            ]);
          const { rows } = await database.pool.query(
            `select state, provider, raw_length::int as bytes, paid::int as paid, (escrow - paid - refunded)::int as locked from catalog.deals where owner <> $1`,
            [THEIRS],
          );
          const sum = (of: (row: (typeof rows)[number]) => number) =>
            BigInt(rows.reduce((all, row) => all + of(row), 0));
          const active = rows.filter(({ state }) => state === "ACTIVE");
          expect(await ask()).toMatchObject({
            copiesBytes: BigInt(active.reduce((all, { bytes }) => all + bytes, 0)),
            paid: sum(({ paid }) => paid),
            locked: sum(({ locked }) => locked),
            providers: new Set(active.map(({ provider }) => provider)).size,
            deals: Object.fromEntries(states.map((state) => [state, rows.filter((row) => row.state === state).length])),
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("count deals that end within days, the last second included, and within any range, half-open", async () => {
    await insertDeals([
      ...[
        NOW,
        NOW + 1,
        NOW + 7 * DAY,
        NOW + 7 * DAY + 1,
        NOW + 30 * DAY,
        NOW + 365 * DAY,
        NOW + 365 * DAY + 1,
        null,
      ].map((ends) => ({ ends })),
      { ends: NOW + 5, state: "COMPLETED" },
      { ends: NOW + 5, owner: THEIRS },
    ]);
    expect((await ask({ from: NOW + 7 * DAY, before: NOW + 30 * DAY })).expiring).toEqual({
      ...{ days7: 2, days30: 4, days365: 5 },
      range: 2,
    });
    expect((await ask()).expiring.range).toBe(undefined);
  });

  it("have as deposit what the statement of each wallet comes to", async () => {
    const enter = (wallet: Address, block: number, balance: number) =>
      database.pool.query(
        `insert into catalog.entries (wallet, block, log_index, at, kind, deposit, escrow, reserve, balance, transaction)
         values ($1, $2, 0, 1, 'deposit', 0, 0, 0, $3, '0x')`,
        [wallet, block, balance],
      );
    for (const [wallet, block, balance] of [
      [MINE, 1, 5],
      [MINE, 3, 70],
      [MINE, 2, 6],
      [SECOND, 9, 800],
      [THEIRS, 9, 9000],
    ] as const)
      await enter(wallet, block, balance);
    expect((await ask()).deposit).toBe(870n);
  });
});

describe("the history of figures", () => {
  const write = (at: number, files: number, account = "local") =>
    writeFigures(database.pool, { account, at, figures: { files: String(files) } });
  const read = (step: "hour" | "day", from = 0, before = 2 * NOW) =>
    readHistory(database.pool, { account: "local", figure: "files", step, from, before });
  const start = NOW - (NOW % DAY);

  it("has one row for each hour and day, with the last of what gateways wrote in whatever order", async () => {
    await write(start + 10, 1);
    await write(start + 700, 3);
    await write(start + 600, 2);
    await write(start + 3600, 5);
    await write(start + DAY, 6);
    await write(start + 20, 99, "other");
    expect(await read("hour")).toEqual([
      { at: start, value: "3" },
      { at: start + 3600, value: "5" },
      { at: start + DAY, value: "6" },
    ]);
    expect(await read("day")).toEqual([
      { at: start, value: "5" },
      { at: start + DAY, value: "6" },
    ]);
    expect(await read("day", start + 1, start + DAY)).toEqual([]);
  });

  it("is due for accounts that have something, once in a while", async () => {
    await insertPackage(1, {});
    const due = (now: number) => accountsToWrite(database.pool, { now, every: 600, limit: 10 });
    expect(await due(start)).toEqual(["local"]);
    await write(start, 1);
    expect(await due(start + 599)).toEqual([]);
    expect(await due(start + 601)).toEqual(["local"]);
    await write(start + 3500, 1);
    expect(await due(start + 3600)).toEqual(["local"]);
  });

  it("is kept by the hour for days, and by the day for years", async () => {
    await write(start, 1);
    await write(start + 8 * DAY + 3600, 2);
    await forgetFigures(database.pool, start + 8 * DAY + 3600);
    expect((await read("hour")).map(({ value }) => value)).toEqual(["2"]);
    expect((await read("day")).map(({ value }) => value)).toEqual(["1", "2"]);
    await forgetFigures(database.pool, start + 3661 * DAY);
    expect((await read("day")).map(({ value }) => value)).toEqual(["2"]);
  });
});
