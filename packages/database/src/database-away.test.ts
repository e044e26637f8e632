import { CairnError } from "@cairn/protocol";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { databaseAway } from "./database-away.ts";
import { testDatabase } from "./testing.ts";

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a failed query", () => {
  it("tells a server that is away from a query that is wrong", async () => {
    const pool = new pg.Pool({ host: "/nowhere/at/all", port: 5432, database: "x", user: "x" });
    const socket = await failureOf(pool.query("select 1"));
    await pool.end();
    expect(databaseAway(socket)).toMatchObject({ code: "database-unreachable", kind: "unavailable" });
    const refused = new pg.Pool({ host: "127.0.0.1", port: 1, database: "x", user: "x" });
    expect(databaseAway(await failureOf(refused.query("select 1")))).toMatchObject({ code: "database-unreachable" });
    await refused.end();
    expect(databaseAway(new CairnError("no", { code: "full", kind: "exhausted" }))).toBeUndefined();
    expect(databaseAway(Object.assign(new Error("no such file"), { code: "ENOENT", syscall: "open" }))).toBeUndefined();
    expect(databaseAway("text")).toBeUndefined();
  });

  it("knows a connection that the server cut, and a wrong query from that", async () => {
    const { pool, drop } = await testDatabase();
    pool.on("error", () => undefined);
    expect(databaseAway(await failureOf(pool.query("select nonsense")))).toBeUndefined();
    const failure = failureOf(pool.query("select pg_sleep(30)"));
    const end = "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(30)'";
    while ((await pool.query(end)).rowCount === 0);
    expect(databaseAway(await failure)).toMatchObject({ code: "database-unreachable" });
    await drop();
  });
});
