import { inTransaction } from "@cairn/database";
import { CairnError } from "@cairn/protocol/errors";
import type { PoolClient } from "pg";
import { contractBeats } from "../contracts/contract-beats.ts";
import { replaceWhitelist } from "../locks.ts";
import type { NodeContext } from "../node-context.ts";
import { isSjcxAddress } from "./check-address.ts";
import { type CsvRow, parseCsv } from "./parse-csv.ts";
import { badAddress } from "./refusals.ts";
import { removeTokens } from "./remove.ts";

const ROWS_PER_STATEMENT = 5000;
/** As much as fits a column that keeps any decimal exactly. */
const BALANCE = /^\d{1,30}(\.\d{1,18})?$/;

export interface WhitelistChange {
  /** Addresses that the list holds now. */
  addresses: number;
  /** Addresses that it held before and that are not in the file. */
  removedAddresses: number;
  /** Farmers that ended with them. */
  removedFarmers: number;
  /** Rows that were passed over, and why: the first of them. */
  skipped: SkippedRow[];
  /** How many were passed over. */
  skippedRows: number;
}

interface SkippedRow {
  line: number;
  reason: string;
}

const MOST_NAMED = 20;

/** Address and balance of a row; the columns after them are not looked at. */
function readRow({ fields }: CsvRow): { address: string; balance: string } | { reason: string } {
  if (fields.length < 2) return { reason: "there are not two columns, address and balance" };
  const [address, balance] = fields.map((field) => field.trim()) as [string, string];
  if (!isSjcxAddress(address)) return { reason: `"${address.slice(0, 64)}" is not an address` };
  if (!BALANCE.test(balance)) return { reason: `"${balance.slice(0, 64)}" is not a balance` };
  return { address, balance };
}

/** The file's rows in a table of this transaction; of an address that comes twice the last row counts. */
async function stage(
  client: PoolClient,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Pick<WhitelistChange, "addresses" | "skipped" | "skippedRows">> {
  await client.query("create temporary table staged (address text primary key, balance numeric) on commit drop");
  let batch = new Map<string, string>();
  const flush = async () => {
    await client.query(
      `insert into staged select * from unnest($1::text[], $2::numeric[])
       on conflict (address) do update set balance = excluded.balance`,
      [[...batch.keys()], [...batch.values()]],
    );
    batch = new Map();
  };
  const skipped: SkippedRow[] = [];
  let skippedRows = 0;
  let first = true;
  for await (const row of parseCsv(source)) {
    if (first) {
      first = false;
      continue;
    }
    const read = readRow(row);
    if ("reason" in read) {
      skippedRows += 1;
      if (skipped.length < MOST_NAMED) skipped.push({ line: row.line, reason: read.reason });
      continue;
    }
    batch.set(read.address, read.balance);
    if (batch.size >= ROWS_PER_STATEMENT) await flush();
  }
  await flush();
  const { rows } = await client.query<{ count: number }>("select count(*)::int as count from staged");
  return { addresses: rows[0]!.count, skipped, skippedRows };
}

/**
 * Replaces the whitelist by a CSV file (its first row is skipped; columns address, balance) and ends all farmers of addresses that are not in
 * it. Rows that hold no address and balance are passed over and named. All or nothing; registrations wait meanwhile.
 *
 * @throws CairnError `downstream-bad-csv` with details.line; `downstream-empty-whitelist` for a file without any address, which
 *   would end every farmer
 */
export async function importWhitelist(
  { pool, settings, beats, now }: Pick<NodeContext, "pool" | "settings" | "beats" | "now">,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<WhitelistChange> {
  return inTransaction(pool, async (client) => {
    const staged = await stage(client, source);
    if (staged.addresses === 0) {
      throw new CairnError("the file holds no address", {
        code: "downstream-empty-whitelist",
        kind: "input",
        next: "Give a CSV file with a heading and one row for each address: address, balance.",
        details: { skipped: staged.skipped },
      });
    }
    await replaceWhitelist(client);
    const removed = await client.query(
      "delete from downstream.addresses where address not in (select address from staged)",
    );
    await client.query(
      `insert into downstream.addresses (address, balance, added_at) select address, balance, $1 from staged
       on conflict (address) do update set balance = excluded.balance`,
      [now()],
    );
    const farmers = await client.query<{ id: number }>(
      "select id from downstream.tokens where address not in (select address from staged) order by id for update",
    );
    await removeTokens(
      client,
      contractBeats(beats, settings.checkFraction),
      farmers.rows.map(({ id }) => id),
    );
    return {
      ...staged,
      removedAddresses: removed.rowCount ?? 0,
      removedFarmers: farmers.rows.length,
    };
  });
}

/**
 * Adds one address with the least balance that a token needs, or raises it to that. From the first address on, only listed ones get tokens.
 *
 * @throws CairnError `downstream-bad-address`
 */
export async function addToWhitelist(
  { pool, settings, now }: Pick<NodeContext, "pool" | "settings" | "now">,
  address: string,
): Promise<void> {
  if (!isSjcxAddress(address)) throw badAddress();
  await inTransaction(pool, async (client) => {
    await replaceWhitelist(client);
    await client.query(
      `insert into downstream.addresses as listed (address, balance, added_at) values ($1, $2, $3)
       on conflict (address) do update set balance = greatest(listed.balance, excluded.balance)`,
      [address, settings.minBalance, now()],
    );
  });
}
