import { setTimeout as sleep } from "node:timers/promises";
import { CairnError } from "@cairn/protocol";
import pg from "pg";

/** How to reach the chain's own PostgreSQL database, with the role that owns it. */
export type DatabaseConfig = pg.PoolConfig;

/** How long the lock of a process that was just killed may still be held. */
const LOCK_PATIENCE_MS = 5_000;

/** Key of the session lock that keeps a second chain process off the same database. */
const CHAIN_LOCK = 0x636169726e;

export function databaseUnavailable(cause: unknown): CairnError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CairnError(`the chain's database cannot be used: ${message}`, {
    code: "chain-database-unavailable",
    kind: "unavailable",
    next: "Check that PostgreSQL runs and that the chain's role may connect to its database.",
    cause,
  });
}

/** What PostgreSQL answers while it starts, recovers or shuts down, or has no free connection; and a socket that nobody listens on yet. */
const TRANSIENT = new Set(["57P03", "57P02", "57P01", "53300", "ECONNREFUSED", "ENOENT", "ECONNRESET", "EAGAIN"]);

function isTransient(error: unknown): boolean {
  return error instanceof Error && "code" in error && TRANSIENT.has(String(error.code));
}

/**
 * Connects, waiting up to `patienceMs` for a server that is starting or recovering, and takes the chain's lock: the lock of a killed process is
 * released when PostgreSQL notices its closed socket, so that is waited for as well.
 * @throws chain-database-unavailable, chain-database-in-use
 */
export async function connectWriter(config: DatabaseConfig, patienceMs: number): Promise<pg.Client> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const client = new pg.Client({ ...config, application_name: "cairn-chain", keepAlive: true });
    try {
      await client.connect();
      await takeLock(client, Date.now() + LOCK_PATIENCE_MS);
      return client;
    } catch (error) {
      client.on("error", () => undefined);
      await client.end();
      if (error instanceof CairnError) throw error;
      if (!isTransient(error) || Date.now() >= deadline) throw databaseUnavailable(error);
    }
    await sleep(50);
  }
}

async function takeLock(client: pg.Client, deadline: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [CHAIN_LOCK]);
    if (rows[0]?.locked === true) return;
    if (Date.now() >= deadline) {
      throw new CairnError("another chain process is using this database", {
        code: "chain-database-in-use",
        kind: "conflict",
        next: "Stop the other chain process, or give this one a database of its own.",
      });
    }
    await sleep(50);
  }
}
