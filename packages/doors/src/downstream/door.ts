import type { Door } from "../door.ts";
import { shardsOf } from "./files/offer-shard.ts";
import { downstreamRoutes } from "./http/downstream-routes.ts";
import { offerRoute } from "./http/offer-route.ts";
import { statusFrom } from "./http/status.ts";
import { openLocator } from "./location/open-locator.ts";
import { downstreamMigrations } from "./migrations.ts";
import { createVerificationNode } from "./node.ts";
import { openBeats } from "./open-beats.ts";
import { downstreamPage } from "./page/page-routes.ts";
import { completeSettings, DOWNSTREAM_SETTINGS } from "./settings-schema.ts";
import { registerDownstreamMetrics } from "./status/downstream-metrics.ts";
import { readTotals } from "./status/overview.ts";

/** Storj's downstream-node: farmers register, take chunks and answer challenges. docs/doors/downstream.md */
export const downstreamDoor: Door<typeof DOWNSTREAM_SETTINGS> = {
  name: "downstream",
  migrations: downstreamMigrations,
  settings: DOWNSTREAM_SETTINGS,
  prefixes: ["/downstream", "/api/downstream"],
  when: "always",
  async open({ pool, settings: file, onSettings, directory, log, registry, clock, random, trial, engine }) {
    const settings = completeSettings(directory, file, !trial);
    const beats = await openBeats(directory, random);
    const { locate, attribution } = await openLocator({ cityDatabase: settings.cityDatabase });
    const now = () => clock.now();
    const node = createVerificationNode({
      pool,
      settings,
      beats,
      now,
      random: (length) => random.bytes(length),
      log,
      locate,
      metrics: registerDownstreamMetrics(registry, () => readTotals(pool, now())),
    });
    let { pool: kept } = settings;
    onSettings(({ pool: wanted }) => {
      if (wanted === undefined || JSON.stringify(wanted) === JSON.stringify(kept)) return;
      node.chunks.keepAs(wanted);
      kept = wanted;
      log.info({ pool: wanted }, "the pool is kept as the settings say now");
    });
    return {
      routes: [
        downstreamRoutes({
          node,
          status: statusFrom(pool, now),
          ...(engine === undefined ? {} : { shards: shardsOf(engine.market) }),
          onError: (error, what) => log.error({ error: (error as Error).message }, what),
        }),
        downstreamPage({ pool, now, attribution }),
      ],
      ...(engine === undefined ? {} : { api: offerRoute(engine, node.chunks) }),
      // A network prepares nothing for farmers that never come; a node that is nothing else does.
      start: () => node.start(engine === undefined ? "at-once" : "when-needed"),
      stop: () => node.stop(),
    };
  },
};
