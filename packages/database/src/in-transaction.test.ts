import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTransaction } from "./in-transaction.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query("create table notes (text text)");
});

afterAll(() => database.drop());

const notes = async () =>
  (await database.pool.query("select text from notes order by text")).rows.map((row) => row.text);

describe("inTransaction", () => {
  it("keeps what was written when the work is done, and gives its result back", async () => {
    const result = await inTransaction(database.pool, async (client) => {
      await client.query("insert into notes values ('kept')");
      expect(await notes()).toEqual([]);
      return 7;
    });
    expect(result).toBe(7);
    expect(await notes()).toEqual(["kept"]);
  });

  it("undoes everything when the work fails, and says why", async () => {
    const failed = inTransaction(database.pool, async (client) => {
      await client.query("insert into notes values ('undone')");
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await notes()).toEqual(["kept"]);
  });

  it("throws a connection away that was cut", async () => {
    const cut = inTransaction(database.pool, (client) => client.query("select pg_terminate_backend(pg_backend_pid())"));
    await expect(cut).rejects.toThrow(/terminat/);
    expect(await notes()).toEqual(["kept"]);
  });
});
