import { type Address, CairnError, type Hex } from "@cairn/protocol";
import type { Block } from "@ethereumjs/block";
import { createTxFromRLP } from "@ethereumjs/tx";
import { bytesToHex, createAddressFromString, hexToBytes, setLengthLeft } from "@ethereumjs/util";
import type { Caller, CallPool } from "../calls/call-pool.ts";
import type { CallJob, CallResult } from "../calls/types.ts";
import type { ChainNode } from "../chain-node.ts";
import { keccak256 } from "../crypto.ts";
import { CAP_GWEI, rewardBetween, slotAt, supplyAt } from "../emission.ts";
import { contextOf, pendingBlock, pendingContext } from "../execution/block-context.ts";
import type { Faucet } from "../faucet.ts";
import { invalidParams, limitExceeded, pruned, RPC, RpcError } from "../rpc-error.ts";
import { sealToHex } from "../seal.ts";
import type { LogFilter, PlacedLog, PlacedTransaction } from "../types.ts";
import { formatBlock, formatLog, formatPending, formatReceipt, formatTransaction, quantity } from "./format.ts";
import {
  type BlockChoice,
  type LogQuery,
  parseAddress,
  parseBlock,
  parseBytes,
  parseCall,
  parseFlag,
  parseLogQuery,
  parseNumber,
  parseOptional,
  parseQuantity,
  parseSlot,
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
  calls: CallPool;
  faucet: Faucet | undefined;
  limits: MethodLimits;
}

interface Method {
  /** How many parameters must be given, and how many may be. */
  required: number;
  most: number;
  run: (context: MethodContext, params: unknown[], caller: Caller) => unknown;
}

/** As geth: a longer range is answered with its newest blocks. */
const MAX_FEE_HISTORY = 1024;
/** The same where the transactions of each block are to be looked at. */
const MAX_REWARD_HISTORY = 128;
const MAX_PERCENTILES = 100;
/** Longest that a question for a coming block stays open. */
const MAX_WAIT_MS = 30_000;

async function chooseBlock({ node }: MethodContext, choice: BlockChoice): Promise<Block | undefined> {
  if (choice.by === "head") return node.head;
  if (choice.by === "number" && choice.number === Number(node.head.header.number)) return node.head;
  const stored = await (choice.by === "number"
    ? node.store.blockByNumber(choice.number)
    : node.store.blockByHash(choice.hash));
  if (stored !== undefined) return node.decode(stored.raw);
  if (choice.by === "number" && choice.number < node.floors.history) throw pruned("history", node.floors.history);
  return undefined;
}

/** A block whose state is kept. */
async function requireState(context: MethodContext, value: unknown): Promise<Block> {
  const block = await requireBlock(context, value);
  const { states } = context.node.floors;
  if (Number(block.header.number) < states) throw pruned("state", states);
  return block;
}

async function requireBlock(context: MethodContext, value: unknown): Promise<Block> {
  const block = await chooseBlock(context, parseBlock(value));
  if (block !== undefined) return block;
  // EIP-1898.
  throw new RpcError(RPC.notFound, "header not found", {
    code: "chain-block-unknown",
    kind: "missing",
    next: "Ask for a block that the chain has.",
  });
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

async function stateAt(context: MethodContext, address: unknown, block: unknown) {
  const target = createAddressFromString(parseAddress(address, "address"));
  const state = await context.node.views.read(await requireState(context, block));
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
  if (fromBlock > numberOf(query.toBlock) && !(query.toBlock.by === "head" && fromBlock > head)) {
    throw invalidParams(`fromBlock ${fromBlock} is after toBlock ${numberOf(query.toBlock)}`);
  }
  if (fromBlock > toBlock) return undefined;
  if (toBlock - fromBlock + 1 > limits.logBlocks) {
    throw limitExceeded(
      `query exceeds max block range ${limits.logBlocks}`,
      `Ask for at most ${limits.logBlocks} blocks at a time.`,
    );
  }
  refusePassed(context, fromBlock, topics[0]);
  return { fromBlock, toBlock, addresses, topics };
}

/** Of pruned blocks only those with lasting logs are left: who asks for others would get an answer with holes. */
function refusePassed({ node }: MethodContext, fromBlock: number, asked: Uint8Array[] | undefined): void {
  const { history } = node.floors;
  if (fromBlock >= history) return;
  const passing = new Set(node.passingTopics);
  if (asked === undefined || asked.some((topic) => passing.has(bytesToHex(topic)))) throw pruned("history", history);
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

function parsePercentiles(value: unknown): number[] {
  const given = value ?? [];
  if (!Array.isArray(given) || given.length > MAX_PERCENTILES) {
    throw invalidParams(`rewardPercentiles must be a list of at most ${MAX_PERCENTILES}`);
  }
  for (const [index, one] of given.entries()) {
    if (typeof one !== "number" || !(one >= 0 && one <= 100)) {
      throw invalidParams(`rewardPercentiles[${index}] must be a number from 0 to 100`);
    }
    if (index > 0 && one < given[index - 1]) throw invalidParams("rewardPercentiles must not fall");
  }
  return given as number[];
}

/** The tip, in wei per gas, that the transactions of a block paid at each percentile of its gas. */
function rewardsOf(transactions: readonly PlacedTransaction[], baseFee: bigint, percentiles: readonly number[]): Hex[] {
  const paid = transactions
    .map(({ effectiveGasPrice, gasUsed }) => ({ tip: effectiveGasPrice - baseFee, gasUsed }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  const total = paid.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  let at = 0;
  let gas = paid[0]?.gasUsed ?? 0n;
  return percentiles.map((percentile) => {
    const threshold = (Number(total) * percentile) / 100;
    while (at < paid.length - 1 && Number(gas) < threshold) gas += paid[++at]?.gasUsed ?? 0n;
    return quantity(paid[at]?.tip ?? 0n);
  });
}

async function feeHistory({ node }: MethodContext, params: unknown[]) {
  const percentiles = parsePercentiles(params[2]);
  const most = BigInt(percentiles.length === 0 ? MAX_FEE_HISTORY : MAX_REWARD_HISTORY);
  const asked = parseQuantity(params[0], "blockCount");
  if (asked === 0n) throw invalidParams("blockCount must be at least 0x1");
  const head = Number(node.head.header.number);
  const choice = parseNumber(params[1], "newestBlock");
  const newest = choice.by === "number" ? choice.number : head;
  if (newest > head) throw invalidParams(`newestBlock ${newest} is past the last block, ${head}`);
  const oldest = Math.max(0, newest - Number(asked < most ? asked : most) + 1);
  const used = await node.store.gasUsed(oldest, newest);
  const { baseFee, blockGas } = node.rules;
  const reward: Hex[][] = [];
  for (let number = oldest; percentiles.length > 0 && number <= newest; number++) {
    const transactions = used[number - oldest] === 0n ? [] : await node.store.transactionsOf(number);
    reward.push(rewardsOf(transactions, baseFee, percentiles));
  }
  return {
    oldestBlock: quantity(oldest),
    baseFeePerGas: Array<Hex>(used.length + 1).fill(quantity(baseFee)),
    gasUsedRatio: used.map((gas) => Number(gas) / Number(blockGas)),
    baseFeePerBlobGas: Array<Hex>(used.length + 1).fill("0x1"),
    blobGasUsedRatio: used.map(() => 0),
    ...(percentiles.length === 0 ? {} : { reward }),
  };
}

async function runJob(
  context: MethodContext,
  kind: CallJob["kind"],
  [call, tag, overrides]: unknown[],
  maxGas: bigint,
  caller: Caller,
): Promise<CallResult> {
  refuseOverrides(overrides);
  const request = parseCall(call, context.node.rules.chainId);
  const block = await requireState(context, tag);
  const { header } = block;
  if (request.gasPrice !== undefined && request.gasPrice !== 0n && request.gasPrice < (header.baseFeePerGas ?? 0n)) {
    throw new RpcError(RPC.server, "max fee per gas less than block base fee", {
      code: "chain-underpriced-call",
      kind: "input",
      next: `Offer at least ${header.baseFeePerGas} wei, or leave the price out.`,
    });
  }
  const job: CallJob = {
    kind,
    block: {
      stateRoot: header.stateRoot,
      isHead: block === context.node.head,
      context: tag === "pending" ? pendingContext(block, nowSeconds()) : contextOf(block),
    },
    request,
    maxGas,
  };
  return await context.calls.run(job, caller);
}

function supply({ node }: MethodContext) {
  const initial = Object.values(node.rules.alloc).reduce((sum, wei) => sum + wei, 0n) / 1_000_000_000n;
  const slot = slotAt(node.head.header.timestamp, node.rules);
  const issued = node.rules.emission ? supplyAt(slot, initial) : initial;
  return {
    issuedGwei: issued.toString(),
    rewardGwei: (node.rules.emission ? rewardBetween(slot, slot + 1n, initial) : 0n).toString(),
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

const method = (required: number, most: number, run: Method["run"]): Method => ({ required, most, run });

/** Every method, with the number of parameters that it needs and takes. */
const METHODS: Record<string, Method> = {
  web3_clientVersion: method(0, 0, () => "cairn-chain/0.1.0"),
  web3_sha3: method(1, 1, (_, [data]) => bytesToHex(keccak256(parseBytes(data, "data")))),
  net_version: method(0, 0, ({ node }) => String(node.rules.chainId)),
  net_listening: method(0, 0, () => true),
  net_peerCount: method(0, 0, () => "0x0"),
  eth_chainId: method(0, 0, ({ node }) => quantity(node.rules.chainId)),
  eth_protocolVersion: method(0, 0, () => "0x41"),
  eth_syncing: method(0, 0, () => false),
  eth_accounts: method(0, 0, () => []),
  eth_mining: method(0, 0, () => false),
  eth_blockNumber: method(0, 0, ({ node }) => quantity(node.head.header.number)),
  eth_gasPrice: method(0, 0, ({ node }) => quantity(node.rules.baseFee)),
  eth_maxPriorityFeePerGas: method(0, 0, () => "0x0"),
  eth_blobBaseFee: method(0, 0, () => "0x1"),
  eth_feeHistory: method(2, 3, feeHistory),
  eth_getBalance: method(1, 2, async (context, [address, block]) => {
    const { target, state } = await stateAt(context, address, block);
    return quantity((await state.getAccount(target))?.balance ?? 0n);
  }),
  eth_getTransactionCount: method(1, 2, (context, [address, block]) => transactionCount(context, address, block)),
  eth_getCode: method(1, 2, async (context, [address, block]) => {
    const { target, state } = await stateAt(context, address, block);
    return bytesToHex(await state.getCode(target));
  }),
  eth_getStorageAt: method(2, 3, async (context, [address, slot, block]) => {
    const key = setLengthLeft(hexToBytes(padded(parseSlot(slot, "slot"))), 32);
    const { target, state } = await stateAt(context, address, block);
    return bytesToHex(setLengthLeft(await state.getStorage(target, key), 32));
  }),
  eth_getBlockByNumber: method(1, 2, async (context, [number, full]) => {
    const whole = parseFlag(full, "full");
    const { node } = context;
    if (number === "pending") return formatPending(pendingBlock(node.head, nowSeconds(), node.common));
    const block = await chooseBlock(context, parseNumber(number, "number"));
    return block === undefined ? null : formatBlock(block, whole);
  }),
  eth_getBlockByHash: method(1, 2, async (context, [hash, full]) => {
    const whole = parseFlag(full, "full");
    const block = await chooseBlock(context, { by: "hash", hash: parseBytes(hash, "hash", 32) });
    return block === undefined ? null : formatBlock(block, whole);
  }),
  eth_getBlockTransactionCountByNumber: method(1, 1, async (context, [number]) => {
    const block = await chooseBlock(context, parseNumber(number, "number"));
    return block === undefined ? null : quantity(block.transactions.length);
  }),
  eth_getBlockTransactionCountByHash: method(1, 1, async (context, [hash]) => {
    const block = await chooseBlock(context, { by: "hash", hash: parseBytes(hash, "hash", 32) });
    return block === undefined ? null : quantity(block.transactions.length);
  }),
  eth_getTransactionByBlockNumberAndIndex: method(2, 2, (context, [number, index]) =>
    transactionByPlace(context, parseNumber(number, "number"), index),
  ),
  eth_getTransactionByBlockHashAndIndex: method(2, 2, (context, [hash, index]) =>
    transactionByPlace(context, { by: "hash", hash: parseBytes(hash, "hash", 32) }, index),
  ),
  eth_getTransactionByHash: method(1, 1, (context, [hash]) => transactionByHash(context, parseBytes(hash, "hash", 32))),
  eth_getTransactionReceipt: method(1, 1, (context, [hash]) => receiptOf(context, parseBytes(hash, "hash", 32))),
  eth_getBlockReceipts: method(1, 1, async (context, [choice]) => {
    const block = await chooseBlock(context, parseBlock(choice));
    if (block === undefined) return null;
    const number = Number(block.header.number);
    const stored = await context.node.store.transactionsOf(number);
    const logs = await context.node.store.logs({ fromBlock: number, toBlock: number, addresses: [], topics: [] });
    return stored.map((transaction) =>
      formatReceipt(
        transaction,
        logs.filter((log) => log.transactionIndex === transaction.index),
      ),
    );
  }),
  eth_getLogs: method(1, 1, async (context, [filter]) =>
    (await findLogs(context, parseLogQuery(filter))).map(formatLog),
  ),
  eth_call: method(1, 3, async (context, params, caller) =>
    bytesToHex((await runJob(context, "call", params, context.limits.callGas, caller)) as Uint8Array),
  ),
  eth_estimateGas: method(1, 3, async (context, params, caller) =>
    quantity((await runJob(context, "estimate", params, context.node.rules.blockGas, caller)) as bigint),
  ),
  eth_sendRawTransaction: method(1, 1, (context, [raw]) => context.node.pool.add(parseBytes(raw, "transaction"))),
  txpool_status: method(0, 0, ({ node }) => ({ pending: quantity(node.pool.size), queued: "0x0" })),
  cairn_supply: method(0, 0, supply),
  cairn_waitForBlock: method(2, 2, async ({ node }, [number, milliseconds]) => {
    const wait = Math.min(MAX_WAIT_MS, Number(parseQuantity(milliseconds, "milliseconds")));
    await node.waitFor(Number(parseQuantity(number, "number")), wait);
    return quantity(node.head.header.number);
  }),
  cairn_sealedBlock: method(1, 1, (context, [number]) => sealedBlock(context, number)),
  cairn_faucet: method(1, 2, drip),
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
export async function callMethod(
  context: MethodContext,
  name: string,
  params: unknown[],
  caller: Caller,
): Promise<unknown> {
  const known = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (known === undefined) {
    const subscribes = name === "eth_subscribe" || name === "eth_unsubscribe";
    const reason = subscribes ? "needs a WebSocket" : "does not exist/is not available";
    throw new RpcError(RPC.methodNotFound, `the method ${name.slice(0, 64)} ${reason}`, {
      code: "chain-method-unknown",
      kind: "input",
      next: "Use a method of the Ethereum execution API.",
    });
  }
  const given = params.findLastIndex((param) => param !== undefined && param !== null) + 1;
  if (params.length < known.required) throw invalidParams(`missing value for required argument ${params.length}`);
  if (given > known.most) throw invalidParams(`too many arguments, want at most ${known.most}`);
  return await known.run(context, params, caller);
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
