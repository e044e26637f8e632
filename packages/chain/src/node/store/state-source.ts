import pg from "pg";
import { type DatabaseConfig, databaseUnavailable } from "./database.ts";

/** What execution reads of a stored chain: trie nodes, code and block hashes. */
export interface StateSource {
  /** @throws chain-database-unavailable */
  node(key: string): Promise<Uint8Array | undefined>;
  hashOf(number: number): Promise<Uint8Array | undefined>;
}

/** The same over a connection of its own, for a thread beside the one that makes blocks. It reads only. */
export function openStateSource(config: DatabaseConfig): StateSource {
  const readers = new pg.Pool({
    ...config,
    application_name: "cairn-chain-calls",
    max: 1,
    connectionTimeoutMillis: 10_000,
  });
  readers.on("error", () => undefined);
  async function first<R extends pg.QueryResultRow>(
    name: string,
    text: string,
    value: unknown,
  ): Promise<R | undefined> {
    try {
      return (await readers.query<R>({ name, text, values: [value] })).rows[0];
    } catch (error) {
      throw databaseUnavailable(error);
    }
  }
  return {
    async node(key) {
      const row = await first<{ value: Buffer }>(
        "node",
        "select value from kv where key = $1",
        Buffer.from(key, "hex"),
      );
      return row === undefined ? undefined : new Uint8Array(row.value);
    },
    async hashOf(number) {
      return (await first<{ hash: Buffer }>("hash-of", "select hash from blocks where number = $1", number))?.hash;
    },
  };
}
