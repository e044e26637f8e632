import { httpUrl } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { CallPool } from "./calls/call-pool.ts";
import { ChainNode } from "./chain-node.ts";
import { type ChainConfig, type ChainSettings, parseConfig } from "./config.ts";
import { Faucet } from "./faucet.ts";
import { RpcServer } from "./rpc/server.ts";
import { rulesToJson } from "./rules-to-json.ts";
import { ChainStore } from "./store/chain-store.ts";
import type { ChainRules } from "./types.ts";

export interface RunningChain {
  /** JSON-RPC by POST; the same with ws:// for subscriptions. */
  readonly url: string;
  readonly node: ChainNode;
  /** Resolves with the cause when the chain can no longer go on by itself; it has then stopped serving. */
  readonly failed: Promise<unknown>;
  /** Ends after the block in hand. */
  stop(): Promise<void>;
}

/** The rules of the stored chain, which the configuration must agree with; on the first start, those of the configuration. */
async function agreeOnRules(store: ChainStore, given: ChainSettings["rules"]): Promise<ChainRules> {
  const stored = await store.meta("rules");
  if (stored === undefined || stored === null) {
    return { ...given, genesisTime: given.genesisTime ?? Math.floor(Date.now() / 1000) };
  }
  const known = stored as Record<string, unknown> & { genesisTime: number };
  const rules: ChainRules = { ...given, genesisTime: given.genesisTime ?? known.genesisTime };
  const mine = rulesToJson(rules);
  for (const field of Object.keys(mine)) {
    if (canonical(mine[field]) === canonical(known[field])) continue;
    throw new CairnError(`this database holds a chain with another ${field}`, {
      code: "chain-rules-differ",
      kind: "conflict",
      next: "Start it with the configuration it was made with, or give the new chain an empty database.",
      details: { field, stored: known[field], given: mine[field] },
    });
  }
  return rules;
}

function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Starts the chain in this process: opens its database, takes up at the last stored block, serves JSON-RPC and makes blocks.
 * @throws chain-config-invalid, chain-database-unavailable, chain-database-in-use, chain-rules-differ, chain-port-taken
 */
export async function startChain(config: ChainConfig): Promise<RunningChain> {
  const settings = parseConfig(config);
  const store = await ChainStore.open(settings.database);
  const { chainId, baseFee } = settings.rules;
  const calls = new CallPool({ database: settings.database, chainId, baseFee }, settings.calls);
  calls.warmUp();
  try {
    const rules = await agreeOnRules(store, settings.rules);
    const { validatorKey, heartbeatSeconds, retention, pool, priority, nodeCacheBytes } = settings;
    const options = { rules, validatorKey, heartbeatSeconds, retention, pool, priority, nodeCacheBytes };
    const node = await ChainNode.open(options, store);
    const faucet = Faucet.for(node, settings.faucet);
    const server = new RpcServer(
      { node, calls, faucet, limits: settings.methods },
      settings.server,
      settings.listen.allowedHosts,
    );
    const { port } = await server.listen(settings.listen);
    const close = async (): Promise<void> => {
      await node.stop();
      await server.close();
      await calls.close();
      await store.close();
    };
    let closing: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      closing ??= close();
      return closing;
    };
    const failed = new Promise<unknown>((resolve) => {
      node.once("fatal", (error) => void server.close().finally(() => resolve(error)));
    });
    node.start();
    return { url: httpUrl(settings.listen.host, port), node, failed, stop };
  } catch (error) {
    await calls.close();
    await store.close();
    throw error;
  }
}
