import { type Address, CairnError, crypto, type Hex } from "@cairn/protocol";
import { createTxFromRLP } from "@ethereumjs/tx";
import { bytesToHex, hexToBytes, setLengthLeft } from "@ethereumjs/util";
import type { Caller } from "../calls/call-pool.ts";
import type { CallJob, CallResult } from "../calls/types.ts";
import { CAP_GWEI, rewardBetween, slotAt, supplyAt } from "../emission.ts";
import { contextOf, pendingBlock, pendingContext } from "../execution/block-context.ts";
import { invalidParams, RPC, RpcError } from "../rpc-error.ts";
import { sealToHex } from "../seal.ts";
import { chooseBlock, requireState, stateAt } from "./choose-block.ts";
import { feeHistory } from "./fee-history.ts";
import { findLogs } from "./find-logs.ts";
import { formatBlock, formatLog, formatPending, formatReceipt, formatTransaction, quantity } from "./format.ts";
import type { MethodContext } from "./method-context.ts";
import {
  type BlockChoice,
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

interface Method {
  /** How many parameters must be given, and how many may be. */
  required: number;
  most: number;
  run: (context: MethodContext, params: unknown[], caller: Caller) => unknown;
}

/** Longest that a question for a coming block stays open. */
/** Transactions that wait, of one answer: about what a block takes. */
const MAX_PENDING = 500;
const MAX_WAIT_MS = 30_000;

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

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const method = (required: number, most: number, run: Method["run"]): Method => ({ required, most, run });

/** Every method, with the number of parameters that it needs and takes. */
const METHODS: Record<string, Method> = {
  web3_clientVersion: method(0, 0, () => "cairn-chain/0.1.0"),
  web3_sha3: method(1, 1, (_, [data]) => bytesToHex(crypto.keccak(parseBytes(data, "data")))),
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
    if (number === "pending")
      return formatPending(
        pendingBlock(node.head, nowSeconds(), node.common),
        whole ? node.pool.waiting(MAX_PENDING) : [],
      );
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
