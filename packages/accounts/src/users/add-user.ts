import { ensureAccount, inTransaction, type Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { checkPassword } from "../passwords/check-password.ts";
import { hashPassword } from "../passwords/hash-password.ts";
import type { Role } from "../scopes.ts";
import { newId } from "../secrets.ts";
import type { User } from "./user.ts";
import { nameKey } from "./user-name.ts";

export interface NewUser {
  name: string;
  password: string;
  role: Role;
  /** The account to join; left out: one of its own. */
  account?: string;
}

/** Users of one account; accounts and users of a gateway. */
const MOST_USERS = { ofAccount: 100, ofGateway: 10_000 };

/** @throws CairnError `bad-user-name`, `bad-password`, `user-exists`, `too-many-users`, `busy` */
export async function addUser(context: AccountsContext, user: NewUser): Promise<User> {
  nameKey(user.name);
  checkPassword(user.password, user.name);
  const password = await hashPassword(user.password, "known");
  return inTransaction(context.pool, (client) => insertUser(client, { ...user, password, now: context.clock.now() }));
}

/** In the caller's transaction; `password` is the PHC string. */
export async function insertUser(db: Queryable, user: NewUser & { now: number }): Promise<User> {
  const { name, role, password, now } = user;
  const [id, account] = [newId(), user.account ?? newId()];
  // Counting and inserting is one step for all who add users: they are few.
  await db.query("select pg_advisory_xact_lock(hashtext('cairn/accounts/users'))");
  await requireRoom(db, user.account);
  if (user.account === undefined) await ensureAccount(db, account);
  const { rowCount } = await db.query(
    `insert into accounts.users (id, account, name, name_key, role, password, created_at)
     values ($1, $2, $3, $4, $5, $6, to_timestamp($7)) on conflict (name_key) do nothing`,
    [id, account, name, nameKey(name), role, password, now],
  );
  if (rowCount === 1) return { id, account, name, role, createdAt: now, seenAt: null };
  throw new CairnError(`there is a user ${name} already`, {
    code: "user-exists",
    kind: "conflict",
    details: { field: "name" },
    next: "Choose another name.",
  });
}

async function requireRoom(db: Queryable, account: string | undefined): Promise<void> {
  const { rows } = await db.query(
    "select count(*)::int as all, (count(*) filter (where account = $1))::int as own from accounts.users",
    [account ?? null],
  );
  const { all, own } = rows[0] as { all: number; own: number };
  const [most, of] =
    own >= MOST_USERS.ofAccount
      ? [MOST_USERS.ofAccount, "this account"]
      : all >= MOST_USERS.ofGateway
        ? [MOST_USERS.ofGateway, "this gateway"]
        : [undefined, ""];
  if (most === undefined) return;
  throw new CairnError(`${of} has ${most} users, which is the most that it can have`, {
    code: "too-many-users",
    kind: "exhausted",
    details: { limit: most },
    next: "Remove one with `cairn user remove NAME`.",
  });
}
