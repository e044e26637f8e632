import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { migrate } from "./migrate.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

const FIRST = { name: "0001-things", sql: "CREATE TABLE things (n int); INSERT INTO things VALUES (1)" };
const SECOND = { name: "0002-more", sql: "ALTER TABLE things ADD COLUMN word text; SELECT pg_sleep(0.1)" };

let database: TestDatabase;
afterEach(() => database.drop());

describe("migrate", () => {
  it("applies what is new, in order, once", async () => {
    database = await testDatabase();
    expect(await migrate(database.pool, "test", [FIRST])).toEqual([FIRST.name]);
    expect(await migrate(database.pool, "test", [FIRST, SECOND])).toEqual([SECOND.name]);
    expect(await migrate(database.pool, "test", [FIRST, SECOND])).toEqual([]);
    expect((await database.pool.query("SELECT count(*)::int AS n FROM things")).rows).toEqual([{ n: 1 }]);
  });

  it("keeps namespaces apart", async () => {
    database = await testDatabase();
    await migrate(database.pool, "one", [FIRST]);
    expect(
      await migrate(database.pool, "two", [{ name: FIRST.name, sql: "CREATE TABLE others (n int)" }]),
    ).toHaveLength(1);
  });

  it("finds what it wrote down again after a migration has made a schema of the role's name", async () => {
    database = await testDatabase();
    const { user } = (await database.pool.query("SELECT current_user AS user")).rows[0];
    const migration = { name: "0001-schema", sql: `CREATE SCHEMA ${user}` };
    expect(await migrate(database.pool, "test", [migration])).toEqual([migration.name]);
    expect(await migrate(database.pool, "test", [migration])).toEqual([]);
  });

  it("runs each once when several processes start together", async () => {
    database = await testDatabase();
    const pools = Array.from({ length: 6 }, () => new pg.Pool(database.config));
    const applied = await Promise.all(pools.map((pool) => migrate(pool, "test", [FIRST, SECOND])));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(applied.flat()).toEqual([FIRST.name, SECOND.name]);
  });

  it("refuses a text that changed, an order that changed, and a database from a newer version", async () => {
    database = await testDatabase();
    await migrate(database.pool, "test", [FIRST, SECOND]);
    for (const migrations of [[{ ...FIRST, sql: `${FIRST.sql} ` }, SECOND], [SECOND, FIRST], [FIRST]]) {
      await expect(migrate(database.pool, "test", migrations)).rejects.toMatchObject({
        code: "database-schema-differs",
      });
    }
    expect(await migrate(database.pool, "test", [FIRST, SECOND])).toEqual([]);
  });

  it("leaves nothing of a migration that fails, and can be run again", async () => {
    database = await testDatabase();
    const broken = { name: SECOND.name, sql: "CREATE TABLE half (n int); SELECT no_such_function()" };
    await expect(migrate(database.pool, "test", [FIRST, broken])).rejects.toMatchObject({
      code: "migration-failed",
      details: { migration: SECOND.name },
    });
    expect((await database.pool.query("SELECT to_regclass('half') AS half")).rows).toEqual([{ half: null }]);
    expect(await migrate(database.pool, "test", [FIRST, SECOND])).toEqual([SECOND.name]);
  });
});
