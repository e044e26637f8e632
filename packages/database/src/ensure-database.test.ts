import { randomBytes } from "node:crypto";
import pg from "pg";
import { describe, expect, inject, it } from "vitest";
import { ensureDatabase } from "./ensure-database.ts";
import { openDatabase } from "./open-database.ts";

const newName = () => `ensured_${randomBytes(6).toString("hex")}`;

async function query(config: pg.PoolConfig, sql: string): Promise<unknown[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("ensureDatabase", () => {
  it("makes a database that its role owns and other roles cannot enter; several at once agree", async () => {
    const admin = inject("cairnPostgres");
    const [name, role, stranger] = [newName(), newName(), newName()];
    const configs = await Promise.all([1, 2, 3].map(() => ensureDatabase(admin, name, role)));
    expect(new Set(configs.map((config) => JSON.stringify(config))).size).toBe(1);
    const config = configs[0] as pg.PoolConfig;
    await query(config, "CREATE TABLE mine (n int)");
    expect(await query(config, "SELECT current_user AS who, current_database() AS place")).toEqual([
      { who: role, place: name },
    ]);
    const other = await ensureDatabase(admin, stranger, stranger);
    await expect(openDatabase({ ...other, database: name })).rejects.toMatchObject({ code: "database-login-refused" });
    for (const database of [name, stranger]) await query(admin, `DROP DATABASE ${database}`);
    for (const dropped of [role, stranger]) await query(admin, `DROP ROLE ${dropped}`);
  });

  it("works for an administrator that is no superuser, and says what it lacks to one that may not", async () => {
    const admin = inject("cairnPostgres");
    const [maker, nobody, name, role] = [newName(), newName(), newName(), newName()];
    await query(admin, `CREATE ROLE ${maker} LOGIN CREATEDB CREATEROLE PASSWORD 'maker'`);
    await query(admin, `CREATE ROLE ${nobody} LOGIN PASSWORD 'nobody'`);
    const config = await ensureDatabase({ ...admin, user: maker, password: "maker" }, name, role);
    expect(await query(config, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await expect(
      ensureDatabase({ ...admin, user: nobody, password: "nobody" }, newName(), newName()),
    ).rejects.toMatchObject({
      code: "database-not-created",
      next: expect.stringContaining("CREATEDB"),
    });
    await query(admin, `DROP DATABASE ${name}`);
    for (const dropped of [role, maker, nobody]) await query(admin, `DROP ROLE ${dropped}`);
  });

  it("refuses names that would need quoting", async () => {
    for (const name of ["", "Upper", "a b", 'x"; DROP', "1st", "x".repeat(64)]) {
      await expect(ensureDatabase(inject("cairnPostgres"), name, "role")).rejects.toMatchObject({
        code: "bad-database-name",
      });
    }
  });
});
