import type { Hex } from "@cairn/protocol";
import type { Block } from "@ethereumjs/block";
import type { TypedTransaction } from "@ethereumjs/tx";
import { bytesToHex } from "@ethereumjs/util";
import { Bloom } from "@ethereumjs/vm";
import { effectiveGasPrice } from "../execution/block-builder.ts";
import { senderOf } from "../sender-of.ts";
import type { LogRecord, PlacedLog, PlacedTransaction } from "../types.ts";

/** JSON forms of the execution API (ethereum/execution-apis). */

export function quantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

export function formatHeader(block: Block) {
  const { header } = block;
  return {
    number: quantity(header.number),
    hash: bytesToHex(block.hash()),
    parentHash: bytesToHex(header.parentHash),
    nonce: bytesToHex(header.nonce),
    sha3Uncles: bytesToHex(header.uncleHash),
    logsBloom: bytesToHex(header.logsBloom),
    transactionsRoot: bytesToHex(header.transactionsTrie),
    stateRoot: bytesToHex(header.stateRoot),
    receiptsRoot: bytesToHex(header.receiptTrie),
    miner: header.coinbase.toString(),
    difficulty: quantity(header.difficulty),
    extraData: bytesToHex(header.extraData),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    mixHash: bytesToHex(header.mixHash),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    withdrawalsRoot: bytesToHex(header.withdrawalsRoot ?? new Uint8Array(32)),
    blobGasUsed: quantity(header.blobGasUsed ?? 0n),
    excessBlobGas: quantity(header.excessBlobGas ?? 0n),
    parentBeaconBlockRoot: bytesToHex(header.parentBeaconBlockRoot ?? new Uint8Array(32)),
  };
}

export function formatBlock(block: Block, full: boolean) {
  return {
    ...formatHeader(block),
    totalDifficulty: "0x0",
    size: quantity(block.serialize().length),
    uncles: [],
    withdrawals: (block.withdrawals ?? []).map((withdrawal) => withdrawal.toJSON()),
    transactions: block.transactions.map((transaction, index) =>
      full ? formatTransaction(transaction, { block, index }) : bytesToHex(transaction.hash()),
    ),
  };
}

/**
 * The block that would be made now, without what only a sealed block has. Its transactions are those that wait, where they are asked for whole: whoever
 * asks for its time alone does not get the pool with it.
 */
export function formatPending(block: Block, waiting: readonly TypedTransaction[] = []) {
  const transactions = waiting.map((transaction) => formatTransaction(transaction, undefined));
  return { ...formatBlock(block, false), transactions, hash: null, nonce: null, miner: null, logsBloom: null };
}

export function formatTransaction(transaction: TypedTransaction, place: { block: Block; index: number } | undefined) {
  const { chainId, ...signed } = transaction.toJSON();
  const baseFee = place?.block.header.baseFeePerGas;
  const { maxFeePerGas, gasPrice } = signed;
  return {
    hash: bytesToHex(transaction.hash()),
    blockHash: place === undefined ? null : bytesToHex(place.block.hash()),
    blockNumber: place === undefined ? null : quantity(place.block.header.number),
    transactionIndex: place === undefined ? null : quantity(place.index),
    type: quantity(transaction.type),
    chainId: chainId ?? quantity(transaction.common.chainId()),
    from: senderOf(transaction).toString(),
    to: transaction.to?.toString() ?? null,
    nonce: signed.nonce,
    gas: signed.gasLimit,
    gasPrice: baseFee === undefined ? (gasPrice ?? maxFeePerGas) : quantity(effectiveGasPrice(transaction, baseFee)),
    ...(maxFeePerGas === undefined ? {} : { maxFeePerGas, maxPriorityFeePerGas: signed.maxPriorityFeePerGas }),
    value: signed.value,
    input: signed.data,
    ...(signed.accessList === undefined ? {} : { accessList: signed.accessList }),
    v: signed.v,
    r: signed.r,
    s: signed.s,
    ...(transaction.type === 0 ? {} : { yParity: signed.v }),
  };
}

export function formatLog(log: PlacedLog) {
  return {
    address: bytesToHex(log.address),
    topics: log.topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(log.data),
    blockNumber: quantity(log.block),
    blockHash: bytesToHex(log.blockHash),
    transactionHash: bytesToHex(log.transaction),
    transactionIndex: quantity(log.transactionIndex),
    logIndex: quantity(log.index),
    removed: false,
  };
}

export function formatReceipt(transaction: PlacedTransaction, logs: PlacedLog[]) {
  return {
    transactionHash: bytesToHex(transaction.hash),
    transactionIndex: quantity(transaction.index),
    blockHash: bytesToHex(transaction.blockHash),
    blockNumber: quantity(transaction.block),
    from: bytesToHex(transaction.sender),
    to: transaction.recipient === undefined ? null : bytesToHex(transaction.recipient),
    contractAddress: transaction.created === undefined ? null : bytesToHex(transaction.created),
    status: quantity(transaction.status),
    type: quantity(transaction.type),
    gasUsed: quantity(transaction.gasUsed),
    cumulativeGasUsed: quantity(transaction.cumulativeGas),
    effectiveGasPrice: quantity(transaction.effectiveGasPrice),
    logs: logs.map(formatLog),
    logsBloom: bytesToHex(bloomOf(logs)),
  };
}

function bloomOf(logs: LogRecord[]): Uint8Array {
  const bloom = new Bloom();
  for (const log of logs) {
    bloom.add(log.address);
    for (const topic of log.topics) bloom.add(topic);
  }
  return bloom.bitvector;
}
