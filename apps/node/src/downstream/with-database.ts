import { join } from "node:path";
import { migrate, openDatabase } from "@cairn/database";
import {
  completeSettings,
  type DownstreamFile,
  type DownstreamSettings,
  downstreamMigrations,
} from "@cairn/doors/downstream";
import { CairnError } from "@cairn/protocol";
import type { Pool, PoolConfig } from "pg";
import { type Home, makeDirectory, readJson } from "../home/home.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { type Supervisor, superviseChildren } from "../supervise/supervise-children.ts";
import { openGatewayDatabase } from "../up/open-databases.ts";
import { runningAlone } from "./run-file.ts";
import { downstreamDirectory, readDownstreamFile } from "./settings-file.ts";

/** A home's downstream tables, for a command. */
export interface DownstreamTables {
  pool: Pool;
  /** Of the node that runs there, or of the one that would. */
  settings: DownstreamSettings;
  /** Whether one runs. */
  running: boolean;
}

interface RunningConfig {
  database: PoolConfig | string;
  /** Over the settings file's. */
  settings?: DownstreamFile;
}

/**
 * Work on a home's downstream tables: beside the node when one is running, else with a database that is started for it and stopped again.
 * Throws `home-in-use`, `home-unusable`.
 */
export async function withDownstreamDatabase<T>(
  home: Home,
  work: (tables: DownstreamTables) => Promise<T>,
): Promise<T> {
  const file = await readDownstreamFile(home);
  const complete = (flags: DownstreamFile = {}) =>
    completeSettings(downstreamDirectory(home), { ...file, ...flags }, true);
  let lock: { release(): void };
  try {
    lock = lockHome(home.directory);
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "home-in-use") throw error;
    const config = await runningConfig(home);
    if (config === undefined) throw error;
    return onDatabase(config.database, (pool) => work({ pool, settings: complete(config.settings), running: true }));
  }
  let supervisor: Supervisor | undefined;
  try {
    await makeDirectory(home.logs);
    supervisor = await superviseChildren({ record: join(home.directory, "children.json") });
    const database = await openGatewayDatabase(supervisor, home);
    return await onDatabase(database, (pool) => work({ pool, settings: complete(), running: false }));
  } finally {
    await supervisor?.stop();
    lock.release();
  }
}

async function onDatabase<T>(target: PoolConfig | string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const database = await openDatabase(target, { onIdleError: () => undefined });
  try {
    await migrate(database.pool, "downstream", downstreamMigrations);
    return await work(database.pool);
  } finally {
    await database.close();
  }
}

/** Of the node or network that runs in this home; undefined while it is still starting. */
async function runningConfig(home: Home): Promise<RunningConfig | undefined> {
  const alone = (await runningAlone(home)) !== undefined;
  return readJson<RunningConfig>(join(alone ? downstreamDirectory(home) : home.gateway, "config.json"));
}
