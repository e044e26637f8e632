import { inTransaction } from "@cairn/catalog";
import type { AccountsContext } from "../accounts-context.ts";
import { csrfToken, hashSecret, newId, newSecret } from "../secrets.ts";

/** A choice: a browser that is used daily stays logged in, one that was forgotten somewhere does not. NIST SP 800-63B-4, 2.1.3 allows 30 days. */
export const IDLE_SECONDS = 86_400;
export const LONGEST_SECONDS = 14 * 86_400;
/** Of one user; the one that was not seen for longest ends when one more opens. */
const MOST_SESSIONS = 32;
const MOST_AGENT = 200;

export interface OpenedSession {
  id: string;
  /** For the cookie alone. */
  secret: string;
  /** For the page, which sends it in the header `cairn-csrf`. */
  csrf: string;
  /** UNIX seconds. */
  expiresAt: number;
}

/** @param network keyed hash of where the user is */
export async function openSession(
  { pool, clock }: AccountsContext,
  { user, network, agent }: { user: string; network: Buffer; agent: string },
): Promise<OpenedSession> {
  const [id, secret, now] = [newId(), newSecret(), clock.now()];
  const expiresAt = now + LONGEST_SECONDS;
  await inTransaction(pool, async (client) => {
    // One at a time for a user, so that no number of logins at once leaves more behind.
    await client.query("select 1 from accounts.users where id = $1 for update", [user]);
    await client.query(
      `delete from accounts.sessions where "user" = $1 and hash in
         (select hash from accounts.sessions where "user" = $1 order by seen_at desc, created_at desc offset $2)`,
      [user, MOST_SESSIONS - 1],
    );
    await client.query(
      `insert into accounts.sessions (hash, id, "user", created_at, seen_at, expires_at, network, agent)
       values ($1, $2, $3, to_timestamp($4), to_timestamp($4), to_timestamp($5), $6, $7)`,
      [hashSecret(secret), id, user, now, expiresAt, network, agent.replace(/[^\x20-\x7e]/g, "?").slice(0, MOST_AGENT)],
    );
    await client.query("update accounts.users set seen_at = to_timestamp($2) where id = $1", [user, now]);
  });
  return { id, secret, csrf: csrfToken(secret), expiresAt };
}
