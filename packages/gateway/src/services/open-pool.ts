import { type DatabaseTarget, type OpenDatabase, openDatabase } from "@cairn/database";
import type { Pool } from "pg";
import type { Service } from "../services.ts";

/** Connections to the gateway's database. */
export function openPool(
  name: string,
  target: DatabaseTarget,
  log: { warn(fields: object, message: string): void },
): Service<Pool> {
  let database: OpenDatabase<Record<string, never>> | undefined;
  return {
    name,
    async start() {
      database = await openDatabase(target, {
        onIdleError: (error) => log.warn({ error: error.message }, "database connection lost"),
      });
      return database.pool;
    },
    stop: () => database?.close(),
  };
}
