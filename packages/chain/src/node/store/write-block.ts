import type pg from "pg";
import type { AccountRecord, LogRecord, StoredBlock, TransactionRecord } from "../types.ts";

/** A block with everything that its execution produced. */
export interface BlockRows {
  block: StoredBlock;
  timestamp: number;
  validator: Uint8Array;
  gasUsed: bigint;
  stateRoot: Uint8Array;
  transactions: TransactionRecord[];
  /** By transaction index. */
  logs: LogRecord[][];
  accounts: AccountRecord[];
  /** Trie nodes by hash, and contract code by "c" ‖ hash. */
  nodes: Map<string, Uint8Array>;
}

/** What the driver stores without a copy. */
export const bytes = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength);
export const fromHex = (value: string): Buffer => Buffer.from(value, "hex");

/** The block and all its rows, in the writer's transaction. */
export async function writeBlock(writer: pg.Client, rows: BlockRows): Promise<void> {
  await insertBlock(writer, rows);
  await insertTransactions(writer, rows);
  await insertLogs(writer, rows);
  await upsertAccounts(writer, rows);
  await insertNodes(writer, rows);
}

async function insertBlock(
  writer: pg.Client,
  { block, timestamp, validator, gasUsed, stateRoot, transactions }: BlockRows,
): Promise<void> {
  await writer.query({
    name: "block",
    text: "insert into blocks values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    values: [
      block.number,
      bytes(block.hash),
      timestamp,
      bytes(validator),
      gasUsed.toString(),
      transactions.length,
      bytes(stateRoot),
      bytes(block.raw),
      bytes(block.seal.signature),
      bytes(block.seal.reveal),
    ],
  });
}

async function insertTransactions(writer: pg.Client, { block, transactions }: BlockRows): Promise<void> {
  if (transactions.length === 0) return;
  await writer.query({
    name: "txs",
    text: `insert into txs (block, hash, index, sender, recipient, value, status, gas_used, cumulative_gas, effective_gas_price, created, type, raw)
      select $1::bigint, * from unnest($2::bytea[], $3::int[], $4::bytea[], $5::bytea[], $6::numeric[], $7::smallint[], $8::bigint[], $9::bigint[],
        $10::numeric[], $11::bytea[], $12::smallint[], $13::bytea[])`,
    values: [
      block.number,
      transactions.map((t) => t.hash),
      transactions.map((t) => t.index),
      transactions.map((t) => t.sender),
      transactions.map((t) => t.recipient),
      transactions.map((t) => t.value.toString()),
      transactions.map((t) => t.status),
      transactions.map((t) => t.gasUsed.toString()),
      transactions.map((t) => t.cumulativeGas.toString()),
      transactions.map((t) => t.effectiveGasPrice.toString()),
      transactions.map((t) => t.created),
      transactions.map((t) => t.type),
      transactions.map((t) => t.raw),
    ],
  });
}

async function insertLogs(writer: pg.Client, { block, transactions, logs }: BlockRows): Promise<void> {
  const flat = transactions.flatMap((t, i) => (logs[i] ?? []).map((log) => ({ ...log, hash: t.hash, at: t.index })));
  if (flat.length === 0) return;
  await writer.query({
    name: "logs",
    text: `insert into logs (block, index, tx, tx_index, address, topic0, topic1, topic2, topic3, data)
      select $1::bigint, ordinality - 1, tx, tx_index, address, topic0, topic1, topic2, topic3, data
      from unnest($2::bytea[], $3::int[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[])
        with ordinality as l (tx, tx_index, address, topic0, topic1, topic2, topic3, data)`,
    values: [
      block.number,
      flat.map((l) => l.hash),
      flat.map((l) => l.at),
      flat.map((l) => l.address),
      ...[0, 1, 2, 3].map((position) => flat.map((l) => l.topics[position])),
      flat.map((l) => l.data),
    ],
  });
}

async function upsertAccounts(writer: pg.Client, { block, accounts }: BlockRows): Promise<void> {
  if (accounts.length === 0) return;
  await writer.query({
    name: "accounts",
    text: `insert into accounts (block, address, nonce, balance, code_hash)
      select $1::bigint, * from unnest($2::bytea[], $3::numeric[], $4::numeric[], $5::bytea[])
      on conflict (address) do update set nonce = excluded.nonce, balance = excluded.balance, code_hash = excluded.code_hash, block = excluded.block`,
    values: [
      block.number,
      accounts.map((a) => a.address),
      accounts.map((a) => a.nonce.toString()),
      accounts.map((a) => a.balance.toString()),
      accounts.map((a) => a.codeHash),
    ],
  });
}

async function insertNodes(writer: pg.Client, { block, nodes }: BlockRows): Promise<void> {
  if (nodes.size === 0) return;
  await writer.query({
    name: "kv",
    text: `insert into kv select key, value, $3::bigint from unnest($1::bytea[], $2::bytea[]) as n (key, value)
      on conflict (key) do update set born = excluded.born`,
    values: [[...nodes.keys()].map(fromHex), [...nodes.values()], block.number],
  });
}
