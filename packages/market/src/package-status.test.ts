import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address, Hex } from "@cairn/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Context } from "./context.ts";
import { HandedBytes } from "./handed-bytes.ts";
import { findPackages, PACKAGE_SORTS } from "./package-rows.ts";
import { listPackages, packageStatus } from "./package-status.ts";
import { listRecoverable } from "./recover-packages.ts";

const PACKAGES = 2000;
/** Every fourth package is still being uploaded: its pieces stand in the spool alone. */
const UPLOADS = PACKAGES / 4;
const owner: Address = `0x${"aa".repeat(20)}`;
const idOf = (n: number) => n.toString(16).padStart(32, "0");

let database: TestDatabase;
let queries = 0;
let reading = 0;
let mostReading = 0;
let context: Context;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  const { pool } = database;
  await ensureAccount(pool, "many");
  await add(1, PACKAGES);
  await pool.query(
    `insert into catalog.pieces (package, number, length, comm_p)
     select id, piece, 500, null from catalog.packages, generate_series(0, 1) piece where state = 'DEGRADED'`,
  );
  await pool.query(
    `insert into catalog.slots (package, piece, shard, commitment, raw_length, state, cause, detail)
     select package, number, shard, 'x', 508, case when number = 1 and shard = 0 then 'QUOTED' else 'ACTIVE' end,
       case when number = 1 and shard = 0 then 'nobody took it' end, case when number = 1 and shard = 1 then '{"healing": true}' else '{}' end::jsonb
     from catalog.pieces, generate_series(0, 2) shard`,
  );
  await pool.query(
    `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods,
       duty, verifier_set, escrow, deadline, state, proposed_at, proposed_block)
     select id || shard, document_hash, owner, 'p', 0, shard, 'x', 508, 0, 100, 0, 'v', 0, 0, 'ACTIVE', 0, 1
     from catalog.packages, generate_series(0, 1) shard where document_hash is not null`,
  );
  const counting = {
    query: (...asked: Parameters<typeof pool.query>) => {
      queries++;
      return pool.query(...asked);
    },
  };
  context = {
    pool: counting,
    committing: new Map(),
    handed: new HandedBytes(),
    spool: {
      async received() {
        mostReading = Math.max(mostReading, ++reading);
        await new Promise(setImmediate);
        reading--;
        return new Map([[0, 700]]);
      },
    },
  } as unknown as Context;
});
afterAll(() => database.drop());

/** Packages `first` to `last`, many of which were begun in the same microsecond. */
async function add(first: number, last: number) {
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, created_at, document_hash)
     select lpad(to_hex(i), 32, '0'), 'many', $3, decode(lpad(to_hex(i), 64, '0'), 'hex'), '', case when i % 4 = 0 then 'RECEIVING' else 'DEGRADED' end,
       2, 3, 'none', 'private', 10, 'v', timestamptz '2026-01-01 00:00:00.123457' + (i / 7) * interval '1 microsecond',
       case when i % 4 = 0 then null else '0x' || lpad(to_hex(i), 64, '0') end
     from generate_series($1::int, $2::int) i`,
    [first, last, owner],
  );
}

async function page(limit: number, after?: string) {
  queries = 0;
  const got = await listPackages(context, { account: "many", limit, ...(after === undefined ? {} : { after }) });
  return { ...got, queries };
}

it("lists a page with as many queries as a single package, and reads few spool directories at once", async () => {
  const one = await page(1);
  const full = await page(1000);
  expect(full.packages).toHaveLength(1000);
  expect(full.queries).toBe(one.queries);
  expect(mostReading).toBe(8);
});

it("joins pages exactly, also when a package is added between two", async () => {
  const ids: string[] = [];
  let after: string | undefined;
  for (let pages = 0; ; pages++) {
    const got = await page(300, after);
    ids.push(...got.packages.map(({ id }) => id));
    if (pages === 2) await add(PACKAGES + 1, PACKAGES + 1);
    if (got.next === null) break;
    after = got.next;
  }
  expect(ids).toEqual(Array.from({ length: PACKAGES + 1 }, (_, i) => idOf(i + 1)));
});

it("joins pages of every order", async () => {
  await database.pool.query(
    "update catalog.packages set bytes = ('x' || right(id, 2))::bit(8)::int % 5, expires_at = null",
  );
  await database.pool.query("update catalog.packages set expires_at = 7, stored_at = now() where id like '%7'");
  for (const sort of PACKAGE_SORTS) {
    const walk = async (order: "asc" | "desc", limit: number) => {
      const ids: string[] = [];
      let after: string | null = null;
      do {
        const request = { account: "many", sort, order, limit, gone: true, ...(after === null ? {} : { after }) };
        const got = await findPackages(database.pool, request);
        ids.push(...got.rows.map(({ id }) => id));
        after = got.next;
      } while (after !== null);
      return ids;
    };
    const up = await walk("asc", 1000);
    expect(new Set(up).size).toBe(PACKAGES + 1);
    expect(await walk("asc", 333)).toEqual(up);
    expect(await walk("desc", 250)).toEqual(up.toReversed());
  }
  const { rows } = await findPackages(database.pool, { account: "many", states: ["RECEIVING"], sort: "bytes" });
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["RECEIVING"]));
  await database.pool.query("update catalog.packages set stored_at = null");
});

it("says of each package what its own page says", async () => {
  const { packages } = await page(4);
  const [stored, , , receiving] = packages;
  expect(stored).toMatchObject({
    pieces: 2,
    strength: { live: 1, needed: 2, full: 3 },
    progress: { stage: "repairing", done: 21, total: 24 },
    cause: "Shard 0 of piece 1: nobody took it",
  });
  expect(receiving).toMatchObject({ pieces: 1, progress: { stage: "receiving", done: 700, total: 700 } });
  expect(stored).toMatchObject({ createdAt: Date.parse("2026-01-01T00:00:00Z") / 1000, storedAt: null });
  await database.pool.query(
    "update catalog.packages set stored_at = timestamptz '2026-01-01 00:01:00.7' where id = $1",
    [idOf(1)],
  );
  const [later] = (await page(1)).packages;
  expect(later).toMatchObject({ createdAt: stored?.createdAt, storedAt: Date.parse("2026-01-01T00:01:00Z") / 1000 });
  Object.assign(stored ?? {}, { storedAt: later?.storedAt });
  for (const summary of packages) expect(await packageStatus(context, { id: summary.id })).toMatchObject(summary);
});

it("says of a live shard since when its provider has not proved it, and nothing of the others", async () => {
  const { pool } = database;
  const id = idOf(1);
  await pool.query("update catalog.slots set deal = package || shard where package = $1 and piece = 0 and shard < 2", [
    id,
  ]);
  await pool.query("update catalog.deals set silent_since = 1767225600 where deal = $1", [`${id}0`]);
  const { slots } = await packageStatus(context, { id });
  const causes = slots.filter(({ piece }) => piece === 0).map(({ cause }) => cause);
  expect(causes).toEqual([
    "Its provider has not proved it since 2026-01-01 00:00 UTC. It is asked again each period; if it stays silent, the shard is rebuilt on another provider.",
    null,
    null,
  ]);
});

it("lists what can be recovered in pages of one query each", async () => {
  const known: (string | null)[] = [];
  let after: Hex | undefined;
  do {
    queries = 0;
    const got = await listRecoverable(context, { owner, limit: 400, ...(after === undefined ? {} : { after }) });
    expect(queries).toBe(1);
    known.push(...got.packages.map((one) => one.known));
    expect(got.packages.every(({ deals }) => deals === 2)).toBe(true);
    after = got.next ?? undefined;
  } while (after !== undefined);
  expect(known).toHaveLength(PACKAGES - UPLOADS);
  expect(known[0]).toBe(idOf(1));
  expect(new Set(known).size).toBe(known.length);
});
