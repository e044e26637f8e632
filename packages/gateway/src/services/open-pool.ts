import { type DatabaseTarget, type OpenDatabase, openDatabase } from "@cairn/database";
import type { Pool } from "pg";
import type { Service } from "../services.ts";

/** A gateway that was stopped in the middle of a transaction, or whose machine is gone, must not keep others from its rows for longer. A choice. */
const IDLE_IN_TRANSACTION_SECONDS = 30;

/** Connections to the gateway's database. */
export function openPool(
  name: string,
  target: DatabaseTarget,
  log: { warn(fields: object, message: string): void },
): Service<Pool> {
  let database: OpenDatabase | undefined;
  return {
    name,
    async start() {
      database = await openDatabase(target, {
        idleInTransactionSeconds: IDLE_IN_TRANSACTION_SECONDS,
        onIdleError: (error) => log.warn({ error: error.message }, "database connection lost"),
      });
      return database.pool;
    },
    stop: () => database?.close(),
  };
}
