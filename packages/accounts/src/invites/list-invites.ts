import type { AccountsContext } from "../accounts-context.ts";
import type { Role } from "../scopes.ts";

export interface Invite {
  id: string;
  label: string;
  role: Role;
  /** Whether the new user joins the account that invited it. */
  joins: boolean;
  /** UNIX seconds. */
  createdAt: number;
  expiresAt: number;
}

/** Invites of an account that can still be used, the oldest first. */
export async function listInvites({ pool, clock }: AccountsContext, madeBy: string): Promise<Invite[]> {
  const { rows } = await pool.query(
    `select id, label, role, account is not null as joins, floor(extract(epoch from created_at))::float8 as "createdAt",
       floor(extract(epoch from expires_at))::float8 as "expiresAt"
     from accounts.invites where made_by = $1 and expires_at > to_timestamp($2) order by created_at, id`,
    [madeBy, clock.now()],
  );
  return rows as Invite[];
}
