import type { Address } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

export interface Account {
  id: string;
  /** The account's default wallet, which owns new packages unless they say otherwise; null until it has one. */
  owner: Address | null;
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

/** The account's settings as they were last changed; none that were never set. */
export async function findSettings(db: Queryable, id: string): Promise<Record<string, unknown>> {
  const { rows } = await db.query("select settings from catalog.accounts where id = $1", [id]);
  return (rows[0] as { settings: Record<string, unknown> } | undefined)?.settings ?? {};
}

export async function changeSettings(db: Queryable, id: string, settings: object): Promise<void> {
  await db.query("update catalog.accounts set settings = $2 where id = $1", [id, JSON.stringify(settings)]);
}
