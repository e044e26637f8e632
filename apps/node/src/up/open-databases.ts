import { ensureDatabase, siblingDatabase } from "@cairn/database";
import type { PoolConfig } from "pg";
import type { Home } from "../home/home.ts";
import { type PostgresUnit, postgresUnit } from "../supervise/postgres-unit.ts";
import type { Supervisor } from "../supervise/supervise-children.ts";
import { requireOwnDatabase } from "./external-databases.ts";
import { requireOwnFiles, requireSameDatabase } from "./same-databases.ts";

const ROLES = { chain: "cairn_chain", gateway: "cairn_gateway" };
/** Of the chain's database on a server that is not ours: `cairn` and `cairn_chain`. */
const CHAIN_SUFFIX = "chain";

const external = (): string | undefined => process.env.DATABASE_URL || undefined;

async function startPostgres(supervisor: Supervisor, home: Home): Promise<PostgresUnit> {
  const postgres = postgresUnit({ directory: home.postgres });
  await supervisor.start(postgres);
  return postgres;
}

export interface Databases {
  gateway: PoolConfig | string;
  /** Undefined where the chain is somebody else's. */
  chain: PoolConfig | undefined;
}

/**
 * Our own PostgreSQL, or the one that DATABASE_URL names; a database for the gateway, and one for the chain if we run it.
 * @throws CairnError `database-url-missing` where the home has had an external one, `database-differs` where it has had another one
 */
export async function openDatabases(supervisor: Supervisor, home: Home, runsChain: boolean): Promise<Databases> {
  const url = external();
  if (url !== undefined) {
    await requireSameDatabase(home, "gateway", url);
    if (!runsChain) return { gateway: url, chain: undefined };
    const chain = await siblingDatabase(url, CHAIN_SUFFIX);
    await requireSameDatabase(home, "chain", chain);
    return { gateway: url, chain };
  }
  await requireOwnDatabase(home);
  await requireOwnFiles(home);
  const admin = (await startPostgres(supervisor, home)).connect("postgres");
  const gateway = await ensureDatabase(admin, ROLES.gateway, ROLES.gateway);
  await requireSameDatabase(home, "gateway", gateway);
  if (!runsChain) return { gateway, chain: undefined };
  const chain = await ensureDatabase(admin, ROLES.chain, ROLES.chain);
  await requireSameDatabase(home, "chain", chain);
  return { gateway, chain };
}

/** The gateway's alone, for a home that runs no chain: whoever starts the whole network there later finds the same rows. */
export async function openGatewayDatabase(supervisor: Supervisor, home: Home): Promise<PoolConfig | string> {
  return (await openDatabases(supervisor, home, false)).gateway;
}
