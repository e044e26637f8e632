import { createHash } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import type pg from "pg";

export interface Migration {
  /** Unique within its namespace; never renamed once released. */
  name: string;
  /** Statements; run in one transaction together with the note that they ran. Never changed once released. */
  sql: string;
}

export interface MigrationSet {
  namespace: string;
  migrations: Migration[];
}

/** "cairn" in ASCII: the first key of our advisory locks (the second one tells which). */
const LOCK_FAMILY = 0x6361_6972;
const MIGRATION_LOCK = 1;

function checksum(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}

function inconsistent(message: string, details: Record<string, unknown>): CairnError {
  return new CairnError(message, {
    code: "database-schema-differs",
    kind: "conflict",
    next: "Run the version of Cairn that this database was last used with, or a later one.",
    details,
  });
}

/**
 * Apply the migrations of `namespace` that were not applied yet, in their order, each in one transaction. Two processes that start
 * together take turns. Returns the names that were applied now.
 *
 * @throws CairnError `database-schema-differs` when an applied migration's text differs from the one given, is out of order, or is
 * unknown here (a newer version wrote it); `migration-failed` with details.migration
 */
export async function migrate(pool: pg.Pool, namespace: string, migrations: readonly Migration[]): Promise<string[]> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("SELECT pg_advisory_lock($1, $2)", [LOCK_FAMILY, MIGRATION_LOCK]);
    // IF NOT EXISTS looks only where a new table would go, which changes when a migration makes a schema of the role's name.
    const found = await client.query<{ there: boolean }>("SELECT to_regclass('cairn_migrations') IS NOT NULL AS there");
    if (!found.rows[0]?.there) {
      await client.query(`CREATE TABLE cairn_migrations (
        namespace text NOT NULL,
        position integer NOT NULL,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (namespace, position),
        UNIQUE (namespace, name)
      )`);
    }
    const { rows } = await client.query<{ name: string; checksum: string }>(
      "SELECT name, checksum FROM cairn_migrations WHERE namespace = $1 ORDER BY position",
      [namespace],
    );
    rows.forEach((row, position) => {
      const known = migrations[position];
      if (known === undefined) {
        throw inconsistent(
          `the database has the migration ${namespace}/${row.name}, which this version does not know`,
          {
            namespace,
            migration: row.name,
          },
        );
      }
      if (known.name !== row.name || checksum(known.sql) !== row.checksum) {
        throw inconsistent(`the migration ${namespace}/${row.name} was applied with another text`, {
          namespace,
          migration: row.name,
        });
      }
    });
    const applied: string[] = [];
    for (const [position, { name, sql }] of migrations.entries()) {
      if (position < rows.length) continue;
      await apply(client, namespace, position, name, sql);
      applied.push(name);
    }
    await client.query("SELECT pg_advisory_unlock($1, $2)", [LOCK_FAMILY, MIGRATION_LOCK]);
    return applied;
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    // Throwing the connection away gives the lock back as well.
    client.release(broken);
  }
}

async function apply(client: pg.PoolClient, namespace: string, position: number, name: string, sql: string) {
  try {
    await client.query("BEGIN");
    await client.query(sql);
    await client.query("INSERT INTO cairn_migrations (namespace, position, name, checksum) VALUES ($1, $2, $3, $4)", [
      namespace,
      position,
      name,
      checksum(sql),
    ]);
    await client.query("COMMIT");
  } catch (error) {
    throw new CairnError(`the migration ${namespace}/${name} failed: ${(error as Error).message}`, {
      code: "migration-failed",
      kind: "internal",
      next: "Report it with this message; the database was left as it was before.",
      details: { namespace, migration: name },
      cause: error,
    });
  }
}
