import { type Queryable, toJson } from "@cairn/catalog";
import { plainText } from "@cairn/protocol";
import { type NewNotice, NOTICE_CHANNEL } from "./notice.ts";

/** Advisory lock of transactions that write notices: "note" in ASCII. One at a time, so that ids come in the order of commits and no reader misses one. */
const WRITER = 0x6e6f_7465;

/**
 * Write those notices that were not told yet, with what is to be delivered of each; call it in a transaction, with all that was decided in it. That a period
 * has one notice rests on the primary key of `accounts.told` alone: neither a crash, a restart nor another gateway at the same work makes a second one.
 * @param now UNIX seconds
 * @returns how many were new
 */
export async function writeNotices(db: Queryable, now: number, notices: readonly NewNotice[]): Promise<number> {
  const given = notices.filter(({ channels }) => channels.length > 0);
  if (given.length === 0) return 0;
  await db.query("select pg_advisory_xact_lock($1)", [WRITER]);
  const { rowCount } = await db.query({
    name: "accounts-write-notices",
    text: `with given as materialized (
        select distinct on (account, kind, subject, period) * from jsonb_to_recordset($1::jsonb) as x(place int, account text, kind text, subject text,
          period text, severity text, message text, next text, package text, deal text, wallet text, channels jsonb)
        order by account, kind, subject, period, place
      ), fresh as (
        insert into accounts.told (account, kind, subject, period, at) select account, kind, subject, period, to_timestamp($2) from given
        on conflict do nothing returning account, kind, subject, period
      ), written as (
        insert into accounts.notices (account, kind, at, severity, message, next, package, deal, wallet, channels)
        select account, kind, to_timestamp($2), severity, message, next, package, deal, wallet, array(select jsonb_array_elements_text(channels))
        from given join fresh using (account, kind, subject, period) order by place
        returning id, account, channels
      ), queued as (
        insert into accounts.deliveries (id, notice, target, created_at, due_at)
        select replace(gen_random_uuid()::text, '-', ''), w.id, t.id, to_timestamp($2), to_timestamp($2)
        from written w join accounts.targets t on t.account = w.account and t.kind = any(w.channels) and t.confirmed_at is not null
      )
      select pg_notify('${NOTICE_CHANNEL}', case when 'console' = any(channels) then id::text else '' end) from written`,
    values: [
      toJson(
        given.map(({ message, next, ...notice }, place) => ({
          ...notice,
          place,
          message: plainText(message, 2000),
          next: next ? plainText(next, 2000) : null,
        })),
      ),
      now,
    ],
  });
  return rowCount ?? 0;
}
