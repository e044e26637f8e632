import type { Queryable } from "@cairn/catalog";
import type { AccountsContext } from "../accounts-context.ts";
import { limitReached } from "./limit-reached.ts";
import { limitsOf } from "./limits.ts";

const WINDOWS = {
  egress: { limit: "egressPerDay", seconds: 86_400 },
  commits: { limit: "commitsPerHour", seconds: 3600 },
} as const;
export type UseKind = keyof typeof WINDOWS;

/** Start of the hour or day (UTC) of a kind of use that `now` is in. */
const windowAt = (kind: UseKind, now: number): number => now - (now % WINDOWS[kind].seconds);

/**
 * Count a use in its hour or day. Nothing is written for accounts without that limit.
 * @throws CairnError `limit-reached`; nothing is counted then
 */
export async function use(
  { pool, clock }: AccountsContext,
  { account, kind, amount }: { account: string; kind: UseKind; amount: number },
): Promise<void> {
  const { limit, seconds } = WINDOWS[kind];
  const value = (await limitsOf(pool, account))[limit];
  if (value === null) return;
  const since = windowAt(kind, clock.now());
  const { rowCount } = await pool.query(
    `insert into accounts.used as u (account, kind, since, amount) select $1, $2, to_timestamp($3), $4::bigint where $4::bigint <= $5::bigint
     on conflict (account, kind, since) do update set amount = u.amount + $4::bigint where u.amount + $4::bigint <= $5::bigint`,
    [account, kind, since, amount, value],
  );
  if (rowCount === 1) return;
  const used = await usedOf(pool, { account, kind, now: clock.now() });
  throw limitReached(limit, { value, used, asked: amount, freesAt: since + seconds });
}

/** What was counted and not used after all. */
export async function giveBack(
  { pool }: Pick<AccountsContext, "pool">,
  { account, kind, amount, at }: { account: string; kind: UseKind; amount: number; at: number },
): Promise<void> {
  await pool.query(
    "update accounts.used set amount = greatest(0, amount - $4) where account = $1 and kind = $2 and since = to_timestamp($3)",
    [account, kind, windowAt(kind, at), amount],
  );
}

export async function usedOf(
  db: Queryable,
  { account, kind, now }: { account: string; kind: UseKind; now: number },
): Promise<number> {
  const { rows } = await db.query(
    "select amount::float8 as amount from accounts.used where account = $1 and kind = $2 and since = to_timestamp($3)",
    [account, kind, windowAt(kind, now)],
  );
  return (rows[0] as { amount: number } | undefined)?.amount ?? 0;
}
