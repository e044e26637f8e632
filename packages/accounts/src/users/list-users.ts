import type { Queryable } from "@cairn/catalog";
import { USER_COLUMNS, type User } from "./user.ts";

/** A page of users by name: those of one account, or all of the gateway. */
export async function listUsers(
  db: Queryable,
  { account, after = "", limit = 1000 }: { account?: string; after?: string; limit?: number },
): Promise<{ users: User[]; next: string | null }> {
  const { rows } = await db.query(
    `select ${USER_COLUMNS} from accounts.users u where ($1::text is null or u.account = $1) and u.name_key > $2
     order by u.name_key limit $3`,
    [account ?? null, after.toLowerCase(), limit + 1],
  );
  const users = (rows as User[]).slice(0, limit);
  return { users, next: rows.length > limit ? (users.at(-1)?.name.toLowerCase() ?? null) : null };
}
