import { describe, expect, it } from "vitest";
import { testDatabase } from "./testing.ts";

const MIGRATIONS = [
  { namespace: "one", migrations: [{ name: "a", sql: "CREATE TABLE a (n int)" }] },
  { namespace: "two", migrations: [{ name: "b", sql: "CREATE TABLE b (n int)" }] },
];

describe("testDatabase", () => {
  it("gives databases of their own, also when many are asked for at once", async () => {
    const databases = await Promise.all(Array.from({ length: 5 }, () => testDatabase({ migrations: MIGRATIONS })));
    for (const [n, { pool }] of databases.entries()) await pool.query("INSERT INTO a VALUES ($1)", [n]);
    for (const [n, { pool }] of databases.entries()) {
      expect((await pool.query("SELECT n FROM a, (SELECT count(*) FROM b) AS none")).rows).toEqual([{ n }]);
    }
    await Promise.all(databases.map((database) => database.drop()));
    await expect(databases[0]?.pool.query("SELECT 1")).rejects.toThrow();
  });
});
