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

export interface VersionedSettings {
  settings: Record<string, unknown>;
  /** How often they were changed. */
  version: number;
}

/** The account's settings as they were last changed; none that were never set. */
export const findSettings = async (db: Queryable, id: string): Promise<Record<string, unknown>> =>
  (await readSettings(db, id)).settings;

/** The same with their version. */
export async function readSettings(db: Queryable, id: string): Promise<VersionedSettings> {
  const { rows } = await db.query("select settings, settings_version as version from catalog.accounts where id = $1", [
    id,
  ]);
  return (rows[0] as VersionedSettings | undefined) ?? { settings: {}, version: 0 };
}

/**
 * Replace the settings; with `from` only where they are still of that version.
 * @returns their new version; undefined where they were changed since, and are left as they are
 */
export async function changeSettings(
  db: Queryable,
  id: string,
  settings: object,
  from?: number,
): Promise<number | undefined> {
  const { rows } = await db.query(
    `update catalog.accounts set settings = $2, settings_version = settings_version + 1
     where id = $1 and ($3::integer is null or settings_version = $3) returning settings_version as version`,
    [id, JSON.stringify(settings), from ?? null],
  );
  return (rows[0] as { version: number } | undefined)?.version;
}
