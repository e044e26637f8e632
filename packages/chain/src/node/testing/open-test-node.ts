import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { addressOfKey } from "@cairn/protocol";
import { ChainNode, type NodeOptions } from "../chain-node.ts";
import { ChainStore } from "../store/chain-store.ts";
import type { DatabaseConfig } from "../store/database.ts";
import { POOL_LIMITS } from "../transaction-pool.ts";
import type { ChainRules } from "../types.ts";
import { RICH } from "./probe-chain.ts";
import { VALIDATOR_KEY } from "./start-test-chain.ts";

export function testRules(changes: Partial<ChainRules> = {}): ChainRules {
  return {
    chainId: 26170,
    genesisTime: Math.floor(Date.now() / 1000) - 5,
    blockSeconds: 1,
    blockGas: 6_000_000n,
    baseFee: 1_000_000_000n,
    emission: true,
    validators: [addressOfKey(VALIDATOR_KEY)],
    alloc: { [RICH.address.toLowerCase()]: 10n ** 24n },
    ...changes,
  };
}

export interface TestNode {
  node: ChainNode;
  store: ChainStore;
  database: TestDatabase;
  close(): Promise<void>;
}

/** A node without JSON-RPC, on a database of its own; with a key it makes blocks once it is started. */
export async function openTestNode(rules: ChainRules, options: Partial<NodeOptions> = {}): Promise<TestNode> {
  const database = await testDatabase();
  const store = await ChainStore.open(database.config as DatabaseConfig);
  const settings: NodeOptions = {
    rules,
    validatorKey: undefined,
    heartbeatSeconds: rules.blockSeconds,
    pool: POOL_LIMITS,
    priority: { addresses: new Set(), share: 0 },
    retention: undefined,
    nodeCacheBytes: 16 * 1024 * 1024,
    ...options,
  };
  const node = await ChainNode.open(settings, store);
  return {
    node,
    store,
    database,
    async close() {
      await node.stop();
      await store.close();
      await database.drop();
    },
  };
}

/** Resolves when the node has stored `number`. */
export function reached(node: ChainNode, number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    node.once("fatal", reject);
    const look = (): void => {
      if (Number(node.head.header.number) < number) return;
      node.off("block", look);
      resolve();
    };
    node.on("block", look);
    look();
  });
}
