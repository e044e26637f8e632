import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { ChainConfig } from "../config.ts";
import { type RunningChain, startChain } from "../start-chain.ts";
import { RICH } from "./probe-chain.ts";

export const VALIDATOR_KEY: Hex = `0x${"11".repeat(32)}`;
const FAUCET_KEY: Hex = `0x${"22".repeat(32)}`;
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
