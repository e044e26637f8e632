import { createServer } from "node:net";
import { afterEach, describe, expect, inject, it } from "vitest";
import { describeTarget, openDatabase } from "./open-database.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

describe("openDatabase", () => {
  let database: TestDatabase | undefined;
  afterEach(() => database?.drop());

  it("gives a pool, from a configuration or a URL", async () => {
    database = await testDatabase();
    const open = await openDatabase(database.config);
    await open.pool.query("CREATE TABLE things (n int)");
    expect((await open.pool.query("insert into things values (5) returning n")).rows).toEqual([{ n: 5 }]);
    await open.close();
    await open.close();
    const { user, password, host, database: name } = database.config;
    const url = `postgres://${user}:${String(password)}@/${name}?host=${encodeURIComponent(String(host))}`;
    const byUrl = await openDatabase(url);
    await byUrl.close();
  });

  it("names the fault, and what to do, without the password", async () => {
    const server = inject("cairnPostgres");
    const cases: [Parameters<typeof openDatabase>[0], string][] = [
      [{ ...server, database: "no_such_database" }, "database-missing"],
      [{ ...server, user: "no_such_user" }, "database-login-refused"],
      [{ ...server, host: "/nowhere" }, "database-unreachable"],
      ["postgres://user:hunter2secret@127.0.0.1:1/x", "database-unreachable"],
      ["postgres://user:hunter2secret#@127.0.0.1:1/x", "bad-database-url"],
      ["postgres://user:hunter2secret@no.such.host.invalid/x", "database-unreachable"],
      ["this is not a URL hunter2secret", "database-unreachable"],
    ];
    for (const [target, code] of cases) {
      const error = await openDatabase(target).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(target)).toMatchObject({ code, next: expect.any(String) });
      expect(JSON.stringify(error)).not.toContain("hunter2secret");
    }
  });

  it("does not wait for ever for a server that does not speak", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const target = { host: "127.0.0.1", port, connectionTimeoutMillis: 300 };
    await expect(openDatabase(target)).rejects.toMatchObject({ code: "database-unreachable" });
    silent.close();
  });

  it("outlives a cut idle connection", async () => {
    database = await testDatabase();
    const faults: Error[] = [];
    const open = await openDatabase(database.config, { onIdleError: (error) => faults.push(error) });
    const { rows } = await open.pool.query("SELECT pg_backend_pid() AS pid");
    await database.pool.query("SELECT pg_terminate_backend($1)", [rows[0].pid]);
    await expect.poll(() => faults.length).toBe(1);
    expect((await open.pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await open.close();
  });

  it("describes where it points, never with what secret", () => {
    expect(describeTarget("postgres://u:p@db.example:6000/cairn")).toBe("db.example:6000/cairn");
    expect(describeTarget({ host: "/run/x", database: "cairn", password: "p" })).toBe("/run/x:5432/cairn");
  });
});
