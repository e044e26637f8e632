import { type RunningPostgres, type StartPostgresOptions, startPostgres } from "@cairn/database";
import type { Unit } from "./unit.ts";

export interface PostgresUnit extends Unit {
  /** How to connect; known from the first start on, and the same after every restart. */
  connect: RunningPostgres["connect"];
}

/** The embedded database as a unit; it has its own watcher for the case that this process is killed. */
export function postgresUnit(options: StartPostgresOptions): PostgresUnit {
  let server: RunningPostgres | undefined;
  return {
    name: "postgres",
    restart: true,
    async start() {
      const started = await startPostgres(options);
      server = started;
      return { pid: started.pid, ready: {}, exited: started.exited, stop: () => started.stop() };
    },
    connect(database, role) {
      if (!server) throw new Error("the database was not started yet");
      return server.connect(database, role);
    },
  };
}
