import type { LogFilter, PlacedLog, PlacedTransaction, StoredBlock } from "../types.ts";

export interface BlockRow {
  number: string;
  hash: Buffer;
  raw: Buffer;
  seal: Buffer;
  reveal: Buffer;
}

export interface TransactionRow {
  hash: Buffer;
  block: string;
  block_hash: Buffer;
  index: number;
  sender: Buffer;
  recipient: Buffer | null;
  value: string;
  status: number;
  gas_used: string;
  cumulative_gas: string;
  effective_gas_price: string;
  created: Buffer | null;
  type: number;
  raw: Buffer;
}

export interface LogRow {
  block: string;
  block_hash: Buffer;
  index: number;
  tx: Buffer;
  tx_index: number;
  address: Buffer;
  topic0: Buffer | null;
  topic1: Buffer | null;
  topic2: Buffer | null;
  topic3: Buffer | null;
  data: Buffer;
}

export const SELECT_BLOCK = "select number, hash, raw, seal, reveal from blocks";
export const SELECT_TX = "select t.*, b.hash as block_hash from txs t join blocks b on b.number = t.block";

export function logConditions(filter: LogFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [filter.fromBlock, filter.toBlock];
  const conditions = ["l.block between $1 and $2"];
  const among = (column: string, members: Uint8Array[]): void => {
    values.push(members);
    conditions.push(`${column} = any($${values.length}::bytea[])`);
  };
  if (filter.addresses.length > 0) among("l.address", filter.addresses);
  for (const [position, members] of filter.topics.entries()) {
    if (members !== undefined) among(`l.topic${position}`, members);
    else conditions.push(`l.topic${position} is not null`);
  }
  return { where: conditions.join(" and "), values };
}

export function toBlock(row: BlockRow | undefined): StoredBlock | undefined {
  if (row === undefined) return undefined;
  const seal = { signature: new Uint8Array(row.seal), reveal: new Uint8Array(row.reveal) };
  return { number: Number(row.number), hash: new Uint8Array(row.hash), raw: new Uint8Array(row.raw), seal };
}

export function toTransaction(row: TransactionRow): PlacedTransaction {
  return {
    hash: row.hash,
    block: Number(row.block),
    blockHash: row.block_hash,
    index: row.index,
    sender: row.sender,
    recipient: row.recipient ?? undefined,
    value: BigInt(row.value),
    status: row.status === 1 ? 1 : 0,
    gasUsed: BigInt(row.gas_used),
    cumulativeGas: BigInt(row.cumulative_gas),
    effectiveGasPrice: BigInt(row.effective_gas_price),
    created: row.created ?? undefined,
    type: row.type,
    raw: row.raw,
  };
}

export function toLog(row: LogRow): PlacedLog {
  const topics = [row.topic0, row.topic1, row.topic2, row.topic3].filter((topic) => topic !== null);
  return {
    block: Number(row.block),
    blockHash: row.block_hash,
    index: row.index,
    transaction: row.tx,
    transactionIndex: row.tx_index,
    address: row.address,
    topics,
    data: row.data,
  };
}
