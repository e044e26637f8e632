import { EventEmitter } from "node:events";
import { CairnError } from "@cairn/core";
import pg from "pg";
import type {
  AccountRecord,
  LogFilter,
  LogRecord,
  PlacedLog,
  PlacedTransaction,
  StoredBlock,
  TransactionRecord,
} from "../types.ts";
import { connectWriter, type DatabaseConfig, databaseUnavailable } from "./database.ts";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";

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

const bytes = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength);
const fromHex = (value: string): Buffer => Buffer.from(value, "hex");

interface BlockRow {
  number: string;
  hash: Buffer;
  raw: Buffer;
  seal: Buffer;
  reveal: Buffer;
}

interface TransactionRow {
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

interface LogRow {
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

const SELECT_BLOCK = "select number, hash, raw, seal, reveal from blocks";
const SELECT_TX = "select t.*, b.hash as block_hash from txs t join blocks b on b.number = t.block";

/**
 * The chain in PostgreSQL. One connection writes and holds the chain's lock; a few read. When the writing connection is lost the store
 * emits `lost` and is of no further use: what was not committed never happened.
 */
export class ChainStore extends EventEmitter<{ lost: [Error] }> {
  readonly #writer: pg.Client;
  readonly #readers: pg.Pool;
  #closing = false;

  private constructor(writer: pg.Client, config: DatabaseConfig) {
    super();
    this.#writer = writer;
    this.#readers = new pg.Pool({
      ...config,
      application_name: "cairn-chain",
      max: 4,
      connectionTimeoutMillis: 10_000,
    });
    this.#readers.on("error", () => undefined);
    writer.on("error", (error) => this.#lose(error));
    writer.on("end", () => this.#lose(new Error("the connection was closed")));
  }

  /** Connects, takes the lock and makes the tables. @throws chain-database-unavailable, chain-database-in-use, chain-database-version */
  static async open(config: DatabaseConfig, patienceMs = 30_000): Promise<ChainStore> {
    const writer = await connectWriter(config, patienceMs);
    const store = new ChainStore(writer, config);
    try {
      await store.#transaction(async () => {
        await writer.query(SCHEMA);
        await writer.query("insert into meta values ('schema', $1) on conflict do nothing", [SCHEMA_VERSION]);
      });
      const version = await store.meta("schema");
      if (version !== SCHEMA_VERSION) {
        throw new CairnError(
          `The chain's database has version ${String(version)}; this program reads ${SCHEMA_VERSION}.`,
          {
            code: "chain-database-version",
            kind: "conflict",
            next: "Run the version of Cairn that wrote this database.",
          },
        );
      }
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  #lose(error: Error): void {
    if (this.#closing) return;
    this.#closing = true;
    this.emit("lost", databaseUnavailable(error) as Error);
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    await this.#writer.query("begin");
    try {
      await work();
      await this.#writer.query("commit");
    } catch (error) {
      if (!this.#closing) await this.#writer.query("rollback");
      throw error;
    }
  }

  async #read<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.#readers.query<R>({ name, text, values })).rows;
    } catch (error) {
      throw databaseUnavailable(error);
    }
  }

  async meta(key: string): Promise<unknown> {
    const rows = await this.#read<{ value: unknown }>("meta", "select value from meta where key = $1", [key]);
    return rows[0]?.value;
  }

  /** Writes the block and all its rows, or nothing. The genesis block brings the rules it was made from. */
  async append(rows: BlockRows, rules?: unknown): Promise<void> {
    try {
      await this.#transaction(async () => {
        if (rules !== undefined)
          await this.#writer.query("insert into meta values ('rules', $1)", [JSON.stringify(rules)]);
        await this.#insertBlock(rows);
        await this.#insertTransactions(rows);
        await this.#insertLogs(rows);
        await this.#upsertAccounts(rows);
        await this.#insertNodes(rows);
      });
    } catch (error) {
      throw databaseUnavailable(error);
    }
  }

  async #insertBlock({ block, timestamp, validator, gasUsed, stateRoot, transactions }: BlockRows): Promise<void> {
    await this.#writer.query({
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

  async #insertTransactions({ block, transactions }: BlockRows): Promise<void> {
    if (transactions.length === 0) return;
    await this.#writer.query({
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

  async #insertLogs({ block, transactions, logs }: BlockRows): Promise<void> {
    const flat = transactions.flatMap((t, i) => (logs[i] ?? []).map((log) => ({ ...log, hash: t.hash, at: t.index })));
    if (flat.length === 0) return;
    await this.#writer.query({
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

  async #upsertAccounts({ block, accounts }: BlockRows): Promise<void> {
    if (accounts.length === 0) return;
    await this.#writer.query({
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

  async #insertNodes({ nodes }: BlockRows): Promise<void> {
    if (nodes.size === 0) return;
    await this.#writer.query({
      name: "kv",
      text: "insert into kv select * from unnest($1::bytea[], $2::bytea[]) on conflict do nothing",
      values: [[...nodes.keys()].map(fromHex), [...nodes.values()]],
    });
  }

  async node(key: string): Promise<Uint8Array | undefined> {
    const rows = await this.#read<{ value: Buffer }>("node", "select value from kv where key = $1", [fromHex(key)]);
    return rows[0] === undefined ? undefined : new Uint8Array(rows[0].value);
  }

  async head(): Promise<StoredBlock | undefined> {
    return toBlock((await this.#read<BlockRow>("head", `${SELECT_BLOCK} order by number desc limit 1`, []))[0]);
  }

  async blockByNumber(number: number): Promise<StoredBlock | undefined> {
    return toBlock((await this.#read<BlockRow>("block-number", `${SELECT_BLOCK} where number = $1`, [number]))[0]);
  }

  async blockByHash(hash: Uint8Array): Promise<StoredBlock | undefined> {
    return toBlock((await this.#read<BlockRow>("block-hash", `${SELECT_BLOCK} where hash = $1`, [bytes(hash)]))[0]);
  }

  async hashOf(number: number): Promise<Uint8Array | undefined> {
    const rows = await this.#read<{ hash: Buffer }>("hash-of", "select hash from blocks where number = $1", [number]);
    return rows[0]?.hash;
  }

  async gasUsed(from: number, to: number): Promise<bigint[]> {
    const text = "select gas_used from blocks where number between $1 and $2 order by number";
    return (await this.#read<{ gas_used: string }>("gas-used", text, [from, to])).map((row) => BigInt(row.gas_used));
  }

  async transaction(hash: Uint8Array): Promise<PlacedTransaction | undefined> {
    const rows = await this.#read<TransactionRow>("tx", `${SELECT_TX} where t.hash = $1`, [bytes(hash)]);
    return rows[0] === undefined ? undefined : toTransaction(rows[0]);
  }

  async transactionsOf(block: number): Promise<PlacedTransaction[]> {
    const rows = await this.#read<TransactionRow>("txs-of", `${SELECT_TX} where t.block = $1 order by t.index`, [
      block,
    ]);
    return rows.map(toTransaction);
  }

  async logsOfTransaction(block: number, index: number): Promise<PlacedLog[]> {
    const text = `select l.*, b.hash as block_hash from logs l join blocks b on b.number = l.block
      where l.block = $1 and l.tx_index = $2 order by l.index`;
    return (await this.#read<LogRow>("logs-of", text, [block, index])).map(toLog);
  }

  /** Number of matching logs, at most `limit` + 1, and the bytes of data that those carry. */
  async measureLogs(filter: LogFilter, limit: number): Promise<{ count: number; bytes: number }> {
    const { where, values } = logConditions(filter);
    const text = `select count(*) as count, coalesce(sum(size), 0) as bytes
      from (select octet_length(data) as size from logs l where ${where} limit ${limit + 1}) as matching`;
    const [row] = await this.#read<{ count: string; bytes: string }>("", text, values);
    return { count: Number(row?.count ?? 0), bytes: Number(row?.bytes ?? 0) };
  }

  async logs(filter: LogFilter): Promise<PlacedLog[]> {
    const { where, values } = logConditions(filter);
    const text = `select l.*, b.hash as block_hash from logs l join blocks b on b.number = l.block where ${where} order by l.block, l.index`;
    return (await this.#read<LogRow>("", text, values)).map(toLog);
  }

  /** Wei that `sender` has sent to `recipient` in successful transactions. */
  async sentBetween(sender: Uint8Array, recipient: Uint8Array): Promise<bigint> {
    const text = "select coalesce(sum(value), 0) as sum from txs where sender = $1 and recipient = $2 and status = 1";
    const rows = await this.#read<{ sum: string }>("sent", text, [bytes(sender), bytes(recipient)]);
    return BigInt(rows[0]?.sum ?? 0);
  }

  async account(address: Uint8Array): Promise<AccountRecord | undefined> {
    const text = "select address, nonce, balance, code_hash from accounts where address = $1";
    const [row] = await this.#read<{ address: Buffer; nonce: string; balance: string; code_hash: Buffer }>(
      "account",
      text,
      [bytes(address)],
    );
    if (row === undefined) return undefined;
    return { address: row.address, nonce: BigInt(row.nonce), balance: BigInt(row.balance), codeHash: row.code_hash };
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([this.#writer.end(), this.#readers.end()]);
  }
}

function logConditions(filter: LogFilter): { where: string; values: unknown[] } {
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

function toBlock(row: BlockRow | undefined): StoredBlock | undefined {
  if (row === undefined) return undefined;
  const seal = { signature: new Uint8Array(row.seal), reveal: new Uint8Array(row.reveal) };
  return { number: Number(row.number), hash: new Uint8Array(row.hash), raw: new Uint8Array(row.raw), seal };
}

function toTransaction(row: TransactionRow): PlacedTransaction {
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

function toLog(row: LogRow): PlacedLog {
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
