import { CairnError } from "@cairn/protocol/errors";
import pg from "pg";

/** Oldest server whose SQL we use. */
const OLDEST_SERVER = 150_000;

export interface OpenDatabase {
  pool: pg.Pool;
  close(): Promise<void>;
}

export type DatabaseTarget = pg.PoolConfig | string;

export interface OpenDatabaseOptions {
  /** Called with what goes wrong on idle connections; the pool replaces them by itself. */
  onIdleError?: (error: Error) => void;
  /** A transaction in which nothing is asked for so long is ended: a process that was stopped in the middle of one holds its locks otherwise. */
  idleInTransactionSeconds?: number;
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

/** Node's words for a certificate that it does not accept. */
const UNTRUSTED = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

export const badDatabaseUrl = (cause?: unknown): CairnError =>
  new CairnError("DATABASE_URL is not the URL of a PostgreSQL database", {
    code: "bad-database-url",
    kind: "input",
    next: "Give one like postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full, with # / ? @ : and % in the password percent-encoded (%23 for #).",
    cause,
  });

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
  if (UNTRUSTED.has(code)) {
    return new CairnError(`the certificate of the database server at ${where} is not trusted: ${message}`, {
      code: "database-untrusted",
      kind: "auth",
      next: "Add ?sslrootcert=FILE of the authority that signed it to DATABASE_URL; sslmode=no-verify encrypts without checking whom you talk to.",
      cause: error,
    });
  }
  if (code === "ERR_INVALID_URL") return badDatabaseUrl(error);
  return new CairnError(`cannot reach the database at ${where}: ${message || code}`, {
    code: "database-unreachable",
    kind: "unavailable",
    next: "Start the PostgreSQL server, or correct DATABASE_URL; without it Cairn runs its own.",
    cause: error,
  });
}

function notWritable(where: string, user: string): CairnError {
  return new CairnError(`${user} may not make tables in the database at ${where}`, {
    code: "database-not-writable",
    kind: "auth",
    next: `As an administrator, in that database: ALTER DATABASE … OWNER TO ${user}, or GRANT CREATE ON SCHEMA public TO ${user}.`,
  });
}

/**
 * Connect to a PostgreSQL server of version 15 or later and prove it with one query. Types are those of `pg`: int8 and
 * numeric come as decimal strings, bytea as Buffer.
 *
 * @throws CairnError `database-unreachable`, `database-missing`, `database-login-refused`, `database-untrusted`, `database-too-old`,
 * `database-not-writable` when the user may not make tables in it
 */
export async function openDatabase(target: DatabaseTarget, options: OpenDatabaseOptions = {}): Promise<OpenDatabase> {
  const where = describeTarget(target);
  let pool: pg.Pool;
  try {
    const { idleInTransactionSeconds: idle } = options;
    const limits = idle === undefined ? {} : { idle_in_transaction_session_timeout: idle * 1000 };
    pool = new pg.Pool({ ...targetConfig(target), ...limits });
  } catch (error) {
    throw refusal(error, where);
  }
  // Without a listener an idle connection that a server restart cuts would end the process.
  pool.on("error", (error) => options.onIdleError?.(error));
  try {
    const { rows } = await pool.query<{ version: string; user: string; may: boolean | null }>(
      `SELECT current_setting('server_version_num') AS version, current_user AS user,
        has_schema_privilege(current_schema(), 'CREATE') AS may`,
    );
    const version = Number(rows[0]?.version);
    if (!(version >= OLDEST_SERVER)) {
      throw new CairnError(`the database at ${where} is PostgreSQL ${Math.floor(version / 10_000)}`, {
        code: "database-too-old",
        kind: "unavailable",
        next: "Use PostgreSQL 15 or later.",
      });
    }
    if (rows[0]?.may !== true) throw notWritable(where, rows[0]?.user ?? "the user");
  } catch (error) {
    await pool.end();
    throw error instanceof CairnError ? error : refusal(error, where);
  }
  return {
    pool,
    async close() {
      if (!pool.ended) await pool.end();
    },
  };
}
