import type { AccountsContext } from "../accounts-context.ts";
import type { Scope } from "../scopes.ts";

export interface Token {
  id: string;
  label: string;
  scopes: Scope[];
  /** Who made it; null: the home, or a token without a user. */
  user: string | null;
  /** Times are UNIX seconds. */
  createdAt: number;
  expiresAt: number | null;
  /** To a minute. */
  lastUsedAt: number | null;
}

/** An account's tokens that have not expired, the oldest first. */
export async function listTokens({ pool, clock }: AccountsContext, account: string): Promise<Token[]> {
  const { rows } = await pool.query(
    `select id, label, scopes, "user", floor(extract(epoch from created_at))::float8 as "createdAt",
       floor(extract(epoch from expires_at))::float8 as "expiresAt", floor(extract(epoch from last_used_at))::float8 as "lastUsedAt"
     from accounts.tokens where account = $1 and (expires_at is null or expires_at > to_timestamp($2)) order by created_at, id`,
    [account, clock.now()],
  );
  return rows as Token[];
}
