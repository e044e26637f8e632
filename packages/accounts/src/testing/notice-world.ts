import { ensureAccount } from "@cairn/catalog";
import type { Pool } from "pg";

/** A package of an account with some deals on chain, which end at `endsAt`. */
export async function storeDeals(
  pool: Pool,
  { account, id, deals, endsAt }: { account: string; id: string; deals: readonly string[]; endsAt: number },
): Promise<void> {
  await ensureAccount(pool, account);
  const [owner, hash] = [`0x${"2".repeat(40)}`, `0x${id.repeat(2)}`];
  await pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set, document_hash)
     values ($1, $2, $3, decode($4, 'hex'), '', 'STORED', 1, 3, 'none', 'private', 1, '0x', $5)`,
    [id, account, owner, id.repeat(2), hash],
  );
  for (const [shard, deal] of deals.entries())
    await pool.query(
      `insert into catalog.deals (deal, document_hash, owner, provider, piece, shard, commitment, raw_length, price_per_period, periods, duty,
         verifier_set, escrow, deadline, state, proposed_at, ends_at, proposed_block)
       values ($1, $2, $3, '0x3', 0, $4, '0x4', 1000, 1, 10, 1, '0x5', 10, 0, 'ACTIVE', 0, $5, 1)`,
      [deal, hash, owner, shard, endsAt],
    );
}

/** A wallet of an account that had a deposit, and how much of it is left. */
export async function fundWallet(
  pool: Pool,
  { account, address, left, block = 1 }: { account: string; address: string; left: bigint; block?: number },
): Promise<void> {
  await ensureAccount(pool, account);
  await pool.query(
    `insert into accounts.wallets (address, account, name, kind, created_at) values ($1, $2, $3, 'client', now()) on conflict do nothing`,
    [address, account, address.slice(-4)],
  );
  await pool.query(
    `insert into catalog.entries (wallet, block, log_index, at, kind, deposit, escrow, reserve, balance, transaction)
     values ($1, $2, 0, 1795953600, 'deposit', $3, 0, 0, $3, '0x6')`,
    [address, block, left.toString()],
  );
}

/** What was told, as the keys by which it is told once. */
export async function toldOf(
  pool: Pool,
  account: string,
  kind: string,
): Promise<{ subject: string; period: string }[]> {
  const { rows } = await pool.query(
    "select subject, period from accounts.told where account = $1 and kind = $2 order by subject, period",
    [account, kind],
  );
  return rows;
}
