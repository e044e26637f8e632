import { inTransaction } from "@cairn/catalog";
import type { Pool } from "pg";
import { DEFAULT_NOTICE_SETTINGS } from "../kinds.ts";
import type { NewNotice } from "../notice.ts";
import { periodsAt, type Recurring } from "../period-of.ts";
import { settingsOfAll } from "../settings.ts";
import { writeNotices } from "../write-notices.ts";

/** Longer than a person takes to answer, or a put to go on by itself. Choices. */
const PATIENCE = { uploadSeconds: 86_400, answerSeconds: 3600 };
const BATCH = 500;

/**
 * Tell accounts of puts that do not go on without them: an upload that was broken off, one that waits to be signed for, shards that no provider could be found
 * for. One notice for each package, state and period.
 * @param now UNIX seconds
 * @returns how many notices were written
 */
export async function tellWaiting(pool: Pool, now: number): Promise<number> {
  const periods = periodsAt(now);
  const { frequency, channels } = DEFAULT_NOTICE_SETTINGS.kinds.owner;
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<Waiting>(
      `with wanted as (
         select a.id as account, coalesce(s.settings #>> '{kinds,owner,frequency}', $3) as frequency,
           coalesce(jsonb_array_length(s.settings #> '{kinds,owner,channels}'), $4::int) as channels
         from catalog.accounts a left join accounts.notice_settings s on s.account = a.id
       )
       select p.id, p.account, p.state, w.frequency, coalesce(s.cause, p.cause) as cause, coalesce(s.next, p.next) as next from catalog.packages p
         join wanted w on w.account = p.account and w.frequency <> 'never' and w.channels > 0
         left join lateral (select cause, next from catalog.slots s where p.state = 'PLACING' and s.package = p.id and s.cause is not null
           order by piece, shard limit 1) s on true
       where p.state in ('RECEIVING', 'COMMITTED', 'PLACING') and p.touched_at < to_timestamp($1)
         and (p.state <> 'RECEIVING' or p.touched_at < to_timestamp($2)) and (p.state <> 'PLACING' or s.cause is not null)
         and not exists (select from accounts.told t where t.account = p.account and t.kind = 'owner' and t.subject = p.id || ':' || p.state
           and t.period = $5::jsonb ->> w.frequency)
       order by p.touched_at limit ${BATCH}`,
      [now - PATIENCE.answerSeconds, now - PATIENCE.uploadSeconds, frequency, channels.length, JSON.stringify(periods)],
    );
    const settings = await settingsOfAll(client, rows);
    const notices = rows.map((waiting): NewNotice => {
      const { id, account, state, cause, next } = waiting;
      const { message, otherwise } = WORDS[state](cause);
      return {
        ...{ account, kind: "owner", severity: "warning", package: id },
        channels: settings.get(account)!.kinds.owner.channels,
        subject: `${id}:${state}`,
        period: periods[waiting.frequency],
        message: `Package ${id} ${message}`,
        next: next ?? otherwise,
      };
    });
    return writeNotices(client, now, notices);
  });
}

interface Waiting {
  id: string;
  account: string;
  state: keyof typeof WORDS;
  frequency: Recurring;
  cause: string | null;
  next: string | null;
}

const WORDS = {
  RECEIVING: () => ({
    message: "was not uploaded to its end, and nothing of it came for a day.",
    otherwise: "Run the same `cairn put` again: it goes on where it ended.",
  }),
  COMMITTED: () => ({
    message: "is uploaded and waits for you to agree to its price.",
    otherwise: "Run the same `cairn put` again: it asks for your consent and goes on.",
  }),
  PLACING: (cause: string | null) => ({
    message: `is not stored in full yet: ${cause}`,
    otherwise: "`cairn show PACKAGE` says what each shard waits for.",
  }),
};
