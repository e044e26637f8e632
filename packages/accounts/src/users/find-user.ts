import type { Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import { USER_COLUMNS, type User } from "./user.ts";

/** A user by id or name: of one account, or of the gateway. @throws CairnError `unknown-user` */
export async function findUser(db: Queryable, named: string, account?: string): Promise<User> {
  const { rows } = await db.query(
    `select ${USER_COLUMNS} from accounts.users u where (u.id = $1 or u.name_key = $1) and ($2::text is null or u.account = $2)`,
    [named.toLowerCase(), account ?? null],
  );
  if (rows[0] !== undefined) return rows[0] as User;
  throw new CairnError("there is no such user", {
    code: "unknown-user",
    kind: "missing",
    next: "`cairn user list` shows the users.",
  });
}
