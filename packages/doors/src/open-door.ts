import { constants } from "node:http2";
import type { Job, JobHandler } from "@cairn/catalog";
import { type DatabaseTarget, migrate } from "@cairn/database";
import { makeFolders } from "@cairn/process/make-folders";
import type { FastifyPluginAsync } from "fastify";
import pg from "pg";
import type { Registry } from "prom-client";
import type { Static, TObject } from "typebox";
import type { Door, DoorClock, DoorContext, DoorEngine, DoorLog, OpenDoor } from "./door.ts";
import { parseSettings } from "./settings.ts";

/** How often settings are looked at while a door runs. */
const LOOK_MILLISECONDS = 2_000;

/** What a host gives to a door. */
export interface DoorHost {
  /** With the right to make schemas. */
  pool: pg.Pool;
  /** The same database, for connections of the door's own. */
  database: DatabaseTarget;
  /** The door's folder in the home. */
  directory: string;
  settings: SettingsSource;
  log: DoorLog;
  registry: Registry;
  clock: DoorClock;
  random: DoorContext<unknown>["random"];
  trial: boolean;
  engine?: DoorEngine | undefined;
}

/** Where settings of a door stand. */
export interface SettingsSource {
  /** Named in errors. */
  where: string;
  /** Undefined when nothing stands there. */
  read(): Promise<unknown>;
}

/** A door on its host: what is served, and when it runs. */
export interface HostedDoor extends Pick<OpenDoor, "h2"> {
  /** What its jobs do, by the name that they have among those of other doors. */
  jobs: Record<string, JobHandler>;
  endStreams(): Promise<void>;
  door: Door;
  /** For the host's server, which knows what of it belongs to the door by `prefixes`. */
  plugins: FastifyPluginAsync[];
  /** Once, however often it is called. */
  start(): Promise<void>;
  /** Starts a door that is always there, or that has work. */
  startIfNeeded(): Promise<void>;
  /** Also gives the door's connections back. */
  stop(): Promise<void>;
}

/**
 * Opens a door: checks its settings, brings its tables up to date and gives it what it works with. It is not started yet.
 *
 * @throws CairnError `bad-settings`, what reading the settings or migrating throws, and what the door itself refuses
 */
export async function openDoor<S extends TObject>(door: Door<S>, host: DoorHost): Promise<HostedDoor> {
  const { log, registry, clock, random, trial, engine, directory } = host;
  const read = async () => {
    const value = await host.settings.read();
    return parseSettings(door.settings, value === undefined ? {} : value, host.settings.where);
  };
  const settings = await read();
  await migrate(host.pool, door.name, door.migrations);
  makeFolders(directory);
  const pool = schemaPool(host.database, door.name, log);
  const listeners: ((settings: Static<S>) => void)[] = [];
  const onSettings = (listener: (settings: Static<S>) => void) => void listeners.push(listener);
  const open = await door
    .open({
      pool,
      settings,
      onSettings,
      directory,
      log,
      registry,
      clock,
      random,
      trial,
      engine: within(engine, door.name),
    })
    .catch(async (error: unknown) => {
      await pool.end();
      throw error;
    });

  let unfollow: () => void = () => undefined;
  let started: Promise<void> | undefined;
  const begin = async () => {
    await open.start();
    if (listeners.length > 0) unfollow = follow(settings, read, listeners, log);
  };
  const start = () => {
    started ??= begin().catch((error: unknown) => {
      // The next request, or the host's next start, may try again.
      started = undefined;
      throw error;
    });
    return started;
  };
  const { api, h2, upgrades = [] } = open;
  const served: FastifyPluginAsync = async (server) => {
    if (door.when === "needed") server.addHook("onRequest", () => start());
    for (const routes of open.routes) await server.register(routes);
    for (const { path, open: opened } of upgrades) {
      server.get(path, { websocket: true, schema: { hide: true } } as object, opened as never);
    }
    if (api !== undefined && engine !== undefined) await server.register(api, { prefix: `/api/v1/doors/${door.name}` });
  };
  return {
    door: door as unknown as Door,
    plugins: [served],
    jobs: Object.fromEntries(
      Object.entries(open.jobs ?? {}).map(([kind, handler]) => [
        `${door.name}.${kind}`,
        async (job, turn) => {
          await start();
          return handler(ownJob(job, door.name), turn);
        },
      ]),
    ),
    endStreams: async () => open.endStreams?.(),
    ...(h2 === undefined
      ? {}
      : {
          h2: (request, response) => {
            start()
              .then(() => h2(request, response))
              .catch((error: unknown) => {
                log.error({ err: error, path: request.url }, "a request over HTTP/2 failed");
                response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
              });
          },
        }),
    start,
    async startIfNeeded() {
      if (door.when === "always" || (await open.isNeeded?.()) === true) await start();
    },
    async stop() {
      unfollow();
      await started?.catch(() => undefined);
      unfollow();
      try {
        await open.stop();
      } finally {
        await pool.end();
      }
    },
  };
}

/** A job as its door knows it: ids and kinds of other doors are none of its business. */
const ownJob = (job: Job, name: string): Job => ({
  ...job,
  id: job.id.slice(name.length + 1),
  kind: job.kind.slice(name.length + 1),
});

/** What a door may call, of the house accounts and jobs that are its own. */
function within(engine: DoorEngine | undefined, name: string): DoorEngine | undefined {
  if (engine === undefined) return undefined;
  const own = (job: Job): Job => ownJob(job, name);
  const { jobs } = engine;
  return {
    ...engine,
    house: (user) => engine.house(`${name}:${user}`),
    jobs: {
      add: async (job) => own(await jobs.add({ ...job, id: `${name}:${job.id}`, kind: `${name}.${job.kind}` })),
      find: async ({ id, account }) => own(await jobs.find({ id: `${name}:${id}`, account })),
      cancel: async ({ id, account }) => own(await jobs.cancel({ id: `${name}:${id}`, account })),
    },
  };
}

/** Connections whose unqualified names are those of one schema. */
function schemaPool(target: DatabaseTarget, schema: string, log: DoorLog): pg.Pool {
  const config = typeof target === "string" ? { connectionString: target } : target;
  // A start parameter instead of the statement is what poolers between us and the server may refuse.
  const onConnect = (client: pg.ClientBase) => client.query(`set search_path to ${pg.escapeIdentifier(schema)}`);
  const defaults = { connectionTimeoutMillis: 10_000, keepAlive: true };
  const pool = new pg.Pool({ ...defaults, ...config, application_name: `cairn ${schema}`, onConnect } as pg.PoolConfig);
  // Without a listener an idle connection that a server restart cuts would end the process.
  pool.on("error", (error) => log.warn({ error: error.message }, "database connection lost"));
  return pool;
}

function follow<S>(
  first: S,
  read: () => Promise<S>,
  listeners: readonly ((settings: S) => void)[],
  log: DoorLog,
): () => void {
  let seen = JSON.stringify(first);
  let complained = "";
  const look = async () => {
    try {
      const settings = await read();
      complained = "";
      const text = JSON.stringify(settings);
      if (text === seen) return;
      seen = text;
      for (const listener of listeners) listener(settings);
    } catch (error) {
      const { message } = error as Error;
      if (message !== complained) log.warn({ error: message }, "the changed settings cannot be taken");
      complained = message;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MILLISECONDS);
  return () => clearInterval(timer);
}
