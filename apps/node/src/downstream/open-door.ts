import { randomBytes } from "node:crypto";
import { migrate } from "@cairn/database";
import {
  createVerificationNode,
  type DownstreamSettings,
  downstreamMigrations,
  downstreamPage,
  downstreamRoutes,
  openLocator,
  type RunningNode,
  readTotals,
  registerDownstreamMetrics,
  type ShardSource,
  statusFrom,
} from "@cairn/doors/downstream";
import type { FastifyPluginAsync } from "fastify";
import type { Pool } from "pg";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Home } from "../home/home.ts";
import { openBeats } from "./open-beats.ts";

export interface OpenDoorOptions {
  home: Home;
  pool: Pool;
  settings: DownstreamSettings;
  registry: Registry;
  log: Logger;
  /** Where the bytes of shards that are handed out as chunks are had. */
  shards?: ShardSource;
}

export interface DownstreamDoor {
  node: RunningNode;
  plugins: FastifyPluginAsync[];
}

/** The downstream door on a database: API, page and metrics, the same alone and in a gateway. Its node is not started yet. */
export async function openDoor({
  home,
  pool,
  settings,
  registry,
  log,
  shards,
}: OpenDoorOptions): Promise<DownstreamDoor> {
  await migrate(pool, "downstream", downstreamMigrations);
  const beats = await openBeats(home);
  const { locate, attribution } = await openLocator({ cityDatabase: settings.cityDatabase });
  const now = () => Date.now() / 1000;
  const metrics = registerDownstreamMetrics(registry, () => readTotals(pool, now()));
  const node = createVerificationNode({
    pool,
    settings,
    beats,
    now,
    random: (length) => randomBytes(length),
    log,
    locate,
    metrics,
  });
  return {
    node,
    plugins: [
      downstreamRoutes({
        node,
        status: statusFrom(pool, now),
        ...(shards === undefined ? {} : { shards }),
        onError: (error, what) => log.error({ error: (error as Error).message }, what),
      }),
      downstreamPage({ pool, now, attribution }),
    ],
  };
}
