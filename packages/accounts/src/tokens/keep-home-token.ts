import { ensureAccount, type Queryable } from "@cairn/catalog";
import { SCOPES } from "../scopes.ts";
import { hashSecret } from "../secrets.ts";

/** The account of whoever runs the home. */
export const HOME_ACCOUNT = "local";
const HOME_LABEL = "home";

/**
 * The secret in the home's `token` file opens the home's own account, with every scope. A home whose file was made anew has one such token, the new one:
 * the old one may be in other hands.
 */
export async function keepHomeToken(db: Queryable, secret: string): Promise<void> {
  await ensureAccount(db, HOME_ACCOUNT);
  // Nothing is limited until somebody sets it.
  await db.query("insert into accounts.limits (account) values ($1) on conflict do nothing", [HOME_ACCOUNT]);
  const hash = hashSecret(secret);
  await db.query("delete from accounts.tokens where home and hash <> $1", [hash]);
  await db.query(
    `insert into accounts.tokens (hash, account, label, scopes, home) values ($1, $2, $3, $4, true)
     on conflict (hash) do update set scopes = excluded.scopes, expires_at = null, home = true`,
    [hash, HOME_ACCOUNT, HOME_LABEL, SCOPES],
  );
}
