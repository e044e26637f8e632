import { type DatabaseTarget, openDatabase } from "@cairn/database";
import { machineClock, machineRandom } from "@cairn/process";
import websocket from "@fastify/websocket";
import Fastify, { type FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import type { Door, DoorEngine } from "../door.ts";
import { type HostedDoor, openDoor } from "../open-door.ts";

export interface HostOptions {
  /** May make schemas. */
  database: DatabaseTarget;
  /** For the door's own connections: `database` unless set. */
  limited?: DatabaseTarget;
  directory: string;
  settings?: unknown;
  engine?: DoorEngine | undefined;
}

export interface TestHost {
  hosted: HostedDoor;
  server: FastifyInstance;
  registry: Registry;
  url: string;
  /** What the door logged above information. */
  warnings: string[];
  stop(): Promise<void>;
}

/** A door on a server of its own at a free port, with routes of somebody else's beside it; started as a gateway starts it. */
export async function hostDoor(door: Door, options: HostOptions): Promise<TestHost> {
  const database = await openDatabase(options.database, { onIdleError: () => undefined });
  const warnings: string[] = [];
  const warn = (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const registry = new Registry();
  const server = Fastify({ logger: false, forceCloseConnections: true });
  let hosted: HostedDoor | undefined;
  const stop = async () => {
    await server.close();
    await hosted?.stop();
    await database.close();
  };
  try {
    hosted = await openDoor(door, {
      pool: database.pool,
      database: options.limited ?? options.database,
      directory: options.directory,
      settings: { where: "settings.json", read: async () => options.settings },
      log: { info: () => undefined, warn, error: warn },
      registry,
      clock: { ...machineClock, now: () => Date.now() / 1000 },
      random: machineRandom,
      trial: true,
      engine: options.engine,
    });
    await server.register(websocket);
    server.get("/probe", async (request) => ({ query: request.query }));
    server.post("/probe", async (request) => ({ body: request.body }));
    for (const plugin of hosted.plugins) await server.register(plugin);
    await hosted.startIfNeeded();
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    return { hosted, server, registry, url, warnings, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
