import type { Queryable } from "@cairn/catalog";
import { HOME_ACCOUNT } from "../tokens/keep-home-token.ts";

/** Of whoever runs the home: there is one, whatever it is called. */
const HOME_USER = "0".repeat(32);
/** As no password hashes to: this user logs in by links until `cairn user password` gives it one. */
const NO_PASSWORD = "none";
const NAMES = ["local", "home", "operator"];

/**
 * The user that the home's links log in, an operator of the home's account; made when it is not there. Waits for others that make it, as the
 * transaction of the caller holds the lock.
 * @returns its id
 */
export async function ensureHomeUser(db: Queryable, now: number): Promise<string> {
  await db.query("select pg_advisory_xact_lock(hashtext('cairn/accounts/users'))");
  const found = await db.query("select 1 from accounts.users where id = $1", [HOME_USER]);
  if (found.rows.length > 0) return HOME_USER;
  // A name that somebody else took is not taken away.
  for (const name of [...NAMES, `home-${Math.floor(now)}`]) {
    const { rowCount } = await db.query(
      `insert into accounts.users (id, account, name, name_key, role, password, created_at)
       values ($1, $2, $3, $3, 'operator', $4, to_timestamp($5)) on conflict (name_key) do nothing`,
      [HOME_USER, HOME_ACCOUNT, name, NO_PASSWORD, now],
    );
    if (rowCount === 1) break;
  }
  return HOME_USER;
}
