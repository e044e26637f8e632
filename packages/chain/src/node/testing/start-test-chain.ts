import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { createPublicClient, createWalletClient, defineChain, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { ChainConfig } from "../config.ts";
import { type RunningChain, startChain } from "../start-chain.ts";

export const VALIDATOR_KEY: Hex = `0x${"11".repeat(32)}`;
/** Has coins from the start. */
export const RICH_KEY: Hex = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
export const RICH = privateKeyToAccount(RICH_KEY);
export const FAUCET_KEY: Hex = `0x${"22".repeat(32)}`;
export const FAUCET = privateKeyToAccount(FAUCET_KEY);
const COIN = 10n ** 18n;

/** A local chain with one-second blocks, two rich accounts and a faucet of 10 coins an address. */
export function testConfig(database: ChainConfig["database"], changes: Partial<ChainConfig> = {}): ChainConfig {
  return {
    chainId: 26170,
    blockSeconds: 1,
    validatorKey: VALIDATOR_KEY,
    database,
    alloc: { [RICH.address]: String(1_000_000n * COIN), [FAUCET.address]: String(1_000_000n * COIN) },
    faucet: { key: FAUCET_KEY, perAddress: String(10n * COIN) },
    ...changes,
  };
}

export interface TestChain {
  chain: RunningChain;
  database: TestDatabase;
  config: ChainConfig;
  drop(): Promise<void>;
}

export async function startTestChain(changes: Partial<ChainConfig> = {}): Promise<TestChain> {
  const database = await testDatabase();
  const config = testConfig(database.config as ChainConfig["database"], changes);
  const chain = await startChain(config);
  return {
    chain,
    database,
    config,
    async drop() {
      await chain.stop();
      await database.drop();
    },
  };
}

export function viemChain(url: string, chainId = 26170) {
  return defineChain({
    id: chainId,
    name: "Cairn test",
    nativeCurrency: { name: "coin", symbol: "C", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
}

export function clientsFor(url: string, chainId = 26170) {
  const chain = viemChain(url, chainId);
  const transport = http(url);
  return {
    public: createPublicClient({ chain, transport, pollingInterval: 100 }),
    wallet: createWalletClient({ chain, transport, account: RICH }),
  };
}

/** One JSON-RPC call without a client in between. */
export async function rpc(url: string, method: string, params: unknown[] = []) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await response.json()) as {
    result?: unknown;
    error?: { code: number; message: string; data?: Hex };
  };
}
