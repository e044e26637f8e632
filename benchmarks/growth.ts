/**
 * What a home grows by: a network with one stored package at rest for some minutes, then the same with a small `put` every minute. Every byte
 * that the home takes on the disk counts, both databases included; the write-ahead log is told apart, as PostgreSQL uses its files again.
 * Real minutes, no simulated clock. CAIRN_BENCH_MINUTES is the length of each of the two (10 unless told), CAIRN_BENCH_HOME a home that is
 * running already, which is then only measured at rest.
 */
import { randomBytes } from "node:crypto";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startNetwork } from "../apps/node/test/support/network.ts";
import { judge } from "./lib/measure.ts";
import { runCommand } from "./lib/run-command.ts";

const HOURS_A_YEAR = 8_766;
const GIGABYTE = 1e9;
/** The local profile keeps the chain's history, events and records for so long (docs/operating.md). */
const KEPT_HOURS = 7 * 24;
/** Files of a small package. */
const FILES = { count: 10, bytes: 100_000 };

const minutes = Number(process.env.CAIRN_BENCH_MINUTES ?? 10);
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Bytes on the disk below `directory`, by what they belong to. Files that come and go meanwhile count as they are found. */
async function bytesOf(directory: string, part: string, sums: Map<string, number>): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    const of = entry.name === "pg_wal" ? "write-ahead log" : part;
    if (entry.isDirectory()) await bytesOf(path, of, sums);
    const stat = await lstat(path).catch(() => undefined);
    if (stat !== undefined) sums.set(of, (sums.get(of) ?? 0) + stat.blocks * 512);
  }
}

async function measure(home: string): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const entry of await readdir(home)) await bytesOf(join(home, entry), entry, sums);
  return sums;
}

/** Have the database write what it holds in memory: a table that was made a minute ago would count as growth when it reaches the disk. */
async function checkpoint(home: string): Promise<void> {
  const client = new pg.Client({
    host: join(home, "postgres/cluster/socket"),
    port: 5432,
    user: "cairn",
    password: (await readFile(join(home, "postgres/password"), "utf8")).trim(),
    database: "postgres",
  });
  await client.connect();
  await client.query("checkpoint");
  await client.end();
}

/** Bytes an hour of each part while `during` goes on for the minutes asked for. */
async function growth(home: string, what: string, during: (until: number) => Promise<void>): Promise<number> {
  await checkpoint(home);
  const before = await measure(home);
  const began = Date.now();
  await during(began + minutes * 60_000);
  const hours = (Date.now() - began) / 3_600_000;
  await checkpoint(home);
  const after = await measure(home);
  let sum = 0;
  for (const [part, bytes] of [...after].toSorted(([a], [b]) => a.localeCompare(b))) {
    const rate = (bytes - (before.get(part) ?? 0)) / hours;
    if (part !== "write-ahead log") sum += rate;
    say(`${what}: ${part}: ${Math.round(rate).toLocaleString("en-US")} B an hour, ${(bytes / 1e6).toFixed(1)} MB now`);
  }
  say(
    `${what}: in all without the write-ahead log: ${Math.round(sum).toLocaleString("en-US")} B an hour, over ${(hours * 60).toFixed(1)} min`,
  );
  return sum;
}

async function rest(until: number): Promise<void> {
  await sleep(until - Date.now());
}

function project(rate: number): void {
  say(
    `straight on for a year: ${((rate * HOURS_A_YEAR) / GIGABYTE).toFixed(2)} GB; this rate lasts for the seven days that are kept`,
  );
  const kept = rate * KEPT_HOURS;
  say(`after which as much is deleted as comes: ${(kept / GIGABYTE).toFixed(2)} GB in a year`);
  judge("1 GB ÷ growth of a year at rest", GIGABYTE / Math.max(1, kept), 1);
}

async function small(directory: string, name: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  for (let i = 0; i < FILES.count; i++) {
    await writeFile(join(path, `${i}`), randomBytes(FILES.bytes));
  }
  return path;
}

const given = process.env.CAIRN_BENCH_HOME;
if (given !== undefined) {
  project(await growth(given, "at rest", rest));
} else {
  const directory = await mkdtemp(join(tmpdir(), "cairn-bench-growth-"));
  const network = await startNetwork({ profile: "local" });
  try {
    await runCommand(["put", await small(directory, "first"), "--home", network.home]);
    project(await growth(network.home, "at rest", rest));
    let puts = 0;
    await growth(network.home, "a put of ten files of 100 kB a minute", async (until) => {
      while (Date.now() < until) {
        const next = Math.min(until, Date.now() + 60_000);
        await runCommand(["put", await small(directory, `put-${puts++}`), "--home", network.home]);
        await sleep(Math.max(0, next - Date.now()));
      }
    });
    say(
      `${puts} puts; each stores ${((2 * FILES.count * FILES.bytes) / 1e6).toFixed(1)} MB of shards, which are in the figures of providers`,
    );
  } finally {
    await network.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
