import { CairnError } from "@cairn/protocol/errors";
import type pg from "pg";
import { badDatabaseUrl, describeTarget, openDatabase } from "./open-database.ts";

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The same URL with another database. Everything else that it says, TLS among it, stays. */
function withDatabase(url: string, name: string): string {
  // A URL of a socket has no host, and is none for the parser: only its path is looked at.
  const [, before, after = ""] = /^([^?#]*?:\/\/[^/?#]*)(?:\/[^?#]*)?([?#].*)?$/s.exec(url) ?? [];
  if (before === undefined) {
    throw badDatabaseUrl();
  }
  return `${before}/${encodeURIComponent(name)}${after}`;
}

/**
 * The database `NAME_SUFFIX` beside the one that `url` names, on the same server and for the same user: the one that is there, or a new one,
 * for which the user needs CREATEDB.
 *
 * @throws CairnError `database-not-created` with what an administrator can do, `bad-database-url`, and those of `openDatabase`
 */
export async function siblingDatabase(url: string, suffix: string): Promise<pg.PoolConfig> {
  const first = await openDatabase(url);
  let name: string;
  try {
    const { rows } = await first.pool.query<{ name: string }>("SELECT current_database() AS name");
    name = `${rows[0]?.name}_${suffix}`;
    const there = await first.pool.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (there.rowCount === 0) await create(first.pool, name, url);
  } finally {
    await first.close();
  }
  const sibling = withDatabase(url, name);
  await (await openDatabase(sibling)).close();
  return { connectionString: sibling };
}

async function create(pool: pg.Pool, name: string, url: string): Promise<void> {
  try {
    await pool.query(`CREATE DATABASE ${quoted(name)} TEMPLATE template0 ENCODING 'UTF8'`);
  } catch (error) {
    if ((error as { code?: string }).code === "42P04") return;
    const { rows } = await pool.query<{ user: string }>("SELECT current_user AS user");
    const user = rows[0]?.user ?? "the user";
    throw new CairnError(`cannot make the database ${name} at ${describeTarget(url)}: ${(error as Error).message}`, {
      code: "database-not-created",
      kind: "auth",
      next: `As an administrator: CREATE DATABASE ${quoted(name)} OWNER ${quoted(user)} (or give ${user} CREATEDB); then start again.`,
      cause: error,
    });
  }
}
