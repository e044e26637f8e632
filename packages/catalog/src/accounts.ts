import { createHash } from "node:crypto";
import { type Address, CairnError } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

export interface Account {
  id: string;
  /** Wallet address that owns the account's packages; null until a client claims the account. */
  owner: Address | null;
}

/** Tokens are kept as their SHA-256 only. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Make the account unless it is there. */
export async function ensureAccount(db: Queryable, id: string): Promise<Account> {
  await db.query("insert into catalog.accounts (id) values ($1) on conflict do nothing", [id]);
  return (await findAccount(db, id))!;
}

export async function findAccount(db: Queryable, id: string): Promise<Account | undefined> {
  const { rows } = await db.query("select id, owner from catalog.accounts where id = $1", [id]);
  return rows[0] as Account | undefined;
}

/**
 * Bind an account to its wallet, once.
 * @throws CairnError `account-claimed` when it has another wallet or the wallet has another account; `account-unknown`
 */
export async function claimAccount(db: Queryable, id: string, owner: Address): Promise<Account> {
  const wallet = owner.toLowerCase() as Address;
  const { rows } = await db.query(
    `update catalog.accounts set owner = $2 where id = $1 and (owner is null or owner = $2)
       and not exists (select 1 from catalog.accounts where owner = $2 and id <> $1) returning id, owner`,
    [id, wallet],
  );
  if (rows[0]) return rows[0] as Account;
  const account = await findAccount(db, id);
  if (!account) throw new CairnError(`there is no account ${id}`, { code: "account-unknown", kind: "missing" });
  throw new CairnError(
    account.owner === null || account.owner === wallet
      ? `the wallet ${wallet} belongs to another account`
      : `this account belongs to the wallet ${account.owner}`,
    {
      code: "account-claimed",
      kind: "conflict",
      next: "Use the key of that wallet (`cairn key import`), or another account.",
      details: { owner: account.owner },
    },
  );
}

/** The account's settings as they were last changed; none that were never set. */
export async function findSettings(db: Queryable, id: string): Promise<Record<string, unknown>> {
  const { rows } = await db.query("select settings from catalog.accounts where id = $1", [id]);
  return (rows[0] as { settings: Record<string, unknown> } | undefined)?.settings ?? {};
}

export async function changeSettings(db: Queryable, id: string, settings: object): Promise<void> {
  await db.query("update catalog.accounts set settings = $2 where id = $1", [id, JSON.stringify(settings)]);
}

export async function createToken(db: Queryable, account: string, token: string, label: string): Promise<void> {
  await db.query(
    `insert into catalog.tokens (hash, account, label) values ($1, $2, $3)
     on conflict (hash) do update set revoked_at = null`,
    [hashToken(token), account, label],
  );
}

/** The account of a token that is not revoked. */
export async function accountOfToken(db: Queryable, token: string): Promise<Account | undefined> {
  const { rows } = await db.query({
    name: "catalog-account-of-token",
    text: `select a.id, a.owner from catalog.tokens t join catalog.accounts a on a.id = t.account
           where t.hash = $1 and t.revoked_at is null`,
    values: [hashToken(token)],
  });
  return rows[0] as Account | undefined;
}
