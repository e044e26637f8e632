import { ensureDatabase } from "@cairn/database";
import type { PoolConfig } from "pg";
import type { Home } from "../home/home.ts";
import { type PostgresUnit, postgresUnit } from "../supervise/postgres-unit.ts";
import type { Supervisor } from "../supervise/supervise-children.ts";

const ROLES = { chain: "cairn_chain", gateway: "cairn_gateway" };

const external = (): string | undefined => process.env.DATABASE_URL || undefined;

async function startPostgres(supervisor: Supervisor, home: Home): Promise<PostgresUnit> {
  const postgres = postgresUnit({ directory: home.postgres });
  await supervisor.start(postgres);
  return postgres;
}

/** Our own PostgreSQL, or the one that DATABASE_URL names; a database with its own role for the chain, one for the gateway. */
export async function openDatabases(
  supervisor: Supervisor,
  home: Home,
): Promise<{ chain: PoolConfig; gateway: PoolConfig | string }> {
  const url = external();
  if (url !== undefined) {
    return { chain: await ensureDatabase({ connectionString: url }, ROLES.chain, ROLES.chain), gateway: url };
  }
  const admin = (await startPostgres(supervisor, home)).connect("postgres");
  return {
    chain: await ensureDatabase(admin, ROLES.chain, ROLES.chain),
    gateway: await ensureDatabase(admin, ROLES.gateway, ROLES.gateway),
  };
}

/** The gateway's alone, for a home that runs no chain: whoever starts the whole network there later finds the same rows. */
export async function openGatewayDatabase(supervisor: Supervisor, home: Home): Promise<PoolConfig | string> {
  const url = external();
  if (url !== undefined) return url;
  const admin = (await startPostgres(supervisor, home)).connect("postgres");
  return ensureDatabase(admin, ROLES.gateway, ROLES.gateway);
}
