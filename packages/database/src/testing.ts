import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { type MigrationSet, migrate } from "./migrate.ts";

export interface TestDatabase {
  /** A superuser's connection to the new database. */
  config: pg.PoolConfig;
  pool: pg.Pool;
  drop(): Promise<void>;
}

async function asAdmin<T>(run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(inject("cairnPostgres"));
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

/** The name of a database with `sets` applied, made by the first test file that asks for it. */
async function templateWith(sets: MigrationSet[]): Promise<string> {
  const name = `template_${createHash("sha256").update(JSON.stringify(sets)).digest("hex").slice(0, 16)}`;
  await asAdmin(async (client) => {
    await client.query("SELECT pg_advisory_lock(hashtext($1))", [name]);
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (found.rowCount !== 0) return;
    const draft = `draft_${randomBytes(8).toString("hex")}`;
    await client.query(`CREATE DATABASE ${draft}`);
    const pool = new pg.Pool({ ...inject("cairnPostgres"), database: draft, max: 1 });
    try {
      for (const { namespace, migrations } of sets) await migrate(pool, namespace, migrations);
    } finally {
      await pool.end();
    }
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  });
  return name;
}

/**
 * A database of one's own on the test run's server, with `migrations` applied (from a template, so the second one is fast). The server does
 * not sync to disk: tests of durability start their own with `startPostgres`.
 */
export async function testDatabase(options: { migrations?: MigrationSet[] } = {}): Promise<TestDatabase> {
  const template = options.migrations?.length ? await templateWith(options.migrations) : "template1";
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdmin(async (client) => {
    // Copies of one template exclude each other, and wait for sessions in it only briefly.
    await client.query("SELECT pg_advisory_lock(hashtext($1))", [template]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const config: pg.PoolConfig = { ...inject("cairnPostgres"), database: name };
  const pool = new pg.Pool(config);
  // Dropping the database cuts idle connections.
  pool.on("error", () => undefined);
  return {
    config,
    pool,
    async drop() {
      if (!pool.ended) await pool.end();
      await asAdmin((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}
