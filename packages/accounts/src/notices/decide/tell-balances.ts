import { inTransaction } from "@cairn/catalog";
import { heldCoins } from "@cairn/core/coins";
import { PHRASE_WALLET } from "@cairn/core/wallet-names";
import type { Address, Money } from "@cairn/protocol";
import type { Pool } from "pg";
import { DEFAULT_NOTICE_SETTINGS } from "../kinds.ts";
import type { NewNotice } from "../notice.ts";
import { periodsAt, type Recurring } from "../period-of.ts";
import { settingsOfAll } from "../settings.ts";
import { writeNotices } from "../write-notices.ts";

export interface BalancePorts {
  pool: Pool;
  /** What a wallet has in the contract, and at its address. */
  balanceOf(wallet: Address): Promise<{ balance: Money; coins: Money }>;
}

/** Wallets looked at in one transaction. */
const BATCH = 100;

/**
 * Tell accounts of wallets that have less than the threshold, and what their wallets have where they asked for that: one notice for each wallet, kind and
 * period. Wallets that never had a deposit, and pay for no package, are not told of; nor is that of a recovery phrase that it has little.
 * @param now UNIX seconds by the chain's time
 * @returns how many notices were written
 */
export async function tellBalances({ pool, balanceOf }: BalancePorts, now: number): Promise<number> {
  const periods = periodsAt(now);
  let written = 0;
  for (let after = ""; ; ) {
    const wallets = await dueWallets(pool, periods, after);
    const settings = await settingsOfAll(pool, wallets);
    const notices: NewNotice[] = [];
    for (const wallet of wallets) {
      const { kinds, lowBalance } = settings.get(wallet.account)!;
      const { balance, coins } = await balanceOf(wallet.address as Address);
      const held = `Wallet ${wallet.name} (${wallet.address}) has ${heldCoins(balance + coins)}: ${heldCoins(balance)} deposited and free, ${heldCoins(coins)} at its address`;
      const about = { account: wallet.account, subject: wallet.address, wallet: wallet.address };
      if (wallet.low !== null && balance + coins < lowBalance) {
        notices.push({
          ...about,
          kind: "balance-low",
          period: periods[wallet.low],
          severity: "warning",
          message: `${held}. That is less than your threshold of ${heldCoins(lowBalance)}.`,
          next: "Send coins to it and deposit them (`cairn wallet deposit AMOUNT`), or lower the threshold (`cairn notify --threshold COINS`).",
          channels: kinds["balance-low"].channels,
        });
      }
      if (wallet.report !== null) {
        notices.push({
          ...about,
          kind: "balance",
          period: periods[wallet.report],
          severity: "info",
          message: `${held}.`,
          channels: kinds.balance.channels,
        });
      }
    }
    written += await inTransaction(pool, (client) => writeNotices(client, now, notices));
    const last = wallets.at(-1);
    if (wallets.length < BATCH || last === undefined) return written;
    after = last.address;
  }
}

interface DueWallet {
  address: string;
  name: string;
  account: string;
  /** Frequencies of what is not told in this period yet. */
  low: Recurring | null;
  report: Recurring | null;
}

/** Wallets of whose balance something may have to be told. Wallets whose deposit exceeds the threshold are skipped unless a report is due. */
async function dueWallets(pool: Pool, periods: Record<Recurring, string>, after: string): Promise<DueWallet[]> {
  const { kinds, lowBalance } = DEFAULT_NOTICE_SETTINGS;
  const untold = (
    kind: string,
    frequency: string,
  ) => `(${frequency} <> 'never' and not exists (select from accounts.told t
    where t.account = w.account and t.kind = '${kind}' and t.subject = w.address and t.period = $1::jsonb ->> ${frequency}))`;
  const { rows } = await pool.query({
    name: "accounts-wallets-due",
    text: `select * from (
        select w.address, w.name, w.account,
          case when b.balance < w.threshold and (b.entered or exists (select from catalog.packages p where p.owner = w.address))
            and not (w.name = $6 or starts_with(w.name, $6 || ' 0x'))
            and ${untold("balance-low", "w.low")} then w.low end as low,
          case when b.entered and ${untold("balance", "w.report")} then w.report end as report
        from (
          select w.address, w.name, w.account, coalesce(s.settings #>> '{kinds,balance-low,frequency}', $2) as low,
            coalesce(s.settings #>> '{kinds,balance,frequency}', $3) as report, coalesce((s.settings ->> 'lowBalance')::numeric, $4::numeric) as threshold
          from accounts.wallets w left join accounts.notice_settings s on s.account = w.account where w.address > $5
        ) w cross join lateral (
          select coalesce(max(balance), 0) as balance, count(*) > 0 as entered from (
            select balance from catalog.entries e where e.wallet = w.address order by block desc, log_index desc limit 1) as last
        ) b
      ) as found where low is not null or report is not null order by address limit ${BATCH}`,
    values: [
      JSON.stringify(periods),
      kinds["balance-low"].frequency,
      kinds.balance.frequency,
      lowBalance.toString(),
      after,
      PHRASE_WALLET,
    ],
  });
  return rows as DueWallet[];
}
