import type { AccountsContext } from "../accounts-context.ts";
import { commonScopes, type Principal, type Role, type Scope, scopesOf } from "../scopes.ts";
import { hashSecret } from "../secrets.ts";
import { SEEN_EVERY_SECONDS } from "../sessions/principal-of-session.ts";

interface Found {
  id: string;
  account: string;
  user: string | null;
  role: Role | null;
  scopes: Scope[];
  home: boolean;
  stale: boolean;
}

/** Whom a token stands for; undefined where it is unknown, revoked or expired. Of its scopes it has those that its user still has. */
export async function principalOfToken(
  { pool, clock }: AccountsContext,
  secret: string,
): Promise<Principal | undefined> {
  const now = clock.now();
  const { rows } = await pool.query<Found>({
    name: "accounts-principal-of-token",
    text: `select t.id, t.account, t."user", u.role, t.scopes, t.home,
             coalesce(t.last_used_at < to_timestamp($2 - ${SEEN_EVERY_SECONDS}), true) as stale
           from accounts.tokens t left join accounts.users u on u.id = t."user"
           where t.hash = $1 and (t.expires_at is null or t.expires_at > to_timestamp($2))`,
    values: [hashSecret(secret), now],
  });
  const [found] = rows;
  if (found === undefined) return undefined;
  const { id, account, user, role, scopes, home, stale } = found;
  if (stale) await pool.query("update accounts.tokens set last_used_at = to_timestamp($2) where id = $1", [id, now]);
  return {
    account,
    ...(user === null ? {} : { user }),
    scopes: role === null ? scopes : commonScopes(scopes, scopesOf(role)),
    via: "token",
    id,
    ...(home ? { home } : {}),
  };
}
