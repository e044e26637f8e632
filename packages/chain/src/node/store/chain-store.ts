import { EventEmitter } from "node:events";
import { CairnError } from "@cairn/protocol";
import pg from "pg";
import type { Floors } from "../pruner.ts";
import type { AccountRecord, LogFilter, PlacedLog, PlacedTransaction, StoredBlock } from "../types.ts";
import { connectWriter, type DatabaseConfig, databaseUnavailable } from "./database.ts";
import {
  type BlockRow,
  type LogRow,
  logConditions,
  SELECT_BLOCK,
  SELECT_TX,
  type TransactionRow,
  toBlock,
  toLog,
  toTransaction,
} from "./read-rows.ts";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { type BlockRows, bytes, fromHex, writeBlock } from "./write-block.ts";

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
        await writeBlock(this.#writer, rows);
      });
    } catch (error) {
      throw databaseUnavailable(error);
    }
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
