import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Address, encodeFunctionData, getContractAddress, type Hex, keccak256 } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChainConfig } from "./node/config.ts";
import { CHAIN_MAIN } from "./node/process.ts";
import { compileProbe, PROBE_ABI } from "./node/testing/compile-probe.ts";
import { openTestNode, testRules } from "./node/testing/open-test-node.ts";
import { clientsFor, RICH, rpc } from "./node/testing/probe-chain.ts";
import { type ChainProcess, type ChainProgram, chainProgram } from "./node/testing/spawn-chain.ts";
import { testConfig } from "./node/testing/start-test-chain.ts";

const PROBE = getContractAddress({ from: RICH.address, nonce: 0n });
const INCREMENT = encodeFunctionData({ abi: PROBE_ABI, functionName: "increment" });
const CREATE = `${compileProbe()}${"0".repeat(64)}` as Hex;

function signed(nonce: number, to: Address | undefined, data: Hex): Promise<Hex> {
  return RICH.signTransaction({
    type: "eip1559",
    chainId: 26170,
    nonce,
    ...(to === undefined ? {} : { to }),
    data,
    gas: to === undefined ? 3_000_000n : 120_000n,
    maxFeePerGas: 2_000_000_000n,
  });
}

describe("the chain's program", () => {
  let database: TestDatabase;
  let config: ChainConfig;
  let program: ChainProgram;

  beforeEach(async () => {
    database = await testDatabase();
    config = testConfig(database.config as ChainConfig["database"], { emission: true });
    program = await chainProgram(config);
  });

  afterEach(async () => {
    await program.remove();
    await database.drop();
  });

  it("keeps every stored block through kill -9 at any instant, and goes on from there", {
    timeout: 300_000,
  }, async () => {
    const sent: Hex[] = [await signed(0, undefined, CREATE)];
    const confirmed = new Map<Hex, { blockNumber: Hex; blockHash: Hex }>();
    let seen = { number: 0, hash: "" };

    /** Sends again whatever has no receipt, and new ones, until the process dies. */
    async function load(url: string): Promise<void> {
      for (;;) {
        for (const raw of sent) {
          const hash = keccak256(raw);
          if (confirmed.has(hash)) continue;
          const receipt = (await rpc(url, "eth_getTransactionReceipt", [hash])).result as {
            blockNumber: Hex;
            blockHash: Hex;
          } | null;
          if (receipt !== null) confirmed.set(hash, receipt);
          else await rpc(url, "eth_sendRawTransaction", [raw]);
        }
        if (sent.length - confirmed.size < 20)
          for (let n = 0; n < 5; n++) sent.push(await signed(sent.length, PROBE, INCREMENT));
        const head = (await rpc(url, "eth_getBlockByNumber", ["latest", false])).result as { number: Hex; hash: Hex };
        seen = { number: Number(head.number), hash: head.hash };
      }
    }

    async function check(url: string): Promise<void> {
      const kept = (await rpc(url, "eth_getBlockByNumber", [`0x${seen.number.toString(16)}`, false])).result as {
        hash: Hex;
      } | null;
      if (seen.hash !== "") expect(kept?.hash).toBe(seen.hash);
      for (const [hash, { blockHash }] of confirmed) {
        const again = (await rpc(url, "eth_getTransactionReceipt", [hash])).result as { blockHash: Hex } | null;
        expect(again?.blockHash).toBe(blockHash);
      }
    }

    for (let round = 0; round < 10; round++) {
      const chain = await program.start();
      expect(chain.head).toBeGreaterThanOrEqual(seen.number);
      await check(chain.url);
      const enough = confirmed.size + 1 + Math.floor(Math.random() * 8);
      let ended = false;
      const loading = load(chain.url)
        .catch((error: unknown) => error)
        .finally(() => {
          ended = true;
        });
      // Work decides when, so that a slow machine gets as far as a fast one; where in a block, chance does.
      while (confirmed.size < enough && !ended) await sleep(20);
      await sleep(Math.random() * 300);
      expect(await chain.end("SIGKILL")).toBe("SIGKILL");
      expect(await loading).toBeInstanceOf(TypeError);
    }

    const chain = await program.start();
    await check(chain.url);
    const reader = clientsFor(chain.url).public;
    const nonce = await reader.getTransactionCount({ address: RICH.address });
    expect(nonce).toBeGreaterThanOrEqual(10);
    expect(await reader.readContract({ address: PROBE, abi: PROBE_ABI, functionName: "count" })).toBe(
      BigInt(nonce - 1),
    );
    await chain.end("SIGTERM");
    await expectWhole(config, nonce);
  });

  /** Every row agrees with the raw blocks, and the raw blocks executed anew on an empty node give the same chain. */
  async function expectWhole(settings: ChainConfig, nonce: number): Promise<void> {
    const one = async (text: string): Promise<unknown> =>
      Object.values((await database.pool.query(text)).rows[0] as object)[0];
    expect(await one("select count(*) = max(number) + 1 from blocks")).toBe(true);
    expect(await one("select (select coalesce(sum(transactions), 0) from blocks) = (select count(*) from txs)")).toBe(
      true,
    );
    expect(Number(await one("select count(*) from txs"))).toBe(nonce);
    expect(Number(await one("select count(*) from logs"))).toBe(nonce - 1);
    const stored = (
      await database.pool.query<{ value: { genesisTime: number } }>("select value from meta where key = 'rules'")
    ).rows[0];
    const alloc = Object.fromEntries(
      Object.entries(settings.alloc ?? {}).map(([name, wei]) => [name.toLowerCase(), BigInt(wei)]),
    );
    const follower = await openTestNode(testRules({ genesisTime: stored?.value.genesisTime ?? 0, alloc }));
    try {
      const blocks = await database.pool.query<{ raw: Buffer; seal: Buffer; reveal: Buffer }>(
        "select raw, seal, reveal from blocks where number > 0 order by number",
      );
      for (const { raw, seal, reveal } of blocks.rows) {
        await follower.node.import({ raw: new Uint8Array(raw), seal: { signature: seal, reveal } });
      }
      expect(follower.node.head.hash()).toEqual(
        new Uint8Array((await one("select hash from blocks order by number desc limit 1")) as Buffer),
      );
      const [mine, theirs] = await Promise.all(
        [follower.database.pool, database.pool].map((pool) =>
          pool.query("select address, nonce, balance, code_hash from accounts order by address"),
        ),
      );
      expect(mine?.rows).toEqual(theirs?.rows);
    } finally {
      await follower.close();
    }
  }

  it("ends by SIGTERM, and starts where it ended", async () => {
    const chain = await program.start();
    await sleep(1_200);
    expect(await chain.end("SIGTERM")).toBe(0);
    const again = await program.start();
    expect(again.head).toBeGreaterThan(0);
    await again.end("SIGTERM");
  });

  it("ends when the process that started it is gone", async () => {
    const parent = spawn(
      process.execPath,
      [
        "-e",
        `const { spawn } = require("node:child_process");
        const child = spawn(process.execPath, process.argv.slice(1), { stdio: ["ignore", "inherit", "inherit", "pipe"], env: { ...process.env, CAIRN_PARENT_PIPE: "3" } });
        child.stdio[3].on("error", () => {});`,
        CHAIN_MAIN,
        program.path,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };
    expect((await rpc(url, "eth_chainId")).result).toBe("0x663a");
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
  });

  it("refuses a database that another chain process uses, and ends when it loses its own", {
    timeout: 90_000,
  }, async () => {
    const chain = await program.start();
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await once(chain.child, "exit");
    expect(chain.child.exitCode).toBe(70);
    const again: ChainProcess = await program.start();
    const other = await chainProgram({ ...config, listen: { port: 0 } });
    try {
      await expect(other.start()).rejects.toThrow(/chain-database-in-use/);
    } finally {
      await other.remove();
      await again.end("SIGTERM");
    }
  });

  it("says what is wrong with a configuration, and exits with 1", async () => {
    const port = Number(new URL((await program.start()).url).port);
    const bad = async (changes: Partial<Record<keyof ChainConfig, unknown>>, pattern: RegExp): Promise<void> => {
      const wrong = await chainProgram({ ...config, ...changes } as ChainConfig);
      try {
        await expect(wrong.start()).rejects.toThrow(pattern);
      } finally {
        await wrong.remove();
      }
    };
    const other = await testDatabase();
    try {
      await bad({ blockSeconds: 0.5 }, /blockSeconds must be a whole number/);
      await bad({ chainId: 26180 }, /faucet must be left out/);
      await bad({ database: other.config, listen: { port } }, /chain-port-taken/);
      await bad({ database: { ...other.config, database: "nowhere" } }, /chain-database-unavailable/);
    } finally {
      await other.drop();
    }
  });

  it("refuses a chain that was made by other rules", async () => {
    await (await program.start()).end("SIGTERM");
    const other = await chainProgram({ ...config, blockSeconds: 2 });
    try {
      await expect(other.start()).rejects.toThrow(/another blockSeconds/);
    } finally {
      await other.remove();
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}
