import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CairnError } from "@cairn/protocol/errors";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import { serverProcesses } from "./orphans.ts";
import { startPostgres } from "./start-postgres.ts";

const scratch: string[] = [];
function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "cairn-postgres-"));
  scratch.push(directory);
  return directory;
}
afterAll(() => {
  for (const directory of scratch) rmSync(directory, { recursive: true, force: true });
});

const here = dirname(fileURLToPath(import.meta.url));
const starter = join(here, "../test/starter.ts");

/** Another process that starts a server on `directory` and says what became of it. */
function startElsewhere(directory: string, how: { command?: string[]; uid?: number } = {}): ChildProcess {
  const [program = process.execPath, ...before] = [...(how.command ?? []), process.execPath];
  return spawn(program, [...before, "--disable-warning=ExperimentalWarning", starter, directory], {
    stdio: ["pipe", "pipe", "inherit"],
    ...(how.uid === undefined ? {} : { uid: how.uid, gid: how.uid }),
  });
}

async function firstLine(child: ChildProcess): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes("\n")) return JSON.parse(text.slice(0, text.indexOf("\n"))) as Record<string, unknown>;
  }
  throw new Error(`ended without a word: ${text}`);
}

async function until(met: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!met()) {
    if (performance.now() > end) throw new Error("it did not come to pass in time");
    await sleep(20);
  }
}

const dataOf = (directory: string) => join(realpathSync(directory), "cluster/data");

describe("the embedded server", () => {
  it("starts in a directory closed to others, authenticates, stops, and starts again with its data", async () => {
    const directory = newDirectory();
    const first = await startPostgres({ directory });
    const admin = await openDatabase(first.connect("postgres"));
    await admin.pool.query("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
    const { rows } = await admin.pool.query("SHOW fsync");
    expect(rows).toEqual([{ fsync: "on" }]);
    await admin.close();
    for (const password of ["wrong", ""]) {
      await expect(openDatabase({ ...first.connect("postgres"), password })).rejects.toMatchObject({
        code: "database-login-refused",
      });
    }
    await first.stop();
    await first.stop();
    expect(await first.exited).toMatchObject({ code: 0, asked: true });
    const second = await startPostgres({ directory });
    const again = await openDatabase(second.connect("postgres"));
    expect((await again.pool.query("SELECT n FROM kept")).rows).toEqual([{ n: 7 }]);
    await again.close();
    await second.stop();
    expect(serverProcesses(dataOf(directory))).toEqual([]);
  });

  it("keeps its socket and files from other accounts", async () => {
    const directory = newDirectory();
    const server = await startPostgres({ directory });
    try {
      const { host } = server.connect("postgres");
      expect(statSync(String(host)).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, "cluster")).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, "password")).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dataOf(directory), "pg_hba.conf"), "utf8")).not.toMatch(/^[^#\n]*\btrust\b/m);
    } finally {
      await server.stop();
    }
  });

  it("takes a directory whose path is too long for a socket", async () => {
    const directory = join(newDirectory(), "d".repeat(60), "e".repeat(60));
    for (const round of [1, 2]) {
      const server = await startPostgres({ directory });
      const config = server.connect("postgres");
      scratch.push(String(config.host));
      expect(String(config.host).length, `round ${round}`).toBeLessThan(90);
      const open = await openDatabase(config);
      await open.close();
      await server.stop();
    }
    expect(new Set(scratch.filter((path) => /cairn-[^/]{6}$/.test(path))).size).toBe(1);
  });

  it("refuses a second start on the same directory, in this process and in another", async () => {
    const directory = newDirectory();
    const server = await startPostgres({ directory });
    const refusal = await startPostgres({ directory }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CairnError);
    expect(refusal).toMatchObject({ code: "database-in-use", details: { pid: process.pid } });
    expect(await firstLine(startElsewhere(directory))).toMatchObject({ error: { code: "database-in-use" } });
    const open = await openDatabase(server.connect("postgres"));
    await open.close();
    await server.stop();
  });

  it("lets exactly one of two processes that start together have a new directory", async () => {
    const directory = newDirectory();
    const children = [startElsewhere(directory), startElsewhere(directory)];
    const answers = await Promise.all(children.map(firstLine));
    expect(answers.filter((answer) => typeof answer.pid === "number")).toHaveLength(1);
    expect(answers.find((answer) => "error" in answer)).toMatchObject({ error: { code: "database-in-use" } });
    for (const child of children) child.stdin?.end();
    await until(() => children.every((child) => child.exitCode !== null));
  });

  it("ends by itself when its supervisor is killed, and the directory can be used at once", async () => {
    const directory = newDirectory();
    const child = startElsewhere(directory);
    await firstLine(child);
    child.kill("SIGKILL");
    await once(child, "exit");
    const next = await startPostgres({ directory });
    expect(serverProcesses(dataOf(directory))).toContain(next.pid);
    await next.stop();

    const alone = startElsewhere(directory);
    await firstLine(alone);
    alone.kill("SIGKILL");
    await until(() => serverProcesses(dataOf(directory)).length === 0);
  });

  it("recovers when the recorded process id belongs to another program by now", async () => {
    const directory = newDirectory();
    const server = await startPostgres({ directory });
    process.kill(server.pid, "SIGKILL");
    expect(await server.exited).toMatchObject({ signal: "SIGKILL", asked: false });
    const file = join(dataOf(directory), "postmaster.pid");
    const sleeper = spawn("sleep", ["60"], statSync(file).uid === 0 ? {} : { uid: statSync(file).uid });
    writeFileSync(file, readFileSync(file, "utf8").replace(/^\d+/, String(sleeper.pid)));
    const next = await startPostgres({ directory });
    await next.stop();
    expect(sleeper.exitCode).toBeNull();
    sleeper.kill();
  });

  it("loses no acknowledged row over 24 kills of the server", async () => {
    const directory = newDirectory();
    let acknowledged = 0;
    for (let round = 0; round < 24; round++) {
      const server = await startPostgres({ directory });
      const client = new pg.Client(server.connect("postgres"));
      client.on("error", () => undefined);
      await client.connect();
      if (round === 0) {
        await client.query("CREATE TABLE acknowledged (n int PRIMARY KEY, filler text)");
        await client.query("CREATE TABLE balance (id int PRIMARY KEY, amount bigint)");
        await client.query("INSERT INTO balance SELECT g, 1000 FROM generate_series(1, 20) g");
      }
      const { rows } = await client.query(
        "SELECT count(*)::int AS count, coalesce(max(n), 0) AS last, (SELECT sum(amount) FROM balance) AS total FROM acknowledged",
      );
      // The commit under way when the server died may stand or not; everything acknowledged must.
      expect(rows[0].last).toBeGreaterThanOrEqual(acknowledged);
      expect(rows[0].last).toBeLessThanOrEqual(acknowledged + 1);
      expect(rows[0].count).toBe(rows[0].last);
      expect(rows[0].total).toBe("20000");
      acknowledged = rows[0].last as number;
      const killAt = performance.now() + 20 + Math.random() * 150;
      const killer = sleep(killAt - performance.now()).then(() => process.kill(server.pid, "SIGKILL"));
      for (;;) {
        const n = acknowledged + 1;
        const done = await client
          .query(
            `BEGIN; INSERT INTO acknowledged VALUES (${n}, repeat('x', ${n % 700}));
             UPDATE balance SET amount = amount - 1 WHERE id = ${1 + (n % 20)};
             UPDATE balance SET amount = amount + 1 WHERE id = ${1 + ((n * 7) % 20)}; COMMIT`,
          )
          .then(
            () => true,
            () => false,
          );
        if (!done) break;
        acknowledged = n;
      }
      await killer;
      await client.end().catch(() => undefined);
      expect(await server.exited).toMatchObject({ asked: false });
    }
    expect(acknowledged).toBeGreaterThan(100);
  }, 120_000);

  it("runs for an ordinary account", async () => {
    const directory = newDirectory();
    const isRoot = process.getuid?.() === 0;
    const uid = 65_534;
    if (isRoot) chownSync(directory, uid, uid);
    // A checkout behind a closed directory cannot be read by another account, except with this one capability.
    const readable = spawnSync("test", ["-r", starter], isRoot ? { uid, gid: uid } : {}).status === 0;
    const capability = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", "--clear-groups"];
    const child = startElsewhere(
      directory,
      !isRoot || readable
        ? isRoot
          ? { uid }
          : {}
        : { command: ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, ...capability] },
    );
    expect(await firstLine(child)).toMatchObject({ pid: expect.any(Number), uid: isRoot ? uid : process.getuid?.() });
    expect(statSync(dataOf(directory)).uid).toBe(isRoot ? uid : process.getuid?.());
    child.stdin?.end();
    await until(() => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
  });
});
