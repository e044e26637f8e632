import { testDatabase } from "@cairn/database/testing";
import { expect, it } from "vitest";
import { ensureAccount } from "./accounts.ts";
import { forgetAsks, listAsks, recordAsks } from "./asks.ts";
import { listEvents, recordEvents } from "./events.ts";
import { catalogMigrations } from "./migrations.ts";

/** Words of a provider, and what is kept of them. */
const WORDS = [
  ["plain", "plain"],
  ["a\u0000b", "a\ufffdb"],
  ["x\ud800y", "x\ufffdy"],
  [`${"z".repeat(499)}\u{1F600}tail`, "z".repeat(499)],
] as const;

it("asks and events take any words of a provider's", async () => {
  const database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  try {
    const { pool } = database;
    await ensureAccount(pool, "a");
    const id = "1".repeat(32);
    await pool.query(
      `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
       values ($1, 'a', $2, decode($3, 'hex'), '', 'PLACING', 1, 3, 'none', 'private', 1, '0x')`,
      [id, `0x${"2".repeat(40)}`, "0".repeat(64)],
    );
    const provider = `0x${"1".repeat(40)}` as const;
    for (const [shard, [reason]] of WORDS.entries()) {
      await recordAsks(pool, id, [{ piece: 0, shard, provider, price: 1n, region: "CA", verdict: "refused", reason }]);
      const data = { said: [reason] };
      await recordEvents(pool, [{ kind: "odd", severity: "info", message: reason, next: reason, data }]);
    }
    expect((await listAsks(pool, id)).asks.map(({ reason }) => reason)).toEqual(WORDS.map(([, kept]) => kept));
    const events = (await listEvents(pool)).toReversed();
    expect(events.slice(0, 3).map(({ message, next, data }) => [message, next, data])).toEqual(
      WORDS.slice(0, 3).map(([, kept]) => [kept, kept, { said: [kept] }]),
    );
  } finally {
    await database.drop();
  }
});

it("forgets the oldest rows beyond the limit, however often others are renewed", async () => {
  const database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  try {
    const { pool } = database;
    const [victim, busy] = ["1".repeat(32), "2".repeat(32)];
    for (const id of [victim, busy]) {
      await ensureAccount(pool, id);
      await pool.query(
        `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
         values ($1, $1, $2, decode($3, 'hex'), '', 'PLACING', 1, 3, 'none', 'private', 1, '0x')`,
        [id, `0x${"2".repeat(40)}`, id + id],
      );
    }
    const ask = (shard: number) => ({
      ...{ piece: 0, shard, provider: `0x${"1".repeat(40)}` as const, price: 1n, region: "CA" },
      ...{ verdict: "passed-over" as const, reason: "x" },
    });
    const countOf = async (id: string) => (await listAsks(pool, id)).asks.length;
    await recordAsks(pool, victim, [0, 1, 2, 3, 4].map(ask));
    for (let i = 0; i < 50; i++) await recordAsks(pool, busy, [0, 1, 2].map(ask));
    await forgetAsks(pool, 1e9, 10);
    expect([await countOf(victim), await countOf(busy)]).toEqual([5, 3]);
    await forgetAsks(pool, 1e9, 6);
    expect([await countOf(victim), await countOf(busy)]).toEqual([3, 3]);
    await pool.query("update catalog.asks set at = now() - interval '1 hour' where package = $1", [busy]);
    await forgetAsks(pool, 60, 6);
    expect([await countOf(victim), await countOf(busy)]).toEqual([3, 0]);
  } finally {
    await database.drop();
  }
});
