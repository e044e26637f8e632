import type { Pool } from "pg";
import type { AccountsContext } from "../accounts-context.ts";
import { MOST_EXPIRY_DAYS } from "./kinds.ts";

const DAY = 86_400;
/** Choices: as long as somebody may be away, and more than anybody reads. */
const NOTICE_RETENTION = { seconds: 90 * DAY, ofOneAccount: 2000 };
/**
 * What was told is remembered for longer than anything can fall due again: the longest period is a month, and a deal that was told of `once` ends within
 * MOST_EXPIRY_DAYS.
 */
const TOLD_SECONDS = (MOST_EXPIRY_DAYS + 35) * DAY;
/** Rows deleted in one go; the next round takes the rest. */
const BATCH = 10_000;

/**
 * Forget old notices, with what was delivered of them, and what was told so long ago that it cannot fall due again. `chainNow`: by which periods are counted,
 * where it is not the clock's.
 */
export async function forgetNotices(
  { pool, clock }: { pool: Pool; clock: AccountsContext["clock"] },
  chainNow: number = clock.now(),
): Promise<void> {
  const now = Math.min(clock.now(), chainNow);
  await pool.query(
    `delete from accounts.notices where id in (select id from accounts.notices where at < to_timestamp($1) order by id limit ${BATCH})`,
    [now - NOTICE_RETENTION.seconds],
  );
  await pool.query(
    `delete from accounts.notices where id in (
       select id from (select id, row_number() over (partition by account order by id desc) as place from accounts.notices) as placed
       where place > $1 limit ${BATCH})`,
    [NOTICE_RETENTION.ofOneAccount],
  );
  await pool.query(
    `delete from accounts.told where ctid in (select ctid from accounts.told where at < to_timestamp($1) limit ${BATCH})`,
    [now - TOLD_SECONDS],
  );
  await pool.query("delete from accounts.code_mails where at < to_timestamp($1)", [clock.now() - DAY]);
}
