import { inTransaction } from "@cairn/catalog";
import { AGREED } from "@cairn/core";
import { formatDuration } from "@cairn/core/format";
import type { Pool } from "pg";
import { DEFAULT_NOTICE_SETTINGS, MOST_EXPIRY_DAYS } from "../kinds.ts";
import type { NewNotice } from "../notice.ts";
import { periodsAt, type Recurring } from "../period-of.ts";
import { settingsOfAll } from "../settings.ts";
import { writeNotices } from "../write-notices.ts";

const DAY = 86_400;
/** Deals looked at in one transaction. */
const BATCH = 500;

/**
 * Tell accounts of deals that end within the days that they have set, one notice for each deal and period. Called again in the same period it finds nothing.
 * @param now UNIX seconds by the chain's time, which deals end by
 * @returns how many notices were written
 */
export async function tellExpiry(pool: Pool, now: number): Promise<number> {
  const periods = periodsAt(now);
  const { frequency, channels } = DEFAULT_NOTICE_SETTINGS.kinds.expiry;
  let written = 0;
  for (;;) {
    const { found, fresh } = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<Due>({
        name: "accounts-deals-ending",
        text: `with wanted as (
            select a.id as account, coalesce(s.settings #>> '{kinds,expiry,frequency}', $2) as frequency,
              coalesce((s.settings ->> 'expiryDays')::int, $3) as days,
              coalesce(jsonb_array_length(s.settings #> '{kinds,expiry,channels}'), $4::int) as channels
            from catalog.accounts a left join accounts.notice_settings s on s.account = a.id
          )
          select d.deal, d.ends_at::float8 as "endsAt", d.piece, d.shard, d.provider, p.id as package, w.account, w.frequency
          from catalog.deals d
            join catalog.packages p on p.document_hash = d.document_hash and p.owner = d.owner and p.state = any($7)
            join wanted w on w.account = p.account
          where d.state = 'ACTIVE' and d.last_period is null and d.ends_at > $1 and d.ends_at <= $1 + $5 * ${DAY}::bigint
            and d.ends_at <= $1 + w.days * ${DAY}::bigint and w.frequency <> 'never' and w.channels > 0
            and not exists (select from accounts.told t where t.account = w.account and t.kind = 'expiry' and t.subject = d.deal
              and t.period = $6::jsonb ->> w.frequency)
          order by d.ends_at, d.deal limit ${BATCH}`,
        values: [
          Math.floor(now),
          frequency,
          DEFAULT_NOTICE_SETTINGS.expiryDays,
          channels.length,
          MOST_EXPIRY_DAYS,
          JSON.stringify(periods),
          AGREED,
        ],
      });
      const settings = await settingsOfAll(client, rows);
      const notices = rows.map(
        (due): NewNotice => ({
          account: due.account,
          kind: "expiry",
          subject: due.deal,
          period: periods[due.frequency],
          severity: "warning",
          message: `The deal on shard ${due.shard} of piece ${due.piece} of package ${due.package} ends in ${formatDuration(due.endsAt - now)}, on ${new Date(due.endsAt * 1000).toISOString().slice(0, 10)}.`,
          next: "Put the package again before then to keep it (`cairn put --replace`), or let it end.",
          package: due.package,
          deal: due.deal,
          channels: settings.get(due.account)?.kinds.expiry.channels ?? [],
        }),
      );
      return { found: rows.length, fresh: await writeNotices(client, now, notices) };
    });
    written += fresh;
    // What another gateway told of meanwhile is not found again.
    if (found < BATCH) return written;
  }
}

interface Due {
  account: string;
  deal: string;
  endsAt: number;
  piece: number;
  shard: number;
  provider: string;
  package: string;
  frequency: Recurring;
}
