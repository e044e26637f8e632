import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { attempted, counterKey, forgive } from "../log-in/attempts.ts";
import { hashSecret } from "../secrets.ts";
import { type OpenedSession, openSession } from "../sessions/open-session.ts";
import { USER_COLUMNS, type User } from "../users/user.ts";

/**
 * Open a session by a link's secret, which is then used up, also where two use it at once. Wrong ones count as failed logins of their network.
 * @throws CairnError `wrong-link`, `too-many-attempts`
 */
export async function useLink(
  context: AccountsContext,
  { secret, network, agent }: { secret: string; network: string; agent: string },
): Promise<{ user: User; session: OpenedSession }> {
  const { pool, clock } = context;
  const place = await counterKey(pool, "network", network);
  const user = await attempted(context, [{ key: place, kind: "network" }], async () => {
    const { rows } = await pool.query<User>(
      `with used as (delete from accounts.links where hash = $1 returning "user", expires_at)
       select ${USER_COLUMNS} from accounts.users u join used on used."user" = u.id where used.expires_at > to_timestamp($2)`,
      [hashSecret(secret), clock.now()],
    );
    return rows[0];
  });
  if (user === undefined) {
    throw new CairnError("this link was used before, or its time is over", {
      code: "wrong-link",
      kind: "auth",
      next: "Make a new one with `cairn open`.",
    });
  }
  await forgive(context, place, "network");
  return { user, session: await openSession(context, { user: user.id, network: place, agent }) };
}
