import { inTransaction } from "@cairn/catalog";
import { exactCoins } from "@cairn/core/coins";
import type { Pool } from "pg";
import type { NewNotice } from "../notice.ts";
import { settingsOfAll } from "../settings.ts";
import { writeNotices } from "../write-notices.ts";

/** More than a block has room for. */
const BATCH = 5000;

/**
 * Tell accounts of deposits that are final on the chain, by the statement's lines, which come in whole blocks. The block that was come to moves in the
 * transaction that writes the notices.
 * @returns how many notices were written
 */
export async function tellDeposits(pool: Pool): Promise<number> {
  return inTransaction(pool, async (client) => {
    const cursor = await client.query<{ position: number }>(
      "select position::float8 as position from accounts.notice_cursors where name = 'deposits' for update skip locked",
    );
    const from = cursor.rows[0]?.position;
    if (from === undefined) return 0;
    const { rows } = await client.query<Deposited>(
      `select e.wallet, w.name, w.account, e.block::float8 as block, e.log_index as "logIndex", e.at::float8 as at, e.deposit::text as amount,
         e.balance::text as balance
       from accounts.wallets w cross join lateral (
         select * from catalog.entries e where e.wallet = w.address and e.block >= $1 and e.kind = 'deposit' order by block, log_index limit ${BATCH}
       ) e order by e.block, e.wallet, e.log_index limit ${BATCH}`,
      [from],
    );
    const settings = await settingsOfAll(client, rows);
    let written = 0;
    for (const { wallet, name, account, block, logIndex, at, amount, balance } of rows) {
      const { frequency, channels } = settings.get(account)!.kinds.deposit;
      const notice: NewNotice = {
        account,
        kind: "deposit",
        subject: `${wallet}:${block}:${logIndex}`,
        period: "once",
        severity: "info",
        message: `A deposit of ${exactCoins(BigInt(amount))} for wallet ${name} (${wallet}) is final; ${exactCoins(BigInt(balance))} were free after it.`,
        wallet,
        channels: frequency === "never" ? [] : channels,
      };
      written += await writeNotices(client, at, [notice]);
    }
    // The block of the last line is looked at again where a batch may have ended within it, and else the projection's next one comes next.
    const last = rows.at(-1);
    if (rows.length === BATCH && last !== undefined && last.block > from)
      await client.query("update accounts.notice_cursors set position = $1 where name = 'deposits'", [last.block]);
    else if (last !== undefined)
      await client.query("update accounts.notice_cursors set position = $1 where name = 'deposits'", [last.block + 1]);
    return written;
  });
}

interface Deposited {
  wallet: string;
  name: string;
  account: string;
  block: number;
  logIndex: number;
  at: number;
  amount: string;
  balance: string;
}
