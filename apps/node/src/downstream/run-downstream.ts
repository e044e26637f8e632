import type { AddressInfo } from "node:net";
import { openDatabase } from "@cairn/database";
import { openDoor } from "@cairn/doors";
import { completeSettings, type DownstreamFile, downstreamDoor, frontPage, readTotals } from "@cairn/doors/downstream";
import { listenError, localUrl, machineClock, machineRandom } from "@cairn/process";
import {
  CONNECTION_LIMITS,
  guardConnections,
  HEADER_LIMITS,
  hostCheck,
  isLoopback,
  proxyTest,
} from "@cairn/process/entrances";
import { logLevel } from "@cairn/process/log-level";
import Fastify, { type FastifyInstance } from "fastify";
import type { PoolConfig } from "pg";
import { pino } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { homeAt } from "../home/home.ts";
import { VERSION } from "../version.ts";
import { downstreamDirectory, readDownstreamFile } from "./settings-file.ts";

/** For a request to arrive whole, whatever becomes of it: nobody holds a connection for longer by sending slowly. */
const REQUEST_MILLISECONDS = 120_000;

/** What `cairn downstream serve` hands to its process, in a file of mode 0600. */
export interface DownstreamConfig {
  home: string;
  database: PoolConfig | string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** From the command line, over the settings file's. */
  settings: DownstreamFile;
}

export interface RunningDownstream {
  url: string;
  stop(): Promise<void>;
}

/** The downstream door alone: a verification node without the rest of a network. */
export async function runDownstream(config: DownstreamConfig): Promise<RunningDownstream> {
  const log = pino({ name: "downstream", level: logLevel() }, pino.destination(2));
  const database = await openDatabase(config.database, {
    onIdleError: (error) => log.warn({ error: error.message }, "database connection lost"),
  });
  const { pool } = database;
  const home = homeAt(config.home);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const directory = downstreamDirectory(home);
  const read = async () => ({ ...(await readDownstreamFile(home)), ...config.settings });
  const settings = completeSettings(directory, await read(), true);
  const clock = { ...machineClock, now: () => Date.now() / 1000 };
  const door = await openDoor(downstreamDoor, {
    pool,
    database: config.database,
    directory,
    settings: { where: "the downstream node's settings", read },
    registry,
    log,
    clock,
    random: machineRandom,
    trial: false,
  });

  const server = Fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MILLISECONDS,
    http: HEADER_LIMITS,
  });
  const isProxy = proxyTest(settings.trustedProxies);
  guardConnections(server.server, CONNECTION_LIMITS, (address) => isLoopback(address) || isProxy(address));
  // Farmers know the node by whatever name it has; its own figures are for its operator.
  const [toFarmers, toOperator] = [hostCheck({ pages: "own", anyHost: true }), hostCheck({ pages: "own" })];
  server.addHook("onRequest", async (request) => {
    const refusal = (request.url.startsWith("/metrics") ? toOperator : toFarmers)(request.raw);
    if (refusal !== undefined) throw refusal;
  });
  server.get("/", async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(frontPage(settings, await totals())),
  );
  server.get("/health", async (_request, reply) => {
    try {
      await pool.query("select 1");
      return { status: "ok", version: VERSION };
    } catch (error) {
      return reply.status(503).send({ status: "unavailable", cause: (error as Error).message });
    }
  });
  server.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4").send(await registry.metrics()),
  );
  for (const plugin of door.plugins) await server.register(plugin);
  await door.start();
  const url = await listen(server, config);

  /** Farmers look at the front page before anything else: it answers while the database is away, too. */
  async function totals() {
    try {
      return await readTotals(pool, clock.now());
    } catch (error) {
      log.warn({ error: (error as Error).message }, "the front page has no figures");
      return undefined;
    }
  }

  return {
    url,
    async stop() {
      await server.close();
      await door.stop();
      await database.close();
    },
  };
}

async function listen(server: FastifyInstance, { host, port }: DownstreamConfig): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    throw listenError(error, { host, port, hostSetting: "--host", portSetting: "--port" });
  }
  return localUrl(server.server.address() as AddressInfo);
}
