import { EventEmitter } from "node:events";
import { CairnError } from "@cairn/protocol";
import pg from "pg";
import type { Floors } from "../pruner.ts";
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
  #limited: Uint8Array = new Uint8Array(0);

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
          `the chain's database has version ${String(version)}; this program reads ${SCHEMA_VERSION}`,
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

  async #insertNodes({ block, nodes }: BlockRows): Promise<void> {
    if (nodes.size === 0) return;
    await this.#writer.query({
      name: "kv",
      text: `insert into kv select key, value, $3::bigint from unnest($1::bytea[], $2::bytea[]) as n (key, value)
        on conflict (key) do update set born = excluded.born`,
      values: [[...nodes.keys()].map(fromHex), [...nodes.values()], block.number],
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

  /** Wei that `sender` has sent to `recipient` in successful transactions other than those of `except`. */
  async sentBetween(sender: Uint8Array, recipient: Uint8Array, except: Uint8Array[]): Promise<bigint> {
    const text = `select coalesce((select sum(value) from txs
        where sender = $1 and recipient = $2 and status = 1 and hash <> all ($3::bytea[])), 0)
      + coalesce((select value from sent where sender = $1 and recipient = $2), 0) as sum`;
    const rows = await this.#read<{ sum: string }>("sent", text, [bytes(sender), bytes(recipient), except]);
    return BigInt(rows[0]?.sum ?? 0);
  }

  async floors(): Promise<Floors> {
    const kept = (await this.meta("floors")) as Floors | undefined;
    return kept ?? { states: 0, history: 0 };
  }

  /** Resolves when it is durable. To be called, as all that deletes, while no block is being appended. */
  async raiseFloors(floors: Floors): Promise<void> {
    await this.#write("insert into meta values ('floors', $1) on conflict (key) do update set value = excluded.value", [
      JSON.stringify(floors),
    ]);
  }

  /** Trie nodes, as far as the planner knows. */
  async countNodes(): Promise<number> {
    const rows = await this.#read<{ count: string }>("count-nodes", "select count(*) as count from kv", []);
    return Number(rows[0]?.count ?? 0);
  }

  async readNodes(keys: string[]): Promise<Map<string, Uint8Array>> {
    const text = "select key, value from kv where key = any($1::bytea[])";
    const rows = await this.#read<{ key: Buffer; value: Buffer }>("nodes", text, [keys.map(fromHex)]);
    return new Map(rows.map(({ key, value }) => [key.toString("hex"), new Uint8Array(value)]));
  }

  async stateRootOf(number: number): Promise<Uint8Array> {
    const text = "select state_root from blocks where number = $1";
    const [row] = await this.#read<{ state_root: Buffer }>("state-root", text, [number]);
    if (row === undefined) throw new Error(`block ${number} is not stored`);
    return new Uint8Array(row.state_root);
  }

  /** Begins a list of nodes to keep; an unfinished one is forgotten. */
  async beginLive(): Promise<void> {
    await this.#write("create temp table if not exists live (key bytea primary key)", []);
    await this.#write("truncate live", []);
  }

  async addLive(keys: string[]): Promise<void> {
    await this.#write("insert into live select * from unnest($1::bytea[]) on conflict do nothing", [keys.map(fromHex)]);
  }

  /** Deletes at most `limit` nodes that are not in the list and that no block after `number` wrote. Returns how many. */
  async deleteDeadNodes(number: number, limit: number): Promise<number> {
    return await this.#write(
      `delete from kv where ctid = any(array(select ctid from kv
        where born <= $1 and octet_length(key) = 32 and not exists (select from live where live.key = kv.key) limit $2))`,
      [number, limit],
    );
  }

  async endLive(): Promise<void> {
    await this.#write("drop table live", []);
  }

  /** The first block at or after a time, or the one after the last. */
  async firstBlockFrom(time: number): Promise<number> {
    const text = `select coalesce((select number from blocks where timestamp >= $1 order by number limit 1),
      (select max(number) + 1 from blocks)) as number`;
    const [row] = await this.#read<{ number: string }>("block-from", text, [time]);
    return Number(row?.number ?? 0);
  }

  /** Deletes blocks [from, to) with all their rows, but for those with a log of another topic than `passing`, which stay whole. */
  async deleteHistory(from: number, to: number, passing: string[]): Promise<void> {
    const topics = passing.map((topic) => fromHex(topic.slice(2)));
    const values = [from, to, topics];
    const gone = `select number from blocks b where number >= $1 and number < $2 and not exists (
      select from logs l where l.block = b.number and (l.topic0 is null or l.topic0 <> all ($3::bytea[])))`;
    try {
      await this.#transaction(async () => {
        await this.#writer.query(
          `insert into sent select sender, recipient, sum(value) from txs
            where status = 1 and value > 0 and recipient is not null and sender = $4 and block in (${gone}) group by 1, 2
            on conflict (sender, recipient) do update set value = sent.value + excluded.value`,
          [...values, bytes(this.#limited)],
        );
        await this.#writer.query(`delete from txs where block in (${gone})`, values);
        await this.#writer.query(`delete from blocks where number in (${gone})`, values);
        await this.#writer.query(
          `delete from logs l where block >= $1 and block < $2 and not exists (select from blocks b where b.number = l.block)`,
          [from, to],
        );
      });
    } catch (error) {
      throw databaseUnavailable(error);
    }
  }

  /** Whose payments are counted for ever, though their transactions are deleted: the faucet's. */
  remember(sender: Uint8Array): void {
    this.#limited = sender;
  }

  async #write(text: string, values: unknown[]): Promise<number> {
    try {
      return (await this.#writer.query(text, values)).rowCount ?? 0;
    } catch (error) {
      throw databaseUnavailable(error);
    }
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
