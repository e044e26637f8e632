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
import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
} from "viem";
import type { ChainConfig } from "../packages/chain/src/node/config.ts";
import { CHAIN_MAIN, CHAIN_NODE_FLAGS } from "../packages/chain/src/node/process.ts";
import { startAnvil } from "../packages/chain/src/node/testing/anvil.ts";
import { compileProbe, PROBE_ABI } from "../packages/chain/src/node/testing/compile-probe.ts";
import { RICH, viemChain } from "../packages/chain/src/node/testing/probe-chain.ts";

const COUNT = Number(process.env.CAIRN_BENCH_TRANSACTIONS ?? 4_000);
const BATCH = 100;
/** Block gas for one second: far above what either chain fills, so that the machine is measured and not the limit. */
const GAS_PER_SECOND = 150_000_000;

async function call(
  url: string,
  body: unknown,
): Promise<{ id: number; result?: unknown; error?: { message: string } }[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { id: number; result?: unknown; error?: { message: string } }[];
}

function signTransactions(to: Address, from: number): Promise<Hex[]> {
  const data = encodeFunctionData({ abi: PROBE_ABI, functionName: "increment" });
  return Promise.all(
    Array.from({ length: COUNT }, (_, index) =>
      RICH.signTransaction({
        type: "eip1559",
        chainId: 26170,
        nonce: from + index,
        to,
        data,
        gas: 120_000n,
        maxFeePerGas: 5_000_000_000n,
        maxPriorityFeePerGas: 0n,
      }),
    ),
  );
}

/** Sends all, in batches, then waits for the last one's receipt. Transactions per second. */
async function measure(url: string): Promise<number> {
  const chain = viemChain(url);
  const reader = createPublicClient({ chain, transport: http(url), pollingInterval: 50 });
  const wallet = createWalletClient({ chain, transport: http(url), account: RICH });
  const deploy = await wallet.sendTransaction({
    data: encodeDeployData({ abi: PROBE_ABI, bytecode: compileProbe(), args: [0n] }),
  });
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deploy });
  if (contractAddress === null || contractAddress === undefined) throw new Error("the contract was not deployed");
  const signed = await signTransactions(contractAddress, 1);
  const started = performance.now();
  for (let at = 0; at < COUNT; at += BATCH) {
    const calls = signed
      .slice(at, at + BATCH)
      .map((raw, id) => ({ jsonrpc: "2.0", id, method: "eth_sendRawTransaction", params: [raw] }));
    const failed = (await call(url, calls)).find((one) => one.error !== undefined);
    if (failed !== undefined) throw new Error(failed.error?.message);
  }
  await reader.waitForTransactionReceipt({ hash: keccak256(signed[COUNT - 1]!), timeout: 120_000 });
  const seconds = (performance.now() - started) / 1000;
  const counted = await reader.readContract({ address: contractAddress, abi: PROBE_ABI, functionName: "count" });
  if (counted !== BigInt(COUNT)) throw new Error(`${counted} of ${COUNT} transactions took effect`);
  return COUNT / seconds;
}

/** `eth_call` per second, one after another over one connection, as a gateway polls. */
async function measureCalls(url: string): Promise<number> {
  const data = encodeFunctionData({ abi: PROBE_ABI, functionName: "count" });
  const to = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
  const request = { jsonrpc: "2.0", id: 1, method: "eth_call", params: [{ to, data }, "latest"] };
  const started = performance.now();
  let count = 0;
  for (; performance.now() - started < 3000; count++) await call(url, request);
  return count / ((performance.now() - started) / 1000);
}

function residentMiB(pid: number | undefined): number {
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(peak?.[1] ?? 0) / 1024);
}

async function ours(directory: string): Promise<{ rate: number; calls: number; mib: number }> {
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
    const rate = await measure(url);
    return { rate, calls: await measureCalls(url), mib: residentMiB(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
    await postgres.stop();
  }
}

async function anvils(): Promise<{ rate: number; calls: number; mib: number }> {
  const anvil = await startAnvil([
    "--block-time",
    "1",
    "--gas-limit",
    String(GAS_PER_SECOND),
    "--base-fee",
    "1000000000",
  ]);
  try {
    const rate = await measure(anvil.url);
    return { rate, calls: await measureCalls(anvil.url), mib: residentMiB(anvil.process.pid) };
  } finally {
    await anvil.stop();
  }
}

const directory = await mkdtemp(join(tmpdir(), "cairn-bench-chain-"));
try {
  const peer = await anvils();
  const own = await ours(directory);
  const line = (what: string, figure: number, other: number): void => {
    process.stdout.write(
      `${what}: ${Math.round(figure)}; anvil, in memory: ${Math.round(other)}; ratio ${(figure / other).toFixed(2)}\n`,
    );
  };
  line("transactions per second, end to end", own.rate, peer.rate);
  line("eth_call per second, one client", own.calls, peer.calls);
  line("peak resident MiB", own.mib, peer.mib);
} finally {
  await rm(directory, { recursive: true, force: true });
}
