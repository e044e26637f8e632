/**
 * Transactions per second of the embedded chain, end to end (first send to last receipt), beside anvil's in the same run. Each transaction is a signed call that
 * writes one warm slot, one fresh slot and one event (about 50,700 gas). Both chains make one-second blocks of the same gas limit and take the same
 * JSON-RPC batches; ours writes every block to a PostgreSQL that syncs to disk, anvil keeps its state in memory.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureDatabase, startPostgres } from "@cairn/database";
import type { ChainConfig } from "../packages/chain/src/node/config.ts";
import { CHAIN_MAIN, CHAIN_NODE_FLAGS } from "../packages/chain/src/node/process.ts";
import { startAnvil } from "../packages/chain/src/node/testing/anvil.ts";
import { measureCalls, measureTransactions } from "../packages/chain/src/node/testing/measure-rpc.ts";
import { RICH } from "../packages/chain/src/node/testing/probe-chain.ts";

const COUNT = Number(process.env.CAIRN_BENCH_TRANSACTIONS ?? 4_000);
/** Block gas for one second: far above what either chain fills, so that the machine is measured and not the limit. */
const GAS_PER_SECOND = 150_000_000;

function residentMiB(pid: number | undefined): number {
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(peak?.[1] ?? 0) / 1024);
}

async function ours(directory: string): Promise<Figures> {
  const postgres = await startPostgres({ directory: join(directory, "postgres") });
  const database = await ensureDatabase(postgres.connect("postgres"), "chain", "chain");
  const config: ChainConfig = {
    chainId: 26170,
    blockSeconds: 1,
    validatorKey: `0x${"11".repeat(32)}`,
    database: database as ChainConfig["database"],
    gasPerSecond: GAS_PER_SECOND,
    alloc: { [RICH.address]: (10n ** 24n).toString() },
    limits: { total: 100_000, perSender: 100_000 },
  };
  const path = join(directory, "chain.json");
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(process.execPath, [...CHAIN_NODE_FLAGS, CHAIN_MAIN, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const rate = await measureTransactions(url, COUNT);
    return { rate, calls: await measureCalls(url), mib: residentMiB(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
    await postgres.stop();
  }
}

async function anvils(): Promise<Figures> {
  const anvil = await startAnvil([
    "--block-time",
    "1",
    "--gas-limit",
    String(GAS_PER_SECOND),
    "--base-fee",
    "1000000000",
  ]);
  try {
    const rate = await measureTransactions(anvil.url, COUNT);
    return { rate, calls: await measureCalls(anvil.url), mib: residentMiB(anvil.process.pid) };
  } finally {
    await anvil.stop();
  }
}

interface Figures {
  rate: number;
  calls: number;
  mib: number;
}

/** Turn about, the better of two: whatever else the machine does meanwhile falls on both. */
function better(a: Figures, b: Figures): Figures {
  return { rate: Math.max(a.rate, b.rate), calls: Math.max(a.calls, b.calls), mib: Math.max(a.mib, b.mib) };
}

async function ourRun(): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), "cairn-bench-chain-"));
  try {
    return await ours(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function line(what: string, figure: number, other: number): void {
  const ratio = (figure / other).toFixed(2);
  process.stdout.write(`${what}: ${Math.round(figure)}; anvil, in memory: ${Math.round(other)}; ratio ${ratio}\n`);
}

const [first, own] = [await anvils(), await ourRun()];
const [peer, best] = [better(first, await anvils()), better(own, await ourRun())];
line("transactions per second, end to end", best.rate, peer.rate);
line("eth_call per second, one client", best.calls, peer.calls);
line("peak resident MiB", best.mib, peer.mib);
