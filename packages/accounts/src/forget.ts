import type { AccountsContext } from "./accounts-context.ts";
import { forgetAttempts } from "./log-in/attempts.ts";
import { IDLE_SECONDS } from "./sessions/open-session.ts";

const DAY_SECONDS = 86_400;

/** Delete what has expired: sessions, tokens, invites, links, failures of logging in, and counts of hours and days that are over. */
export async function forgetExpired(context: AccountsContext): Promise<void> {
  const { pool, clock } = context;
  const now = clock.now();
  await pool.query(
    "delete from accounts.sessions where expires_at <= to_timestamp($1) or seen_at <= to_timestamp($2)",
    [now, now - IDLE_SECONDS],
  );
  await pool.query("delete from accounts.tokens where expires_at <= to_timestamp($1)", [now]);
  await pool.query("delete from accounts.invites where expires_at <= to_timestamp($1)", [now]);
  await pool.query("delete from accounts.links where expires_at <= to_timestamp($1)", [now]);
  await pool.query("delete from accounts.used where since < to_timestamp($1)", [now - 2 * DAY_SECONDS]);
  await pool.query("delete from accounts.spending where day < $1", [Math.floor(now / DAY_SECONDS) - 1]);
  await forgetAttempts(context);
}
