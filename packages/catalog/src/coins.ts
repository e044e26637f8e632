import { type CoinChain, type CoinKind, type CoinMovement, lowest } from "@cairn/core";
import { inTransaction } from "@cairn/database";
import type { Address, Money, Seconds } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";
import type { Queryable } from "./queryable.ts";

/** How far back the coins of a wallet that is new here are looked at; what it had before is one line, `opening`. */
const LOOK_BACK = 1000;
/** Blocks of one step. */
const SPAN = 100;
/** Wallets without a movement whose balances are compared in one step. */
const COMPARED = 100;
/** Differences of one wallet that are found block by block in one step; what is left stands at its end. */
const DIFFERENCES = 16;

type Chain = Pick<CoinChain, "finalized" | "blocks" | "balanceAt">;

interface Cursor {
  wallet: Address;
  next: number;
  balance: Money;
  compared: number;
}

/**
 * Take one step: the coin side of the statement of `wallets`, on final blocks, goes on from each one's cursor in one transaction; another
 * process that took the same step meanwhile has its way. Each wallet's lines come to its balance on the chain: what no transaction explains is a
 * line too.
 * @returns true where it is worth stepping again at once
 */
export async function stepCoins(pool: Pool, chain: Chain, wallets: readonly Address[]): Promise<boolean> {
  const head = await chain.finalized();
  const known = await cursorsOf(pool, wallets);
  const fresh = wallets.filter((wallet) => !known.some((one) => one.wallet === wallet));
  if (fresh.length > 0) {
    for (const wallet of fresh) await openWallet(pool, chain, wallet, head);
    return true;
  }
  const from = lowest(known.map(({ next }) => next));
  if (known.length === 0 || from > head.number) return false;
  const later = known.map(({ next }) => next).filter((next) => next > from);
  const to = Math.min(head.number, from + SPAN - 1, ...later.map((next) => next - 1));
  const cursors = known.filter(({ next }) => next === from);
  const blocks = await chain.blocks(from, to, new Set(cursors.map(({ wallet }) => wallet)));
  const movements = Map.groupBy(
    blocks.flatMap((block) => block.movements),
    ({ wallet }) => wallet,
  );
  const compared = comparedNow(cursors, movements);
  const lines = await Promise.all(
    cursors.map(async (cursor) => {
      const own = movements.get(cursor.wallet) ?? [];
      if (!compared.has(cursor.wallet)) return { cursor, own, compared: cursor.compared };
      const full = await explained(chain, cursor, own, { from, to, time: blocks.at(-1)?.time ?? head.timestamp });
      return { cursor, own: full ?? own, compared: full === undefined ? cursor.compared : to };
    }),
  );
  await inTransaction(pool, async (client) => {
    for (const { cursor, own, compared: until } of lines) await advance(client, cursor, own, to + 1, until);
  });
  return true;
}

/** Those that moved, and of the others those that were compared longest ago. */
function comparedNow(cursors: Cursor[], movements: ReadonlyMap<Address, unknown>): Set<Address> {
  const still = cursors.filter(({ wallet }) => !movements.has(wallet)).sort((a, b) => a.compared - b.compared);
  return new Set([...movements.keys(), ...still.slice(0, COMPARED).map(({ wallet }) => wallet)]);
}

async function cursorsOf(db: Queryable, wallets: readonly Address[]): Promise<Cursor[]> {
  const { rows } = await db.query(
    `select wallet, next_block::float8 as next, balance::text, compared_block::float8 as compared
     from catalog.coin_cursors where wallet = any($1)`,
    [wallets],
  );
  return rows.map((row) => ({ ...(row as Cursor), balance: BigInt(row.balance as string) }));
}

/** Where its history begins: some blocks back if the chain still knows what it had then, otherwise now. */
async function openWallet(pool: Pool, chain: Chain, wallet: Address, head: { number: number; timestamp: Seconds }) {
  const before = Math.max(0, head.number - LOOK_BACK);
  const then = await chain.balanceAt(wallet, before);
  const last = then === undefined ? head.number : before;
  const had = then ?? (await chain.balanceAt(wallet, head.number)) ?? 0n;
  const [block] = await chain.blocks(last, last, new Set());
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      "insert into catalog.coin_cursors (wallet, next_block, balance, compared_block) values ($1, $2, 0, $3) on conflict do nothing",
      [wallet, last, last],
    );
    if (rowCount === 0) return;
    const opening = { wallet, block: last, time: block?.time ?? head.timestamp, kind: "opening", amount: had } as const;
    const none = { counterparty: null, transaction: null };
    const lines = had === 0n ? [] : [{ ...opening, ...none }];
    await advance(client, { wallet, next: last, balance: 0n, compared: last }, lines, last + 1, last);
  });
}

/** The wallet's movements in a span, and lines for what they do not explain; undefined where the chain does not say what it had at the end. */
async function explained(
  chain: Chain,
  { wallet, balance }: Cursor,
  own: readonly CoinMovement[],
  { from, to, time }: { from: number; to: number; time: Seconds },
): Promise<CoinMovement[] | undefined> {
  const lines = [...own];
  const after = (block: number) =>
    lines.filter((line) => line.block <= block).reduce((sum, { amount }) => sum + amount, balance);
  const differs = async (block: number) => {
    const actual = await chain.balanceAt(wallet, block);
    return actual === undefined ? undefined : actual - after(block);
  };
  let end = await differs(to);
  if (end === undefined) return undefined;
  for (let found = 1; end !== 0n; found++) {
    // The first block after which the balances differ.
    let [low, high, by, open] = [from, to, end, found < DIFFERENCES];
    while (open && low < high) {
      const middle = Math.floor((low + high) / 2);
      const here = await differs(middle);
      if (here === undefined) open = false;
      else if (here === 0n) low = middle + 1;
      else [high, by] = [middle, here];
    }
    const [block, amount] = open ? [high, by] : [to, end];
    const known =
      lines.find((line) => line.block === block)?.time ?? (await chain.blocks(block, block, new Set()))[0]?.time;
    const line = { wallet, block, time: known ?? time, kind: "unexplained", amount } as const;
    const at = lines.findLastIndex((one) => one.block <= block) + 1;
    lines.splice(at, 0, { ...line, counterparty: null, transaction: null });
    end -= amount;
  }
  return lines;
}

/** Enter the lines and move the cursor, unless another process has. */
async function advance(
  client: PoolClient,
  { wallet, next, balance }: Cursor,
  lines: readonly CoinMovement[],
  until: number,
  compared: number,
): Promise<void> {
  const total = lines.reduce((sum, { amount }) => sum + amount, balance);
  const { rowCount } = await client.query(
    "update catalog.coin_cursors set next_block = $3, balance = $4, compared_block = $5 where wallet = $1 and next_block = $2",
    [wallet, next, until, total.toString(), compared],
  );
  if (rowCount === 0 || lines.length === 0) return;
  const places = new Map<number, number>();
  let running = balance;
  const rows = lines.map(({ block, time, kind, amount, counterparty, transaction }) => {
    const position = places.get(block) ?? 0;
    places.set(block, position + 1);
    running += amount;
    return [block, position, time, kind, amount.toString(), running.toString(), counterparty, transaction] as const;
  });
  const column = (index: number) => rows.map((row) => row[index]);
  await client.query(
    `insert into catalog.coin_entries (wallet, block, position, at, kind, amount, balance, counterparty, transaction)
     select $1, * from unnest($2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::numeric[], $7::numeric[], $8::text[], $9::text[])`,
    [wallet, ...[0, 1, 2, 3, 4, 5, 6, 7].map(column)],
  );
}

/** The coins of wallets as their lines come to, and up to which block they are followed; a wallet that is new is not in it. */
export async function coinTotals(db: Queryable, wallets: readonly Address[]): Promise<Map<Address, CoinTotals>> {
  const { rows } = await db.query(
    `select c.wallet, c.balance::text, c.next_block::float8 - 1 as through,
       (select coalesce(jsonb_object_agg(kind, moved), '{}') from
         (select kind, sum(amount)::text as moved from catalog.coin_entries e where e.wallet = c.wallet group by kind) as by_kind) as kinds
     from catalog.coin_cursors c where c.wallet = any($1)`,
    [wallets.map((wallet) => wallet.toLowerCase())],
  );
  return new Map(
    rows.map((row) => [
      row.wallet as Address,
      {
        coins: BigInt(row.balance as string),
        through: row.through as number,
        kinds: Object.fromEntries(
          Object.entries(row.kinds as Record<CoinKind, string>).map(([kind, sum]) => [kind, BigInt(sum)]),
        ),
      },
    ]),
  );
}

export interface CoinTotals {
  coins: Money;
  /** The block up to which the lines are complete. */
  through: number;
  /** Signed sums. */
  kinds: Partial<Record<CoinKind, Money>>;
}
