import type { Pool } from "pg";
import type { Beats } from "./beats.ts";
import type { Wait } from "./contracts/contract-keeper.ts";
import type { Location } from "./location/location.ts";
import type { DownstreamSettings } from "./settings.ts";
import type { DownstreamMetrics } from "./status/downstream-metrics.ts";

/** What a verification node says while it works; a pino logger does. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a verification node works with. */
export interface NodeContext {
  /** To a database with the migrations `downstreamMigrations`. */
  pool: Pool;
  settings: DownstreamSettings;
  beats: Beats;
  /** Seconds since 1970, with fractions. */
  now: () => number;
  /** Waits by that clock between two looks at all contracts; in real time unless given. */
  wait?: Wait;
  /** That many secret random bytes. */
  random: (bytes: number) => Uint8Array;
  log: Log;
  /** Where a network address is. */
  locate: (ip: string) => Location;
  metrics?: DownstreamMetrics;
}
