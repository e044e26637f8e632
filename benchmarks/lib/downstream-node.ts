import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ensureDatabase, migrate, type RunningPostgres, startPostgres } from "@cairn/database";
import { type Beats, DEFAULT_SETTINGS, downstreamMigrations, openBeats } from "@cairn/doors/downstream";
import { machineRandom } from "@cairn/process";
import pg from "pg";
import type { DownstreamConfig } from "../../apps/node/src/downstream/run-downstream.ts";
import { homeAt } from "../../apps/node/src/home/home.ts";
import type { LoadJob } from "./downstream-load.ts";
import type { LoadResult } from "./http-load.ts";

const MAIN = fileURLToPath(new URL("../../apps/node/src/downstream/downstream-main.ts", import.meta.url));
const LOAD = fileURLToPath(new URL("./downstream-load.ts", import.meta.url));

export interface ServerProcess {
  child: ChildProcess;
  port: number;
  stop(): Promise<void>;
}

export interface DownstreamBench {
  postgres: RunningPostgres;
  pool: pg.Pool;
  beats: Beats;
  /** Starts a server program with the node's configuration: the product's by default. */
  serve(module?: string): Promise<ServerProcess>;
  load(job: LoadJob): Promise<LoadResult>;
  /** What a server does in the background after much was inserted: done now, lest it falls into a measurement. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** A home with its own PostgreSQL, which syncs to disk, and empty tables; farmers come through a proxy on this machine. */
export async function openDownstreamBench(): Promise<DownstreamBench> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-downstream-"));
  const home = homeAt(join(directory, "home"));
  await mkdir(join(home.directory, "downstream"), { recursive: true });
  const postgres = await startPostgres({ directory: join(directory, "postgres") });
  const database = await ensureDatabase(postgres.connect("postgres"), "downstream", "downstream");
  const pool = new pg.Pool({ ...database, max: 4 });
  pool.on("error", () => undefined);
  await migrate(pool, "downstream", downstreamMigrations);
  const beats = await openBeats(join(home.directory, "downstream"), machineRandom);
  const config: DownstreamConfig = {
    home: home.directory,
    database,
    host: "127.0.0.1",
    port: 0,
    settings: {
      ...DEFAULT_SETTINGS,
      trustedProxies: ["loopback"],
      pool: { ...DEFAULT_SETTINGS.pool, total: 0 },
    },
  };
  const path = join(home.directory, "downstream", "config.json");
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return {
    postgres,
    pool,
    beats,
    serve: (module = MAIN) => startServer(module, path),
    load: runLoadProcess,
    async settle() {
      const admin = new pg.Client(postgres.connect("downstream"));
      await admin.connect();
      await admin.query("vacuum analyze");
      await admin.query("checkpoint");
      await admin.end();
    },
    async stop() {
      await pool.end();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startServer(module: string, config: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", module, config], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, CAIRN_LOG: "warn" },
  });
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([line]) => String(line)),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${module} ended with ${code}`))),
  ]);
  const { url } = JSON.parse(line) as { url: string };
  return {
    child,
    port: Number(new URL(url).port),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function runLoadProcess(job: LoadJob): Promise<LoadResult> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", LOAD], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(job));
  return JSON.parse(await text(child.stdout)) as LoadResult;
}
