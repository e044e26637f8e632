import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { counterKey, forgive, takeAttempt } from "../log-in/attempts.ts";
import { checkPassword } from "../passwords/check-password.ts";
import { hashPassword } from "../passwords/hash-password.ts";
import { signUpPolicy } from "../policy.ts";
import type { Role } from "../scopes.ts";
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
 * Become a user, as the policy allows, and be logged in. An invite is good for one user, also where two use it at once.
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
  await takeAttempt(context, place, "network");
  const hash = await hashPassword(password);
  const user = await inTransaction(pool, async (client) => {
    let joined: { role: Role; account: string | null } = { role: "owner", account: null };
    if (invite !== undefined) {
      const { rows } = await client.query<{ role: Role; account: string | null }>(
        "delete from accounts.invites where hash = $1 and expires_at > to_timestamp($2) returning role, account",
        [hashSecret(invite), clock.now()],
      );
      if (rows[0] === undefined) throw wrongInvite();
      joined = rows[0];
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

function wrongInvite(): CairnError {
  return new CairnError("the invite is unknown, was used, or has expired", {
    code: "wrong-invite",
    kind: "auth",
    details: { field: "invite" },
    next: "Ask for another one: each is good for one user.",
  });
}
