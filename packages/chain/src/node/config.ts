import { type Address, addressOfKey, CairnError, type Hex } from "@cairn/protocol";
import { CALL_LIMITS, type CallLimits } from "./calls/call-pool.ts";
import { FAUCET_CHAINS, type FaucetConfig } from "./faucet.ts";
import type { Retention } from "./pruner.ts";
import { METHOD_LIMITS, type MethodLimits } from "./rpc/method-context.ts";
import { type ListenOptions, SERVER_LIMITS, type ServerLimits } from "./rpc/server.ts";
import type { DatabaseConfig } from "./store/database.ts";
import { POOL_LIMITS, type PoolLimits, type Priority } from "./transaction-pool.ts";
import type { ChainRules } from "./types.ts";

/** What `startChain` and the process's JSON file take. Wei are decimal strings. */
export interface ChainConfig {
  chainId: number;
  /** A slot of the proposer, and the time that a full block's gas stands for. Whole seconds, at least 1. */
  blockSeconds: number;
  /** Longest time between two blocks though nothing is to be done. Whole seconds; default: `blockSeconds`. */
  heartbeatSeconds?: number;
  /** Private key of the one validator; kept out of arguments and logs. */
  validatorKey: Hex;
  /** The chain's own database, with a role that may create tables there. */
  database: DatabaseConfig;
  /** Default: when the chain is first started. */
  genesisTime?: number;
  /** Block gas per second of block time; default 6,000,000. */
  gasPerSecond?: number;
  /** Wei per gas; default 1 gwei. */
  baseFee?: string;
  /** Block rewards to the validator; default false. */
  emission?: boolean;
  /** Genesis balances. */
  alloc?: Record<Address, string>;
  /** Only on the chains 26170 (local) and 26171 (demo). */
  faucet?: { key: Hex; perAddress: string };
  listen?: Partial<ListenOptions>;
  /** Contracts that keep a share of block gas and pool to themselves: proofs, votes, disputes. */
  priority?: { addresses: Address[]; share: number };
  limits?: Partial<MethodLimitsJson & CallLimits & ServerLimits & PoolLimits>;
  /** What to keep of the past; left out, everything is kept (an archive). */
  retention?: Retention;
  /** Memory for trie nodes; default 64 MiB. */
  nodeCacheBytes?: number;
}

type MethodLimitsJson = Omit<MethodLimits, "callGas"> & { callGas: number };

/** Block gas that ten seconds of block time have by default. */
const GAS_PER_SECOND = 6_000_000;
const BASE_FEE = "1000000000";
const MAX_CALL_GAS = 60_000_000n;
const NODE_CACHE_BYTES = 64 * 1024 * 1024;

export interface ChainSettings {
  /** Without the genesis time, which the first start decides. */
  rules: Omit<ChainRules, "genesisTime"> & { genesisTime: number | undefined };
  validatorKey: Hex;
  heartbeatSeconds: number;
  retention: Retention | undefined;
  database: DatabaseConfig;
  faucet: FaucetConfig | undefined;
  listen: ListenOptions;
  priority: Priority;
  pool: PoolLimits;
  server: ServerLimits;
  methods: MethodLimits;
  calls: CallLimits;
  nodeCacheBytes: number;
}

function wrong(field: string, allowed: string): CairnError {
  return new CairnError(`the chain's configuration is wrong: ${field} must be ${allowed}`, {
    code: "chain-config-invalid",
    kind: "input",
    next: `Correct ${field} and start the chain again.`,
    details: { field, allowed },
  });
}

function integer(value: unknown, field: string, minimum: number, fallback?: number): number {
  const given = value ?? fallback;
  if (typeof given !== "number" || !Number.isSafeInteger(given) || given < minimum) {
    throw wrong(field, `a whole number of at least ${minimum}`);
  }
  return given;
}

function wei(value: unknown, field: string): bigint {
  if (typeof value !== "string" || !/^\d{1,78}$/.test(value)) throw wrong(field, "wei as a decimal string");
  return BigInt(value);
}

function key(value: unknown, field: string): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value))
    throw wrong(field, "a private key: 0x and 64 hex digits");
  return value as Hex;
}

function address(value: unknown, field: string): Address {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw wrong(field, "an address");
  return value.toLowerCase() as Address;
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(field, "an object");
  return value as Record<string, unknown>;
}

function listen(value: unknown): ListenOptions {
  const given = record(value ?? {}, "listen");
  const host = given.host ?? "127.0.0.1";
  if (host !== "127.0.0.1" && host !== "::1" && host !== "localhost") throw wrong("listen.host", "a loopback address");
  const port = integer(given.port, "listen.port", 0, 0);
  if (port > 65_535) throw wrong("listen.port", "at most 65535");
  const allowedHosts = given.allowedHosts ?? [];
  if (!Array.isArray(allowedHosts) || !allowedHosts.every((name) => typeof name === "string")) {
    throw wrong("listen.allowedHosts", "a list of names");
  }
  return { host, port, allowedHosts };
}

function faucet(value: unknown, chainId: number): FaucetConfig | undefined {
  if (value === undefined) return undefined;
  if (!FAUCET_CHAINS.has(chainId)) throw wrong("faucet", `left out: chain ${chainId} has none`);
  const given = record(value, "faucet");
  return { key: key(given.key, "faucet.key"), perAddress: wei(given.perAddress, "faucet.perAddress") };
}

function priority(value: unknown): Priority {
  if (value === undefined) return { addresses: new Set(), share: 0 };
  const { addresses, share } = record(value, "priority");
  if (!Array.isArray(addresses)) throw wrong("priority.addresses", "a list of addresses");
  if (typeof share !== "number" || !(share >= 0 && share <= 0.9)) throw wrong("priority.share", "between 0 and 0.9");
  return { addresses: new Set(addresses.map((one) => address(one, "priority.addresses"))), share };
}

/** Twice what BLOCKHASH reaches back: what a call may ask for is there though the head moves on. */
const LEAST_STATE_BLOCKS = 512;

function retention(value: unknown): Retention | undefined {
  if (value === undefined) return undefined;
  const given = record(value, "retention");
  const topics = given.passingTopics;
  if (!Array.isArray(topics) || !topics.every((topic) => /^0x[0-9a-f]{64}$/.test(String(topic)))) {
    throw wrong("retention.passingTopics", "a list of topics, each 0x and 64 hex digits");
  }
  return {
    stateBlocks: integer(given.stateBlocks, "retention.stateBlocks", LEAST_STATE_BLOCKS),
    historySeconds: integer(given.historySeconds, "retention.historySeconds", 1),
    passingTopics: topics as Hex[],
  };
}

function limitsFrom<L extends object>(defaults: L, given: Record<string, unknown>): L {
  const entries = Object.entries(defaults).map(([name, fallback]) => [
    name,
    integer(given[name], `limits.${name}`, 1, fallback as number),
  ]);
  return Object.fromEntries(entries) as L;
}

/** Reads and checks a configuration, filling in the defaults. @throws chain-config-invalid with the field and what is allowed */
export function parseConfig(input: unknown): ChainSettings {
  const given = record(input, "the configuration");
  const chainId = integer(given.chainId, "chainId", 1);
  const blockSeconds = integer(given.blockSeconds, "blockSeconds", 1);
  const validatorKey = key(given.validatorKey, "validatorKey");
  const blockGas =
    BigInt(integer(given.gasPerSecond, "gasPerSecond", 1_000_000, GAS_PER_SECOND)) * BigInt(blockSeconds);
  const baseFee = wei(given.baseFee ?? BASE_FEE, "baseFee");
  if (baseFee === 0n) throw wrong("baseFee", "above zero");
  if (given.emission !== undefined && typeof given.emission !== "boolean") throw wrong("emission", "true or false");
  const alloc = Object.entries(record(given.alloc ?? {}, "alloc")).map(([name, amount]) => [
    address(name, "alloc"),
    wei(amount, `alloc.${name}`),
  ]);
  const limits = record(given.limits ?? {}, "limits");
  const callGas = blockGas < MAX_CALL_GAS ? blockGas : MAX_CALL_GAS;
  return {
    rules: {
      chainId,
      genesisTime: given.genesisTime === undefined ? undefined : integer(given.genesisTime, "genesisTime", 1),
      blockSeconds,
      blockGas,
      baseFee,
      emission: given.emission === true,
      validators: [addressOfKey(validatorKey)],
      alloc: Object.fromEntries(alloc),
    },
    validatorKey,
    heartbeatSeconds: integer(given.heartbeatSeconds, "heartbeatSeconds", 1, blockSeconds),
    retention: retention(given.retention),
    database: record(given.database, "database"),
    faucet: faucet(given.faucet, chainId),
    listen: listen(given.listen),
    priority: priority(given.priority),
    pool: limitsFrom(POOL_LIMITS, limits),
    server: limitsFrom(SERVER_LIMITS, limits),
    calls: limitsFrom(CALL_LIMITS, limits),
    methods: {
      ...limitsFrom(METHOD_LIMITS, limits),
      callGas: limits.callGas === undefined ? callGas : BigInt(integer(limits.callGas, "limits.callGas", 21_000)),
    },
    nodeCacheBytes: integer(given.nodeCacheBytes, "nodeCacheBytes", 1_000_000, NODE_CACHE_BYTES),
  };
}
