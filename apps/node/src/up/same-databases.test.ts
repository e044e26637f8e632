import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { type Home, homeAt } from "../home/home.ts";
import { openDatabases } from "./open-databases.ts";

const tag = randomBytes(5).toString("hex");
const [first, moved, empty] = [`first_${tag}`, `moved_${tag}`, `empty_${tag}`];
const all = [first, moved, empty].flatMap((name) => [name, `${name}_chain`]);

let homes: Home[];
const newHome = () => {
  const home = homeAt(mkdtempSync(join(tmpdir(), "cairn-same-")));
  homes.push(home);
  return home;
};

async function asAdmin(...statements: string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client(inject("cairnPostgres"));
  await client.connect();
  const results: pg.QueryResult[] = [];
  for (const sql of statements) results.push(await client.query(sql));
  await client.end();
  return results;
}

const start = (home: Home, name: string, runsChain = true) => {
  const { host, user = "postgres", password = "" } = inject("cairnPostgres") as pg.PoolConfig;
  const secret = encodeURIComponent(String(password));
  vi.stubEnv("DATABASE_URL", `postgres://${user}:${secret}@/${name}?host=${encodeURIComponent(String(host))}`);
  return openDatabases({} as never, home, runsChain);
};

beforeEach(async () => {
  homes = [];
  await asAdmin(...[first, empty].map((name) => `CREATE DATABASE ${name}`));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const { directory } of homes) rmSync(directory, { recursive: true, force: true });
  await asAdmin(...all.map((name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
});

it("a home is started with the database that it was used with, wherever that has been moved, and with no other", async () => {
  const home = newHome();
  await start(home, first);
  await start(home, first);
  await expect(start(home, empty)).rejects.toMatchObject({
    code: "database-differs",
    message: expect.stringContaining("has nothing of it"),
    next: expect.stringContaining("DATABASE_URL"),
  });
  // Nothing was written there, and no database made beside it.
  const [beside] = await asAdmin(`SELECT 1 FROM pg_database WHERE datname = '${empty}_chain'`);
  expect(beside?.rowCount).toBe(0);
  await start(newHome(), empty);
  await expect(start(home, empty)).rejects.toMatchObject({
    code: "database-differs",
    message: expect.stringContaining("belongs to another home"),
  });
  await asAdmin(`CREATE DATABASE ${moved} TEMPLATE ${first}`, `CREATE DATABASE ${moved}_chain TEMPLATE ${first}_chain`);
  await start(home, moved);
});

it("a chain's database that is missing beside the right catalogue is not begun anew", async () => {
  const home = newHome();
  await start(home, first);
  await asAdmin(`DROP DATABASE ${first}_chain WITH (FORCE)`);
  await expect(start(home, first)).rejects.toMatchObject({
    code: "database-differs",
    message: expect.stringContaining(`${first}_chain`),
  });
});

it("a home whose own database is gone is not begun anew in its place", async () => {
  const home = newHome();
  vi.stubEnv("DATABASE_URL", "");
  writeFileSync(home.databasesFile, JSON.stringify({ gateway: "an id", chain: "another" }));
  await expect(openDatabases({} as never, home, true)).rejects.toMatchObject({
    code: "database-differs",
    message: expect.stringContaining("is gone"),
    next: expect.stringContaining("mounted"),
  });
  expect(existsSync(home.postgres)).toBe(false);
});

it("several homes may share one database, and a home without a chain has none of its own", async () => {
  const [one, other] = [newHome(), newHome()];
  await start(one, first, false);
  await start(other, first, false);
  await start(one, first, false);
  expect(existsSync(one.databasesFile)).toBe(true);
});
