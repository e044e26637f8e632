import type { AccountsContext } from "../accounts-context.ts";
import { type Principal, type Role, scopesOf } from "../scopes.ts";
import { hashSecret } from "../secrets.ts";
import { IDLE_SECONDS } from "./open-session.ts";

/** When a session or token was used is written down once a minute. */
export const SEEN_EVERY_SECONDS = 60;

/** Whom a session's secret stands for; undefined where it is unknown, was idle for too long, or has expired. */
export async function principalOfSession(
  { pool, clock }: AccountsContext,
  secret: string,
): Promise<Principal | undefined> {
  const now = clock.now();
  const { rows } = await pool.query<{ id: string; user: string; account: string; role: Role; stale: boolean }>({
    name: "accounts-principal-of-session",
    text: `select s.id, u.id as "user", u.account, u.role, s.seen_at < to_timestamp($2 - ${SEEN_EVERY_SECONDS}) as stale
           from accounts.sessions s join accounts.users u on u.id = s."user"
           where s.hash = $1 and s.expires_at > to_timestamp($2) and s.seen_at > to_timestamp($2 - ${IDLE_SECONDS})`,
    values: [hashSecret(secret), now],
  });
  const [found] = rows;
  if (found === undefined) return undefined;
  const { id, user, account, role, stale } = found;
  if (stale) {
    await pool.query(
      `with seen as (update accounts.sessions set seen_at = to_timestamp($2) where id = $1)
       update accounts.users set seen_at = to_timestamp($2) where id = $3`,
      [id, now, user],
    );
  }
  return { account, user, scopes: scopesOf(role), via: "session", id };
}
