import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { attempted, counterKey, forgive } from "../log-in/attempts.ts";
import { verifyPassword } from "../passwords/verify-password.ts";
import { changePassword } from "./change-password.ts";

/**
 * A user's new password, for whoever knows the one that it has: a session alone does not do, as a browser may have been left open. All other sessions end.
 * @throws CairnError `wrong-login`, `too-many-attempts`, `bad-password`, `busy`
 */
export async function changeOwnPassword(
  context: AccountsContext,
  { user, session, current, password }: { user: string; session: string; current: string; password: string },
): Promise<void> {
  const counter = await counterKey(context.pool, "own-password", user);
  const { rows } = await context.pool.query<{ password: string }>("select password from accounts.users where id = $1", [
    user,
  ]);
  const right = await attempted(context, [{ key: counter, kind: "user" }], () =>
    verifyPassword(current, rows[0]?.password, "known"),
  );
  if (!right) {
    throw new CairnError("the current password is wrong", {
      code: "wrong-login",
      kind: "auth",
      details: { field: "current" },
      next: "Try again; an operator can set another password with `cairn user password NAME`.",
    });
  }
  await forgive(context, counter, "user");
  await changePassword(context, { named: user, password, keep: session });
}
