import type { AccountsContext } from "../accounts-context.ts";
import { IDLE_SECONDS } from "./open-session.ts";

export interface Session {
  id: string;
  createdAt: number;
  seenAt: number;
  /** UNIX seconds at which it ends, if it is used until then. */
  expiresAt: number;
  agent: string;
}

/** A user's open sessions, the one seen last first. */
export async function listSessions({ pool, clock }: AccountsContext, user: string): Promise<Session[]> {
  const { rows } = await pool.query(
    `select id, floor(extract(epoch from created_at))::float8 as "createdAt", floor(extract(epoch from seen_at))::float8 as "seenAt",
       floor(extract(epoch from expires_at))::float8 as "expiresAt", agent
     from accounts.sessions where "user" = $1 and expires_at > to_timestamp($2) and seen_at > to_timestamp($2 - ${IDLE_SECONDS})
     order by seen_at desc, created_at desc`,
    [user, clock.now()],
  );
  return rows as Session[];
}
