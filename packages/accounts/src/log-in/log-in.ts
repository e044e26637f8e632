import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { COST, hashPassword } from "../passwords/hash-password.ts";
import { parsePhc } from "../passwords/phc.ts";
import { verifyPassword } from "../passwords/verify-password.ts";
import { type OpenedSession, openSession } from "../sessions/open-session.ts";
import { USER_COLUMNS, type User } from "../users/user.ts";
import { nameKeyOrNone } from "../users/user-name.ts";
import { attempted, counterKey, forgive, isBusy } from "./attempts.ts";

export interface Login {
  name: string;
  password: string;
  /** What limits are counted by: an IPv4 address, or the /64 of an IPv6 address. */
  network: string;
  /** The User-Agent header, to tell sessions apart. */
  agent: string;
}

/**
 * Open a session for whoever knows a user's password. A name that nobody has takes the same work, counts the same, and is answered the same as a
 * wrong password. A network where the user was logged in before has a count and a place in the queue of its own, so that strangers who guess, or many
 * that come at once, lock nobody out at home.
 * @throws CairnError `wrong-login`, `too-many-attempts`, `busy`
 */
export async function logIn(
  context: AccountsContext,
  { name, password, network, agent }: Login,
): Promise<{ user: User; session: OpenedSession }> {
  const { pool } = context;
  const key = nameKeyOrNone(name);
  const place = await counterKey(pool, "network", network);
  const { rows } = await pool.query<User & { password: string; familiar: boolean }>(
    `select ${USER_COLUMNS}, u.password, exists (select 1 from accounts.sessions s where s."user" = u.id and s.network = $2) as familiar
     from accounts.users u where u.name_key = $1`,
    [key, place],
  );
  const [found] = rows;
  const familiar = found?.familiar === true;
  const counter = await counterKey(pool, "user", key, familiar ? network : "");
  const counters = [{ key: place, kind: "network" } as const, { key: counter, kind: "user" } as const];
  const right = await attempted(context, counters, () =>
    verifyPassword(password, found?.password, familiar ? "known" : "stranger"),
  );
  if (!right || found === undefined) {
    throw new CairnError("the name or the password is wrong", {
      code: "wrong-login",
      kind: "auth",
      next: "Try again; an operator can set another password with `cairn user password NAME`.",
    });
  }
  await forgive(context, place, "network");
  await forgive(context, counter, "user");
  const { password: stored, familiar: _, ...user } = found;
  await renewHash(context, user.id, password, stored);
  const session = await openSession(context, { user: user.id, network: place, agent });
  return { user, session };
}

/** A hash that was made at another cost is made anew while the password is at hand. */
async function renewHash({ pool }: AccountsContext, user: string, password: string, stored: string): Promise<void> {
  const { memory, passes, parallelism } = parsePhc(stored) ?? COST;
  if (memory === COST.memory && passes === COST.passes && parallelism === COST.parallelism) return;
  const hash = await hashPassword(password, "known").catch((error: unknown) => {
    // Another login renews it.
    if (isBusy(error)) return undefined;
    throw error;
  });
  if (hash === undefined) return;
  await pool.query("update accounts.users set password = $2 where id = $1 and password = $3", [user, hash, stored]);
}
