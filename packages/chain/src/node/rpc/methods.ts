import { type Address, CairnError, type Hex } from "@cairn/core";
import type { Block } from "@ethereumjs/block";
import { createTxFromRLP } from "@ethereumjs/tx";
import { bytesToHex, createAddressFromString, hexToBytes, setLengthLeft } from "@ethereumjs/util";
import type { ChainNode } from "../chain-node.ts";
import { keccak256 } from "../crypto.ts";
import { CAP_GWEI, rewardAt, supplyAt } from "../emission.ts";
import type { Faucet } from "../faucet.ts";
import { invalidParams, limitExceeded, RPC, RpcError } from "../rpc-error.ts";
import { sealToHex } from "../seal.ts";
import type { LogFilter, PlacedLog } from "../types.ts";
import { estimateGas, runCall } from "./calls.ts";
import { formatBlock, formatLog, formatReceipt, formatTransaction, quantity } from "./format.ts";
import {
  type BlockChoice,
  type LogQuery,
  parseAddress,
  parseBlock,
  parseBytes,
  parseCall,
  parseLogQuery,
  parseOptional,
  parseQuantity,
} from "./parse.ts";

export interface MethodLimits {
  /** Gas that one eth_call or estimate may use. */
  callGas: bigint;
  /** Blocks in one eth_getLogs. */
  logBlocks: number;
  /** Logs, and bytes of their data, in one answer. */
  logResults: number;
  logBytes: number;
}

export const METHOD_LIMITS: Omit<MethodLimits, "callGas"> = {
  logBlocks: 2_000,
  logResults: 10_000,
  logBytes: 8 * 1024 * 1024,
};

export interface MethodContext {
  node: ChainNode;
  faucet: Faucet | undefined;
  limits: MethodLimits;
}

type Method = (context: MethodContext, params: unknown[]) => unknown;

const MAX_FEE_HISTORY = 1024;

async function chooseBlock({ node }: MethodContext, choice: BlockChoice): Promise<Block | undefined> {
  if (choice.by === "head") return node.head;
  if (choice.by === "number" && choice.number === Number(node.head.header.number)) return node.head;
  const stored = await (choice.by === "number"
    ? node.store.blockByNumber(choice.number)
    : node.store.blockByHash(choice.hash));
  return stored === undefined ? undefined : node.decode(stored.raw);
}

async function requireBlock(context: MethodContext, value: unknown): Promise<Block> {
  const block = await chooseBlock(context, parseBlock(value));
  if (block !== undefined) return block;
  throw new RpcError(RPC.server, "header not found", {
    code: "chain-block-unknown",
    kind: "missing",
    next: "Ask for a block that the chain has.",
  });
}

async function stateAt(context: MethodContext, address: unknown, block: unknown) {
  const target = createAddressFromString(parseAddress(address, "address"));
  const state = await context.node.views.read(await requireBlock(context, block));
  return { target, state };
}

/** The blocks that a filter names, checked against the caps. Undefined when they hold nothing. */
async function resolveRange(context: MethodContext, query: LogQuery): Promise<LogFilter | undefined> {
  const { node, limits } = context;
  const head = Number(node.head.header.number);
  const numberOf = (choice: BlockChoice): number => (choice.by === "number" ? choice.number : head);
  const { addresses, topics } = query;
  if (query.blockHash !== undefined) {
    const number = Number((await requireBlock(context, { blockHash: bytesToHex(query.blockHash) })).header.number);
    return { fromBlock: number, toBlock: number, addresses, topics };
  }
  const fromBlock = numberOf(query.fromBlock);
  const toBlock = Math.min(numberOf(query.toBlock), head);
  if (fromBlock > toBlock) return undefined;
  if (toBlock - fromBlock + 1 > limits.logBlocks) {
    throw limitExceeded(
      `query exceeds max block range ${limits.logBlocks}`,
      `Ask for at most ${limits.logBlocks} blocks at a time.`,
    );
  }
  return { fromBlock, toBlock, addresses, topics };
}

async function findLogs(context: MethodContext, query: LogQuery): Promise<PlacedLog[]> {
  const { node, limits } = context;
  const filter = await resolveRange(context, query);
  if (filter === undefined) return [];
  const { count, bytes } = await node.store.measureLogs(filter, limits.logResults);
  if (count > limits.logResults || bytes > limits.logBytes) {
    throw limitExceeded(
      `query returned more than ${limits.logResults} results`,
      "Ask for fewer blocks, or for fewer kinds of events.",
    );
  }
  return await node.store.logs(filter);
}

async function receiptOf({ node }: MethodContext, hash: Uint8Array) {
  const transaction = await node.store.transaction(hash);
  if (transaction === undefined) return null;
  return formatReceipt(transaction, await node.store.logsOfTransaction(transaction.block, transaction.index));
}

async function transactionByHash({ node }: MethodContext, hash: Uint8Array) {
  const stored = await node.store.transaction(hash);
  if (stored === undefined) {
    const waiting = node.pool.find(bytesToHex(hash));
    return waiting === undefined ? null : formatTransaction(waiting.transaction, undefined);
  }
  const block = await node.store.blockByNumber(stored.block);
  if (block === undefined) return null;
  const transaction = createTxFromRLP(new Uint8Array(stored.raw), { common: node.common });
  return formatTransaction(transaction, { block: node.decode(block.raw), index: stored.index });
}

async function transactionByPlace(context: MethodContext, choice: BlockChoice, place: unknown) {
  const index = Number(parseQuantity(place, "index"));
  const block = await chooseBlock(context, choice);
  const transaction = block?.transactions[index];
  return block === undefined || transaction === undefined ? null : formatTransaction(transaction, { block, index });
}

async function transactionCount(context: MethodContext, address: unknown, tag: unknown): Promise<Hex> {
  const { target, state } = await stateAt(context, address, tag);
  const nonce = (await state.getAccount(target))?.nonce ?? 0n;
  return quantity(tag === "pending" ? context.node.pool.nextNonce(target.toString() as Address, nonce) : nonce);
}

async function feeHistory({ node }: MethodContext, params: unknown[]) {
  const asked = Number(parseQuantity(params[0], "blockCount"));
  const percentiles = params[2] ?? [];
  if (!Array.isArray(percentiles) || percentiles.length > 100) throw invalidParams("rewardPercentiles must be a list");
  const head = Number(node.head.header.number);
  const choice = parseBlock(params[1], "newestBlock");
  const newest = choice.by === "number" ? Math.min(choice.number, head) : head;
  const oldest = Math.max(0, newest - Math.min(asked, MAX_FEE_HISTORY) + 1);
  const used = await node.store.gasUsed(oldest, newest);
  const baseFee = quantity(node.rules.baseFee);
  return {
    oldestBlock: quantity(oldest),
    baseFeePerGas: Array<Hex>(used.length + 1).fill(baseFee),
    gasUsedRatio: used.map((gas) => Number(gas) / Number(node.rules.blockGas)),
    ...(percentiles.length === 0 ? {} : { reward: used.map(() => percentiles.map(() => "0x0")) }),
  };
}

function supply({ node }: MethodContext) {
  const initial = Object.values(node.rules.alloc).reduce((sum, wei) => sum + wei, 0n) / 1_000_000_000n;
  const height = node.head.header.number;
  const issued = node.rules.emission ? supplyAt(height, initial) : initial;
  return {
    issuedGwei: issued.toString(),
    rewardGwei: (node.rules.emission ? rewardAt(height + 1n, initial) : 0n).toString(),
    capGwei: CAP_GWEI.toString(),
  };
}

async function sealedBlock({ node }: MethodContext, number: unknown) {
  const stored = await node.store.blockByNumber(Number(parseQuantity(number, "number")));
  return stored === undefined ? null : { raw: bytesToHex(stored.raw), seal: sealToHex(stored.seal) };
}

async function drip({ faucet }: MethodContext, params: unknown[]): Promise<Hex> {
  if (faucet === undefined) {
    throw new RpcError(RPC.methodNotFound, "this chain has no faucet", {
      code: "chain-no-faucet",
      kind: "missing",
      next: "Ask the validator, or someone who has coins, to send you some.",
    });
  }
  const amount = parseOptional(params[1], (value) => parseQuantity(value, "amount"));
  return await faucet.drip(parseAddress(params[0], "address"), amount);
}

const METHODS: Record<string, Method> = {
  web3_clientVersion: () => "cairn-chain/0.1.0",
  web3_sha3: (_, [data]) => bytesToHex(keccak256(parseBytes(data, "data"))),
  net_version: ({ node }) => String(node.rules.chainId),
  net_listening: () => true,
  net_peerCount: () => "0x0",
  eth_chainId: ({ node }) => quantity(node.rules.chainId),
  eth_protocolVersion: () => "0x41",
  eth_syncing: () => false,
  eth_accounts: () => [],
  eth_mining: () => false,
  eth_blockNumber: ({ node }) => quantity(node.head.header.number),
  eth_gasPrice: ({ node }) => quantity(node.rules.baseFee),
  eth_maxPriorityFeePerGas: () => "0x0",
  eth_blobBaseFee: () => "0x1",
  eth_feeHistory: feeHistory,
  eth_getBalance: async (context, [address, block]) => {
    const { target, state } = await stateAt(context, address, block);
    return quantity((await state.getAccount(target))?.balance ?? 0n);
  },
  eth_getTransactionCount: (context, [address, block]) => transactionCount(context, address, block),
  eth_getCode: async (context, [address, block]) => {
    const { target, state } = await stateAt(context, address, block);
    return bytesToHex(await state.getCode(target));
  },
  eth_getStorageAt: async (context, [address, slot, block]) => {
    const { target, state } = await stateAt(context, address, block);
    const key = setLengthLeft(hexToBytes(padded(parseQuantity(slot, "slot"))), 32);
    return bytesToHex(setLengthLeft(await state.getStorage(target, key), 32));
  },
  eth_getBlockByNumber: async (context, [number, full]) => {
    const block = await chooseBlock(context, parseBlock(number));
    return block === undefined ? null : formatBlock(block, full === true);
  },
  eth_getBlockByHash: async (context, [hash, full]) => {
    const block = await chooseBlock(context, { by: "hash", hash: parseBytes(hash, "hash", 32) });
    return block === undefined ? null : formatBlock(block, full === true);
  },
  eth_getBlockTransactionCountByNumber: async (context, [number]) => {
    const block = await chooseBlock(context, parseBlock(number));
    return block === undefined ? null : quantity(block.transactions.length);
  },
  eth_getBlockTransactionCountByHash: async (context, [hash]) => {
    const block = await chooseBlock(context, { by: "hash", hash: parseBytes(hash, "hash", 32) });
    return block === undefined ? null : quantity(block.transactions.length);
  },
  eth_getTransactionByBlockNumberAndIndex: (context, [number, index]) =>
    transactionByPlace(context, parseBlock(number), index),
  eth_getTransactionByBlockHashAndIndex: (context, [hash, index]) =>
    transactionByPlace(context, { by: "hash", hash: parseBytes(hash, "hash", 32) }, index),
  eth_getTransactionByHash: (context, [hash]) => transactionByHash(context, parseBytes(hash, "hash", 32)),
  eth_getTransactionReceipt: (context, [hash]) => receiptOf(context, parseBytes(hash, "hash", 32)),
  eth_getBlockReceipts: async (context, [number]) => {
    const block = await chooseBlock(context, parseBlock(number));
    if (block === undefined) return null;
    const stored = await context.node.store.transactionsOf(Number(block.header.number));
    const logs = await findLogs(context, parseLogQuery({ blockHash: bytesToHex(block.hash()) }));
    return stored.map((transaction) =>
      formatReceipt(
        transaction,
        logs.filter((log) => log.transactionIndex === transaction.index),
      ),
    );
  },
  eth_getLogs: async (context, [filter]) => (await findLogs(context, parseLogQuery(filter))).map(formatLog),
  eth_call: async (context, [call, block, overrides]) => {
    refuseOverrides(overrides);
    const request = parseCall(call);
    return bytesToHex(await runCall(context.node, await requireBlock(context, block), request, context.limits.callGas));
  },
  eth_estimateGas: async (context, [call, block, overrides]) => {
    refuseOverrides(overrides);
    const request = parseCall(call);
    return quantity(
      await estimateGas(context.node, await requireBlock(context, block), request, context.node.rules.blockGas),
    );
  },
  eth_sendRawTransaction: (context, [raw]) => context.node.pool.add(parseBytes(raw, "transaction")),
  txpool_status: ({ node }) => ({ pending: quantity(node.pool.size), queued: "0x0" }),
  cairn_supply: supply,
  cairn_sealedBlock: (context, [number]) => sealedBlock(context, number),
  cairn_faucet: drip,
};

function padded(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

function refuseOverrides(overrides: unknown): void {
  if (overrides === undefined || overrides === null) return;
  if (typeof overrides === "object" && Object.keys(overrides).length === 0) return;
  throw invalidParams("state overrides are not supported");
}

/** Answers one call. @throws RpcError; anything else is a fault of this program or of its database */
export async function callMethod(context: MethodContext, method: string, params: unknown[]): Promise<unknown> {
  const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (run === undefined) {
    throw new RpcError(RPC.methodNotFound, `the method ${method.slice(0, 64)} does not exist/is not available`, {
      code: "chain-method-unknown",
      kind: "input",
      next: "Use a method of the Ethereum execution API.",
    });
  }
  return await run(context, params);
}

/** The error object of an answer; internals of unexpected errors are not shown. */
export function errorBody(error: unknown): { code: number; message: string; data?: Hex } {
  if (error instanceof RpcError) {
    return { code: error.rpcCode, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) };
  }
  if (error instanceof CairnError && error.kind === "unavailable") {
    return { code: RPC.resourceUnavailable, message: "the chain's database is unavailable" };
  }
  return { code: RPC.internal, message: "internal error" };
}
