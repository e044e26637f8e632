import { inTransaction } from "@cairn/catalog";
import { formatCoins } from "@cairn/core/coins";
import { type Address, CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";

const DAY_SECONDS = 86_400;

/**
 * Count what a custodial wallet's signature allows to be spent; the same message counts once.
 * @throws CairnError `limit-reached` where it would go beyond the limit of the day (UTC); nothing is counted then
 */
export async function spend(
  { pool, clock }: AccountsContext,
  { address, digest, amount }: { address: Address; digest: Buffer; amount: bigint },
): Promise<void> {
  const today = Math.floor(clock.now() / DAY_SECONDS);
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ limit: string }>(
      `select daily_limit::text as "limit" from accounts.wallets where address = $1 for update`,
      [address],
    );
    const limit = BigInt(rows[0]?.limit ?? 0);
    const counted = await client.query<{ spent: string; again: boolean }>(
      `select coalesce(sum(amount) filter (where day = $2), 0)::text as spent,
         coalesce(bool_or(digest = $3), false) as again from accounts.spending where wallet = $1`,
      [address, today, digest],
    );
    const { spent = "0", again = false } = counted.rows[0] ?? {};
    if (again) return;
    if (BigInt(spent) + amount > limit) throw beyond(address, { limit, spent: BigInt(spent), amount, today });
    await client.query("insert into accounts.spending (wallet, digest, day, amount) values ($1, $2, $3, $4)", [
      address,
      digest,
      today,
      amount.toString(),
    ]);
    // What is older than its mandate could be signed for is of no use; two days cover every clock's midnight.
    await client.query("delete from accounts.spending where wallet = $1 and day < $2", [address, today - 1]);
  });
}

function beyond(
  address: Address,
  { limit, spent, amount, today }: { limit: bigint; spent: bigint; amount: bigint; today: number },
): CairnError {
  const frees = (today + 1) * DAY_SECONDS;
  return new CairnError(
    `the wallet ${address} may sign for ${formatCoins(limit)} a day: ${formatCoins(spent)} are signed for today, and this is ${formatCoins(amount)} more`,
    {
      code: "limit-reached",
      kind: "exhausted",
      details: {
        limit: "spending-per-day",
        value: limit.toString(),
        used: spent.toString(),
        asked: amount.toString(),
        freesAt: frees,
      },
      next: `Try again after ${new Date(frees * 1000).toISOString()}, or use a wallet without a limit.`,
    },
  );
}
