import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address } from "@cairn/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  catalogMigrations,
  DEAL_SORTS,
  type DealPageRequest,
  ensureAccount,
  listProviderRows,
  pageDeals,
  pageEntries,
  pageJobs,
} from "./index.ts";

const MINE: Address = `0x${"b".repeat(40)}`;
const THEIRS: Address = `0x${"c".repeat(40)}`;
const hash = (n: number) => `0x${n.toString(16).padStart(64, "0")}` as const;
const provider = (n: number) => `0x${n.toString(16).padStart(40, "0")}` as const;
const packageId = (n: number) => n.toString(16).padStart(32, "0");
const STATES = ["PROPOSED", "ACTIVE", "COMPLETED", "FAILED"] as const;

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  await ensureAccount(database.pool, "local");
  await ensureAccount(database.pool, "other");
});
afterEach(() => database.drop());

async function insertPackage(n: number, account: string, owner: Address): Promise<void> {
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, document_hash, placement)
     values ($1, $2, $3, decode($4, 'hex'), 'label', 'STORED', 2, 4, 'none', 'private', 30, $5, $6, $7)`,
    [packageId(n), account, owner, hash(n).slice(2), hash(9), hash(n), { countries: ["NL"] }],
  );
  await database.pool.query("insert into catalog.pieces (package, number, length, comm_p) values ($1, 0, 5000, $2)", [
    packageId(n),
    hash(77),
  ]);
}

interface Seeded {
  owner: Address;
  package: number;
  provider: number;
  state: (typeof STATES)[number];
  price: number;
  bytes: number;
  paid: number;
  ends: number | null;
}

async function insertDeals(deals: readonly Seeded[], from = 1): Promise<void> {
  await database.pool.query(
    `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
       verifier_set, escrow, paid, deadline, state, proposed_at, proposed_block, ends_at)
     select deal, document, owner, provider, 0, shard, $1, bytes, price, 10, 1, $1, 100, paid, 0, state, shard / 3, 1, ends
     from jsonb_to_recordset($2) as d (deal text, document text, owner text, provider text, shard integer, bytes bigint, price numeric,
       paid numeric, state text, ends bigint)`,
    [
      hash(8),
      JSON.stringify(
        deals.map((deal, index) => ({
          ...deal,
          deal: hash(from + index),
          document: hash(deal.package),
          provider: provider(deal.provider),
          shard: index,
        })),
      ),
    ],
  );
}

const seeded = fc.record<Seeded>({
  owner: fc.constantFrom(MINE, MINE, THEIRS),
  package: fc.constantFrom(1, 2),
  provider: fc.integer({ min: 1, max: 4 }),
  state: fc.constantFrom(...STATES),
  price: fc.integer({ min: 0, max: 3 }),
  bytes: fc.integer({ min: 1, max: 3 }),
  paid: fc.integer({ min: 0, max: 3 }),
  ends: fc.option(fc.integer({ min: 1, max: 5 })),
});

async function allOf(request: DealPageRequest): Promise<string[]> {
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await pageDeals(database.pool, { ...request, ...(after === undefined ? {} : { after }) });
    seen.push(...page.rows.map(({ deal }) => deal));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return seen;
}

describe("pageDeals", () => {
  it("walks each order in pages of any size: every deal of the owner once, and nobody else's", async () => {
    await insertPackage(1, "local", MINE);
    await insertPackage(2, "other", THEIRS);
    await fc.assert(
      fc.asyncProperty(fc.array(seeded, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), async (deals, limit) => {
        await database.pool.query("truncate catalog.deals");
        await insertDeals(deals);
        const mine = deals.flatMap(({ owner }, index) => (owner === MINE ? [hash(1 + index)] : []));
        for (const sort of DEAL_SORTS) {
          const request = { owners: [MINE], account: "local", sort };
          const up = await allOf({ ...request, order: "asc", limit });
          expect(up.toSorted()).toEqual(mine);
          expect(await allOf({ ...request, order: "asc" })).toEqual(up);
          expect(await allOf({ ...request, order: "desc", limit })).toEqual(up.toReversed());
        }
        const active = await allOf({ owners: [MINE], account: "local", states: ["ACTIVE"], limit });
        expect(active).toHaveLength(deals.filter(({ owner, state }) => owner === MINE && state === "ACTIVE").length);
        const ending = await allOf({ owners: [MINE], account: "local", endsFrom: 2, endsBefore: 4, limit });
        expect(ending).toHaveLength(
          deals.filter(({ owner, ends }) => owner === MINE && (ends === 2 || ends === 3)).length,
        );
      }),
      { numRuns: 25 },
    );
  });

  it("finds the deals of several packages, and none of a package that is another account's", async () => {
    await insertPackage(1, "local", MINE);
    await insertPackage(2, "local", MINE);
    await insertPackage(3, "local", MINE);
    await insertPackage(4, "other", MINE);
    const deal = { owner: MINE, provider: 1, state: "ACTIVE", price: 1, bytes: 2, paid: 3, ends: 4 } as const;
    await insertDeals([1, 2, 3, 4].map((one) => ({ ...deal, package: one })));
    const of = (...packages: number[]) =>
      allOf({ owners: [MINE], account: "local", order: "asc", packages: packages.map(packageId) });
    expect(await of(1, 3, 4)).toEqual([hash(1), hash(3)]);
    expect(await of()).toEqual([]);
  });

  it("says what package, piece and provider say of a deal, but not what another account knows of its package", async () => {
    await insertPackage(1, "local", MINE);
    await insertPackage(2, "other", MINE);
    const deal = {
      owner: MINE,
      package: 1,
      provider: 1,
      state: "ACTIVE",
      price: 1,
      bytes: 2,
      paid: 3,
      ends: 4,
    } as const;
    await insertDeals([deal, { ...deal, package: 2 }]);
    const { rows } = await pageDeals(database.pool, {
      owners: [MINE],
      account: "local",
      sort: "proposed",
      order: "asc",
    });
    expect(rows).toMatchObject([
      {
        package: packageId(1),
        label: Buffer.from("label"),
        pieceLength: 5000,
        commP: hash(77),
        k: 2,
        n: 4,
        days: 30,
        placement: { countries: ["NL"] },
        endsAt: 4,
        lastProved: null,
      },
      { package: null, label: null, pieceLength: null, commP: null },
    ]);
  });

  it("refuses a cursor that is none", async () => {
    for (const after of ["", "~", "x~1", `${"9".repeat(78)}~1`, `${2n ** 63n}~1`, "1~\0", "1;drop~1"]) {
      await expect(pageDeals(database.pool, { owners: [MINE], account: "local", after })).rejects.toMatchObject({
        code: "bad-cursor",
      });
    }
  });
});

describe("cursors", () => {
  it("of anything are walked on from or refused, whatever the list is sorted by", async () => {
    const number = fc.oneof(
      fc.bigInt({ min: -(10n ** 80n), max: 10n ** 80n }),
      fc.constantFrom(2n ** 63n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 53n, -(2n ** 53n)),
    );
    const cursor = fc.oneof(
      fc.tuple(number.map(String), fc.string({ unit: "binary" })).map((parts) => parts.join("~")),
      fc.string({ unit: "binary" }),
      fc.constantFrom("a\0~b", "1~\0", "1~a\ud800"),
    );
    const pages: ((after: string) => Promise<unknown>)[] = [
      ...DEAL_SORTS.map(
        (sort) => (after: string) => pageDeals(database.pool, { owners: [], account: "local", sort, after }),
      ),
      (after) => pageEntries(database.pool, { wallets: [], after }),
      (after) => pageJobs(database.pool, { account: "local", after }),
    ];
    await fc.assert(
      fc.asyncProperty(cursor, async (after) => {
        for (const page of pages) {
          await page(after).catch((error: unknown) => expect(error).toMatchObject({ code: "bad-cursor" }));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("deal figures", () => {
  it("come to what all deals of a provider do, whatever is written to them", async () => {
    const change = fc.record({
      deal: fc.integer({ min: 1, max: 12 }),
      state: fc.constantFrom(...STATES),
      paid: fc.integer({ min: 0, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(seeded, { maxLength: 12 }),
        fc.array(change, { maxLength: 12 }),
        async (deals, changes) => {
          await database.pool.query("truncate catalog.deals; truncate catalog.deal_figures");
          await insertDeals(deals);
          for (const { deal, state, paid } of changes) {
            await database.pool.query("update catalog.deals set state = $2, paid = paid + $3 where deal >= $1", [
              hash(deal),
              state,
              paid,
            ]);
          }
          const counted = await database.pool.query(
            `select provider, state, count(*)::int as deals, sum(raw_length)::text as bytes, sum(paid)::text as paid
           from catalog.deals group by provider, state order by 1, 2`,
          );
          const kept = await database.pool.query(
            `select provider, state, deals::int, bytes::text, paid::text from catalog.deal_figures where deals <> 0 order by 1, 2`,
          );
          expect(kept.rows).toEqual(counted.rows);
        },
      ),
      { numRuns: 25 },
    );
    expect(await listProviderRows(database.pool, [])).toEqual([]);
  });
});
