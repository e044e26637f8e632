import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import type { Principal, Role } from "../scopes.ts";
import { hashSecret, newId, newSecret } from "../secrets.ts";
import type { Invite } from "./list-invites.ts";

const DEFAULT_DAYS = 7;
/** Open ones of an account. */
const MOST_INVITES = 200;

export interface NewInvite {
  /** Whoever invites: a user, or the home's token. The invite ends with it. */
  maker: Pick<Principal, "account" | "user" | "id">;
  label: string;
  role: Role;
  /** The new user joins the inviter's account; else it gets one of its own. */
  joins: boolean;
  days?: number;
}

/** An invite that lets one person become a user, once. Its code is not to be had again. @throws CairnError `too-many-invites` */
export async function createInvite(
  { pool, clock }: AccountsContext,
  { maker, label, role, joins, days = DEFAULT_DAYS }: NewInvite,
): Promise<{ code: string; invite: Invite }> {
  const { account: madeBy, user } = maker;
  const [id, code, now] = [newId(), newSecret(), clock.now()];
  const expiresAt = Math.floor(now + days * 86_400);
  return inTransaction(pool, async (client) => {
    await client.query("select 1 from catalog.accounts where id = $1 for update", [madeBy]);
    await client.query("delete from accounts.invites where expires_at <= to_timestamp($1)", [now]);
    const { rows } = await client.query<{ n: number }>(
      "select count(*)::int as n from accounts.invites where made_by = $1",
      [madeBy],
    );
    if ((rows[0]?.n ?? 0) >= MOST_INVITES) {
      throw new CairnError(`${MOST_INVITES} invites are open, which is the most that an account can have`, {
        code: "too-many-invites",
        kind: "exhausted",
        details: { limit: MOST_INVITES },
        next: "Withdraw one that is not needed, or wait until one expires.",
      });
    }
    await client.query(
      `insert into accounts.invites (hash, id, label, role, account, made_by, created_at, expires_at, "user", token)
       values ($1, $2, $3, $4, $5, $6, to_timestamp($7), to_timestamp($8), $9, $10)`,
      [
        hashSecret(code),
        id,
        label,
        role,
        joins ? madeBy : null,
        madeBy,
        now,
        expiresAt,
        user ?? null,
        user === undefined ? maker.id : null,
      ],
    );
    return { code, invite: { id, label, role, joins, createdAt: now, expiresAt } };
  });
}
