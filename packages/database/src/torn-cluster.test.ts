import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ensureDatabase } from "./ensure-database.ts";
import { openDatabase } from "./open-database.ts";
import { socketDirectory } from "./socket-directory.ts";
import { startPostgres } from "./start-postgres.ts";

/** What a power cut, a copied home and a strange environment leave behind. */

const NAMELESS = 54_321;

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "cairn-torn-"));
  const server = await startPostgres({ directory });
  await server.stop();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

async function answers(): Promise<unknown> {
  const server = await startPostgres({ directory });
  try {
    const client = new pg.Client(server.connect("postgres"));
    await client.connect();
    const { rows } = await client.query("SELECT 6 * 7 AS answer");
    await client.end();
    return rows[0]?.answer;
  } finally {
    await server.stop();
  }
}

/** As the server would have written it. */
function write(file: string, content: string): void {
  const path = join(directory, file);
  writeFileSync(path, content, { mode: 0o600 });
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}

const RECOVERED: [string, string, string][] = [
  ["an empty process file", "cluster/data/postmaster.pid", ""],
  ["half a process file", "cluster/data/postmaster.pid", "12"],
  ["a process file of noise", "cluster/data/postmaster.pid", "\0\x01not a pid\n"],
  [
    "a process file that names a living process",
    "cluster/data/postmaster.pid",
    `${process.pid}\n/elsewhere\n1\n5432\n`,
  ],
  ["an empty lock of the socket", "cluster/socket/.s.PGSQL.5432.lock", ""],
  [
    "a lock of the socket that names a living process",
    "cluster/socket/.s.PGSQL.5432.lock",
    `${process.pid}\n/x\n1\n5432\n`,
  ],
  [
    "noise in the home's lock",
    "lock",
    "this is no database, and longer than a header of one would have to be ".repeat(9),
  ],
  ["noise in the lock's word of its holder", "lock.holder", "{"],
  ["noise in the record of the socket's place", "socket-directory", "\0\0\0"],
  ["an empty settings file of the server", "cluster/data/postgresql.conf", ""],
];

describe("a cluster starts in spite of", () => {
  it.each(RECOVERED)("%s", async (_, file, content) => {
    write(file, content);
    expect(await answers()).toBe(42);
  });
});

describe("a cluster says which of its files is damaged, and what to do:", () => {
  it.each([
    ["the password", "password", "database-password-lost", /password is damaged/],
    ["the version", "cluster/data/PG_VERSION", "database-start-failed", /PG_VERSION|not a valid data directory/],
    ["the rules of access", "cluster/data/pg_hba.conf", "database-start-failed", /pg_hba\.conf/],
    ["the control file", "cluster/data/global/pg_control", "database-start-failed", /pg_control/],
  ])("%s", async (_, file, code, message) => {
    const path = join(directory, file);
    const whole = readFileSync(path, "latin1");
    truncateSync(path);
    try {
      await expect(startPostgres({ directory })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        next: expect.stringMatching(/backup/),
      });
    } finally {
      writeFileSync(path, Buffer.from(whole, "latin1"));
    }
    expect(await answers()).toBe(42);
  });
});

describe("connections to the embedded server", () => {
  it("take nothing from the environment", async () => {
    const variables = {
      PGHOST: "no.such.host.invalid",
      PGPORT: "1",
      PGUSER: "nobody",
      PGPASSWORD: "wrong",
      PGDATABASE: "nothing",
      PGSSLMODE: "verify-full",
      PGSSLNEGOTIATION: "sideways",
      PGOPTIONS: "-c no_such_setting=1",
      PGAPPNAME: "x".repeat(10),
      PGCLIENT_ENCODING: "LATIN1",
      PGCLIENTENCODING: "LATIN1",
      PGREPLICATION: "database",
      PGBINARY: "true",
      PGCONNECT_TIMEOUT: "1",
      PGPASSFILE: "/nonexistent",
      PGSERVICE: "none",
      PGTZ: "Mars/Olympus",
      PGDATA: "/nonexistent",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const server = await startPostgres({ directory });
    try {
      const gateway = await ensureDatabase(server.connect("postgres"), "mine", "mine");
      const database = await openDatabase(JSON.parse(JSON.stringify(gateway)) as pg.PoolConfig);
      const { rows } = await database.pool.query(
        `SELECT current_user AS who, current_database() AS place, current_setting('client_encoding') AS encoding,
          current_setting('application_name') AS name, current_setting('TimeZone') AS zone`,
      );
      expect(rows).toEqual([{ who: "mine", place: "mine", encoding: "UTF8", name: "cairn", zone: "UTC" }]);
      await database.close();
    } finally {
      await server.stop();
    }
  });

  it("find a place for the socket of a long home when TMPDIR is missing, too long or closed, or say so", () => {
    const long = join(directory, "a".repeat(120));
    for (const place of ["/nonexistent", `/tmp/${"b".repeat(90)}`, "/proc"]) {
      vi.stubEnv("TMPDIR", place);
      const found = socketDirectory(long, join(directory, "long-record"), undefined);
      expect(found.inside).toBe(false);
      expect(Buffer.byteLength(join(found.path, ".s.PGSQL.5432"))).toBeLessThanOrEqual(107);
      rmSync(found.path, { recursive: true });
    }
  });
});

describe("a program of the server that fails", () => {
  it("is heard: its own words are in the error", async () => {
    await expect(startPostgres({ directory, settings: { max_connections: "none" } })).rejects.toMatchObject({
      code: "database-start-failed",
      message: expect.stringContaining('invalid value for parameter "max_connections"'),
    });
  });

  // What containers do that are started under a number.
  it.runIf(process.getuid?.() === 0)("is heard when the user ID has no name", async () => {
    const home = mkdtempSync(join(tmpdir(), "cairn-torn-"));
    chownSync(home, NAMELESS, NAMELESS);
    const starter = fileURLToPath(new URL("../test/starter.ts", import.meta.url));
    const capability = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
    const { stdout } = spawnSync(
      "setpriv",
      [`--reuid=${NAMELESS}`, `--regid=${NAMELESS}`, "--clear-groups", ...capability, process.execPath, starter, home],
      { encoding: "utf8" },
    );
    rmSync(home, { recursive: true, force: true });
    expect((JSON.parse(stdout) as { error: unknown }).error).toMatchObject({
      code: "database-init-failed",
      message: expect.stringContaining(`could not look up effective user ID ${NAMELESS}`),
      next: expect.stringContaining("/etc/passwd"),
    });
  });
});
