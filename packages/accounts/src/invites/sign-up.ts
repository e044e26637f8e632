import { inTransaction, type Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { attempted, counterKey, forgive } from "../log-in/attempts.ts";
import { checkPassword } from "../passwords/check-password.ts";
import { hashPassword } from "../passwords/hash-password.ts";
import { signUpPolicy } from "../policy.ts";
import { mayGive, type Role, type Scope, scopesOf } from "../scopes.ts";
import { hashSecret } from "../secrets.ts";
import { type OpenedSession, openSession } from "../sessions/open-session.ts";
import { insertUser } from "../users/add-user.ts";
import type { User } from "../users/user.ts";
import { nameKey } from "../users/user-name.ts";

export interface SignUp {
  name: string;
  password: string;
  invite?: string;
  /** As of a login. */
  network: string;
  agent: string;
}

/**
 * Become a user, as the policy allows, and be logged in. An invite is good for one user, also where two use it at once, and only while whoever made
 * it is there and may still make such a user.
 * @throws CairnError `sign-up-closed`, `invite-needed`, `wrong-invite`, `bad-user-name`, `bad-password`, `user-exists`, `too-many-users`,
 * `too-many-attempts`, `busy`
 */
export async function signUp(
  context: AccountsContext,
  { name, password, invite, network, agent }: SignUp,
): Promise<{ user: User; session: OpenedSession }> {
  const { pool, clock } = context;
  const policy = await signUpPolicy(pool);
  if (policy === "closed") {
    throw new CairnError("this gateway takes no new users", {
      code: "sign-up-closed",
      kind: "auth",
      next: "Ask its operator to add you.",
    });
  }
  if (policy === "invite" && invite === undefined) {
    throw new CairnError("this gateway takes only users that were invited", {
      code: "invite-needed",
      kind: "auth",
      next: "Ask its operator for an invite (`cairn user invite`).",
    });
  }
  nameKey(name);
  checkPassword(password, name);
  const place = await counterKey(pool, "network", network);
  // Of the same count as logins: a user that is taken, an invite that is wrong and a password that is wrong are all guesses.
  const hash = await attempted(context, [{ key: place, kind: "network" }], () => hashPassword(password, "stranger"));
  const user = await inTransaction(pool, async (client) => {
    let joined: { role: Role; account: string | null } = { role: "owner", account: null };
    if (invite !== undefined) {
      joined = await takeInvite(client, invite, clock.now());
    }
    return insertUser(client, {
      name,
      role: joined.role,
      password: hash,
      now: clock.now(),
      ...(joined.account === null ? {} : { account: joined.account }),
    });
  });
  if (invite !== undefined) await forgive(context, place, "network");
  return { user, session: await openSession(context, { user: user.id, network: place, agent }) };
}

async function takeInvite(db: Queryable, invite: string, now: number): Promise<{ role: Role; account: string | null }> {
  const { rows } = await db.query(
    `with taken as (delete from accounts.invites where hash = $1 and expires_at > to_timestamp($2) returning *)
     select i.role, i.account, u.role as "makersRole", t.scopes
     from taken i left join accounts.users u on u.id = i."user"
       left join accounts.tokens t on t.id = i.token and (t.expires_at is null or t.expires_at > to_timestamp($2))`,
    [hashSecret(invite), now],
  );
  const [found] = rows as { role: Role; account: string | null; makersRole: Role | null; scopes: Scope[] | null }[];
  if (found === undefined) throw wrongInvite();
  const { role, account, makersRole, scopes } = found;
  const held = makersRole === null ? (scopes ?? []) : scopesOf(makersRole);
  if (!mayGive(held, role, account !== null)) throw wrongInvite();
  return { role, account };
}

function wrongInvite(): CairnError {
  return new CairnError("the invite is unknown, was used, has expired, or ended with whoever made it", {
    code: "wrong-invite",
    kind: "auth",
    details: { field: "invite" },
    next: "Ask for another one: each is good for one user.",
  });
}
