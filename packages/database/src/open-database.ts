import { CairnError } from "@cairn/core/errors";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";

/** Oldest server whose SQL we use. */
const OLDEST_SERVER = 150_000;

export interface OpenDatabase<Tables> {
  pool: pg.Pool;
  /** The same pool, typed. */
  db: Kysely<Tables>;
  close(): Promise<void>;
}

export type DatabaseTarget = pg.PoolConfig | string;

export interface OpenDatabaseOptions {
  /** Called with what goes wrong on idle connections; the pool replaces them by itself. */
  onIdleError?: (error: Error) => void;
}

function targetConfig(target: DatabaseTarget): pg.PoolConfig {
  const config = typeof target === "string" ? { connectionString: target } : target;
  return { connectionTimeoutMillis: 10_000, keepAlive: true, application_name: "cairn", ...config };
}

/** Where a target points, without its password. */
export function describeTarget(target: DatabaseTarget): string {
  if (typeof target !== "string")
    return `${target.host ?? "localhost"}:${target.port ?? 5432}/${target.database ?? ""}`;
  try {
    const url = new URL(target);
    return `${url.hostname || url.searchParams.get("host") || "localhost"}:${url.port || 5432}${url.pathname}`;
  } catch {
    return "the address in DATABASE_URL";
  }
}

/** SQLSTATE classes of a refused login: 28 invalid authorization, 3D unknown database. */
function refusal(error: unknown, where: string): CairnError {
  const { code = "", message } = error as { code?: string; message: string };
  if (code === "3D000") {
    return new CairnError(`the database at ${where} does not exist`, {
      code: "database-missing",
      kind: "missing",
      next: "Create it, or correct DATABASE_URL.",
      cause: error,
    });
  }
  // 42501: the role may not enter this database. A missing password is found by the client itself, without a SQLSTATE.
  if (code.startsWith("28") || code === "42501" || message.startsWith("SASL")) {
    return new CairnError(`the database server at ${where} refused the login: ${message}`, {
      code: "database-login-refused",
      kind: "auth",
      next: "Correct the user and password in DATABASE_URL.",
      cause: error,
    });
  }
  return new CairnError(`cannot reach the database at ${where}: ${message || code}`, {
    code: "database-unreachable",
    kind: "unavailable",
    next: "Start the PostgreSQL server, or correct DATABASE_URL; without it Cairn runs its own.",
    cause: error,
  });
}

/**
 * Connect to a PostgreSQL server of version 15 or later and prove it with one query. Types are those of `pg`: int8 and
 * numeric come as decimal strings, bytea as Buffer.
 *
 * @throws CairnError `database-unreachable`, `database-missing`, `database-login-refused`, `database-too-old`
 */
export async function openDatabase<Tables = Record<string, never>>(
  target: DatabaseTarget,
  options: OpenDatabaseOptions = {},
): Promise<OpenDatabase<Tables>> {
  const where = describeTarget(target);
  let pool: pg.Pool;
  try {
    pool = new pg.Pool(targetConfig(target));
  } catch (error) {
    throw refusal(error, where);
  }
  // Without a listener an idle connection that a server restart cuts would end the process.
  pool.on("error", (error) => options.onIdleError?.(error));
  try {
    const { rows } = await pool.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
    const version = Number(rows[0]?.version);
    if (!(version >= OLDEST_SERVER)) {
      throw new CairnError(`the database at ${where} is PostgreSQL ${Math.floor(version / 10_000)}`, {
        code: "database-too-old",
        kind: "unavailable",
        next: "Use PostgreSQL 15 or later.",
      });
    }
  } catch (error) {
    await pool.end();
    throw error instanceof CairnError ? error : refusal(error, where);
  }
  return {
    pool,
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }),
    async close() {
      if (!pool.ended) await pool.end();
    },
  };
}
