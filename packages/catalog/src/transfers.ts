import type { CoinBlock, CoinChain, Head, SeenTransfer } from "@cairn/core";
import { inTransaction } from "@cairn/database";
import type { Address, Hex, Money, Seconds } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";
import { recordEvents } from "./events.ts";
import type { Queryable } from "./queryable.ts";

/**
 * `pending`: it waits for a block. `included`: one has it, and fewer have come after than the account wants. `failed`: the chain refused it, its amount
 * was not moved. `reorganised`: the block that had it is the chain's no more; it waits again. `dropped`: another transaction took its place.
 */
export const TRANSFER_STATES = ["pending", "included", "confirmed", "failed", "reorganised", "dropped"] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

/** A transaction to or from a wallet, as its user follows it. */
export interface Transfer {
  wallet: Address;
  account: string;
  transaction: Hex;
  direction: "in" | "out";
  from: Address;
  to: Address | null;
  amount: Money;
  state: TransferState;
  block: number | null;
  /** Blocks from its own to the newest, both counted; no more are counted than are needed. */
  confirmations: number;
  needed: number;
  reorganisations: number;
  firstSeenAt: Seconds;
  changedAt: Seconds;
  /** Grows with every change of any transfer. */
  changed: number;
}

export interface WatchedWallet {
  address: Address;
  account: string;
  /** Blocks from which on a transfer is confirmed for its account. */
  confirmations: number;
}

const CURSOR = "transfers";
/** Blocks of one step. What is longer ago than the window when it is first looked for stands in the history alone. */
const SPAN = 50;
const WINDOW = 200;
/** Transfers that are listed of one wallet. */
const LISTED = 200;
/** How long one that no node shows is believed to come yet. */
const PENDING_SECONDS = 86_400;

type Chain = Pick<CoinChain, "latest" | "blocks" | "hashAt" | "pending" | "nonce">;

/**
 * Take one step with the chain's newest blocks, also with those that are not final: what waits, what is included, what a reorganisation took away.
 * Several processes may: one of them writes.
 * @returns true where it is worth stepping again at once
 */
export async function stepTransfers(pool: Pool, chain: Chain, wallets: readonly WatchedWallet[]): Promise<boolean> {
  const head = await chain.latest();
  const start = await nextBlock(pool, chain, head);
  const watched = new Map(wallets.map((wallet) => [wallet.address, wallet]));
  const to = Math.min(head.number, start.from + SPAN - 1);
  const isLast = to >= head.number;
  const blocks = to < start.from ? [] : await chain.blocks(start.from, to, new Set(watched.keys()));
  const waiting = isLast ? await chain.pending(new Set(watched.keys())) : [];
  const gone = isLast ? await replaced(pool, chain, waiting, head) : [];
  await inTransaction(pool, async (client) => {
    if (!(await takeTurn(client, start.next, to + 1))) return;
    await rewind(client, start.from);
    for (const block of blocks) await enterBlock(client, block, watched);
    for (const one of waiting) await enterPending(client, one, watched);
    await client.query(
      "update catalog.transfers set state = 'dropped', changed = nextval('catalog.transfer_changes'), changed_at = now() where transaction = any($1) and state in ('pending', 'reorganised')",
      [gone],
    );
    await confirm(client, to, wallets);
    await client.query("delete from catalog.transfer_blocks where number < $1", [to - 5 * WINDOW]);
  });
  return !isLast;
}

/** Where to go on: after the newest block that was looked at and is still the chain's. */
async function nextBlock(pool: Pool, chain: Chain, head: Head): Promise<{ next: number | null; from: number }> {
  const { rows } = await pool.query<{ next: number }>(
    "select next_block::float8 as next from catalog.cursors where name = $1",
    [CURSOR],
  );
  const next = rows[0]?.next ?? null;
  const oldest = Math.max(0, head.number - WINDOW);
  if (next === null) return { next, from: oldest };
  const seen = await pool.query<{ number: number; hash: Hex }>(
    "select number::float8 as number, hash from catalog.transfer_blocks order by number desc",
  );
  for (const { number, hash } of seen.rows) {
    if (number < oldest) break;
    if (number <= head.number && (await chain.hashAt(number)) === hash)
      return { next, from: Math.max(oldest, number + 1) };
  }
  return { next, from: Math.max(oldest, Math.min(next, seen.rows.at(-1)?.number ?? next)) };
}

/** Whether this process is the one that writes the step from `next`; the cursor is moved then. */
async function takeTurn(client: PoolClient, next: number | null, until: number): Promise<boolean> {
  await lockTransfers(client);
  if (next === null) {
    const { rowCount } = await client.query(
      "insert into catalog.cursors (name, next_block) values ($1, $2) on conflict do nothing",
      [CURSOR, until],
    );
    return rowCount === 1;
  }
  const { rowCount } = await client.query(
    "update catalog.cursors set next_block = $3 where name = $1 and next_block = $2",
    [CURSOR, next, until],
  );
  return rowCount === 1;
}

/** Changes are made one after another, so that their numbers come in the order in which they can be read. */
async function lockTransfers(client: PoolClient): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('catalog.transfers'))");
}

/** What stands in blocks from `from` on is looked for anew: it was in blocks that are the chain's no more. */
async function rewind(client: PoolClient, from: number): Promise<void> {
  const { rowCount } = await client.query("delete from catalog.transfer_blocks where number >= $1", [from]);
  if (rowCount === 0) return;
  const { rows } = await client.query(
    `update catalog.transfers set state = 'reorganised', block = null, block_hash = null, confirmations = 0,
       reorganisations = reorganisations + 1, changed = nextval('catalog.transfer_changes'), changed_at = now()
     where block >= $1 returning *`,
    [from],
  );
  for (const row of rows) await tell(client, transferOf(row));
}

async function enterBlock(client: PoolClient, block: CoinBlock, watched: ReadonlyMap<Address, WatchedWallet>) {
  await client.query(
    "insert into catalog.transfer_blocks (number, hash) values ($1, $2) on conflict (number) do update set hash = excluded.hash",
    [block.number, block.hash],
  );
  for (const seen of block.transfers) {
    for (const [wallet, direction] of sidesOf(seen, watched)) {
      await enter(client, wallet, direction, seen, { state: seen.ok ? "included" : "failed", block });
    }
  }
}

async function enterPending(client: PoolClient, seen: SeenTransfer, watched: ReadonlyMap<Address, WatchedWallet>) {
  for (const [wallet, direction] of sidesOf(seen, watched))
    await enter(client, wallet, direction, seen, { state: "pending" });
}

/** Keep a transaction of a wallet that was handed to a node, before any block has it. */
export async function notePending(pool: Pool, wallet: WatchedWallet, seen: SeenTransfer): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockTransfers(client);
    await enterPending(client, seen, new Map([[wallet.address, wallet]]));
  });
}

function sidesOf({ from, to }: SeenTransfer, watched: ReadonlyMap<Address, WatchedWallet>) {
  const sides: [WatchedWallet, "in" | "out"][] = [];
  const [sender, recipient] = [watched.get(from), to === null ? undefined : watched.get(to)];
  if (sender !== undefined) sides.push([sender, "out"]);
  if (recipient !== undefined) sides.push([recipient, "in"]);
  return sides;
}

async function enter(
  client: PoolClient,
  { address, account, confirmations }: WatchedWallet,
  direction: "in" | "out",
  seen: SeenTransfer,
  { state, block }: { state: TransferState; block?: CoinBlock },
): Promise<void> {
  const { rows } = await client.query(
    `insert into catalog.transfers as t (wallet, transaction, account, direction, sender, recipient, nonce, amount, state, block, block_hash, needed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (wallet, transaction, direction) do update set state = excluded.state, block = excluded.block, block_hash = excluded.block_hash,
       changed = nextval('catalog.transfer_changes'), changed_at = now()
       where t.block_hash is distinct from excluded.block_hash and (excluded.block is not null or t.state = 'dropped')
     returning *`,
    [
      ...[address, seen.transaction, account, direction, seen.from, seen.to, seen.nonce, seen.amount.toString(), state],
      ...[block?.number ?? null, block?.hash ?? null, confirmations],
    ],
  );
  if (state === "failed" && rows[0] !== undefined) await tell(client, transferOf(rows[0]));
}

/** Those in our list that can be mined no more: their sender has used the nonce for another, or no node has shown them for long. */
async function replaced(
  pool: Pool,
  chain: Chain,
  waiting: readonly SeenTransfer[],
  head: Head,
): Promise<readonly Hex[]> {
  const { rows } = await pool.query<{ transaction: Hex; sender: Address; nonce: number; old: boolean }>(
    `select distinct transaction, sender, nonce::float8 as nonce, changed_at < now() - make_interval(secs => $2) as old
     from catalog.transfers where state in ('pending', 'reorganised') and not (transaction = any($1)) limit 100`,
    [waiting.map(({ transaction }) => transaction), PENDING_SECONDS],
  );
  const gone: Hex[] = [];
  for (const { transaction, sender, nonce, old } of rows)
    if (old || (await chain.nonce(sender)) > nonce) gone.push(transaction);
  // A block that came meanwhile may be what took the nonces, with the very transactions: it is looked at first.
  return gone.length === 0 || (await chain.latest()).hash === head.hash ? gone : [];
}

/** Count on to `head`. */
async function confirm(client: PoolClient, head: number, wallets: readonly WatchedWallet[]): Promise<void> {
  const { rows } = await client.query(
    `with counted as (
       select t.wallet, t.transaction, t.direction, w.needed, least(w.needed, $1::bigint - t.block + 1)::int as confirmations
       from catalog.transfers t join unnest($2::text[], $3::int[]) as w (wallet, needed) on w.wallet = t.wallet
       where t.state = 'included' and t.block <= $1)
     update catalog.transfers t set confirmations = c.confirmations, needed = c.needed,
       state = case when c.confirmations >= c.needed then 'confirmed' else t.state end,
       changed = nextval('catalog.transfer_changes'), changed_at = now()
     from counted c where t.wallet = c.wallet and t.transaction = c.transaction and t.direction = c.direction
       and (t.confirmations <> c.confirmations or t.needed <> c.needed or c.confirmations >= c.needed)
     returning t.*`,
    [head, wallets.map(({ address }) => address), wallets.map(({ confirmations }) => confirmations)],
  );
  for (const row of rows) if (row.state === "confirmed") await tell(client, transferOf(row));
}

const WORDS: Partial<Record<TransferState, { severity: "info" | "warning"; in: string; out: string; next?: string }>> =
  {
    confirmed: { severity: "info", in: "Coins came to", out: "A transaction is confirmed of" },
    failed: {
      ...{ severity: "warning", in: "A payment failed to", out: "A transaction failed of" },
      next: "The amount was not moved, and the sender paid the fee: look at the transaction, and send it again.",
    },
    reorganised: {
      ...{
        severity: "warning",
        in: "The chain took back the block of a payment to",
        out: "The chain took back the block of a transaction of",
      },
      next: "Wait: it is usually included again by itself. Count on it once it is confirmed.",
    },
  };

/** As an event of its account, once per end of a transfer. */
async function tell(client: PoolClient, { account, wallet, transaction, direction, state, amount }: Transfer) {
  const words = WORDS[state];
  if (words === undefined) return;
  await recordEvents(client, [
    {
      account,
      kind: `transfer-${state}`,
      severity: words.severity,
      message: `${words[direction]} the wallet ${wallet}: transaction ${transaction}.`,
      ...(words.next === undefined ? {} : { next: words.next }),
      data: { wallet, transaction, direction, amount: amount.toString() },
    },
  ]);
}

/** Transfers of a wallet, those that changed last first. @param open only those that are not confirmed, failed or dropped */
export async function listTransfers(db: Queryable, wallet: Address, open = false): Promise<Transfer[]> {
  const { rows } = await db.query(
    `select * from catalog.transfers where wallet = $1 and (not $2 or state in ('pending', 'included', 'reorganised'))
     order by changed desc limit ${LISTED}`,
    [wallet.toLowerCase(), open],
  );
  return rows.map(transferOf);
}

/** What changed after the change `after`, in order. */
export async function changedTransfers(db: Queryable, after: number, limit = 500): Promise<Transfer[]> {
  const { rows } = await db.query("select * from catalog.transfers where changed > $1 order by changed limit $2", [
    after,
    limit,
  ]);
  return rows.map(transferOf);
}

/** The newest change. */
export async function lastTransferChange(db: Queryable): Promise<number> {
  const { rows } = await db.query("select coalesce(max(changed), 0)::float8 as last from catalog.transfers");
  return (rows[0] as { last: number }).last;
}

/** Forget what has been over for so long; the history keeps what moved. */
export async function forgetTransfers(db: Queryable, seconds: number): Promise<void> {
  await db.query(
    `delete from catalog.transfers where ctid = any(array(select ctid from catalog.transfers
       where state in ('confirmed', 'failed', 'dropped') and changed_at < now() - make_interval(secs => $1) limit 10000))`,
    [seconds],
  );
}

function transferOf(row: Record<string, unknown>): Transfer {
  const seconds = (at: unknown) => Math.floor((at as Date).getTime() / 1000);
  return {
    wallet: row.wallet as Address,
    account: row.account as string,
    transaction: row.transaction as Hex,
    direction: row.direction as Transfer["direction"],
    from: row.sender as Address,
    to: row.recipient as Address | null,
    amount: BigInt(row.amount as string),
    state: row.state as TransferState,
    block: row.block === null ? null : Number(row.block),
    confirmations: row.confirmations as number,
    needed: row.needed as number,
    reorganisations: row.reorganisations as number,
    firstSeenAt: seconds(row.first_seen_at),
    changedAt: seconds(row.changed_at),
    changed: Number(row.changed),
  };
}
