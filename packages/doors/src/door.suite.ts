import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { migrate } from "@cairn/database";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { CairnError } from "@cairn/protocol";
import Fastify, { type FastifyPluginAsync } from "fastify";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Door, isBelow } from "./door.ts";
import { hostDoor } from "./testing/host-door.ts";

/** What the suite needs to know of a door. */
export interface DoorHarness {
  door: Door;
  /** Where the door is exported, and as what: it is run as a process from there. */
  exported: { module: URL; name: string };
  settings?: Record<string, unknown>;
  /** Each is refused: the settings, the key that is named, and a part of what is said to be allowed. */
  badSettings: readonly (readonly [Record<string, unknown>, key: string, allowed: string])[];
  /** Uses the door once as a client does, so that it keeps something; resolves with what the client was told, when it was told. */
  use(url: string): Promise<string>;
  /** Throws unless the door has what a client was told. */
  expectKept(url: string, told: string): Promise<void>;
}

const MAIN = fileURLToPath(new URL("./testing/door-main.ts", import.meta.url));
const KILLS = 5;
const LONGEST_UNTIL_KILL = 400;
/** The same before and after: everything in the database outside of one schema, and of what the database keeps for itself. */
const CATALOG = `
  select 'relation' as kind, n.nspname as schema, c.relname as name, c.relkind::text as detail
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
  union all select 'function', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  union all select 'type', n.nspname, t.typname, t.typtype::text from pg_type t join pg_namespace n on n.oid = t.typnamespace
  union all select 'schema', nspname, nspname, nspacl::text from pg_namespace
  union all select 'extension', '', extname, extversion from pg_extension
  union all select 'trigger', '', tgname, tgrelid::regclass::text from pg_trigger
  union all select 'setting', '', setrole::text, setconfig::text from pg_db_role_setting
    where setdatabase = (select oid from pg_database where datname = current_database())`;

/** The contract of a door, on a real database and in real processes. */
export function doorSuite(harness: DoorHarness): void {
  const { door, settings = {} } = harness;

  describe(`the door ${door.name}`, () => {
    let database: TestDatabase;
    let directory: string;
    let children: ChildProcess[];

    beforeEach(async () => {
      database = await testDatabase();
      directory = await mkdtemp(join(tmpdir(), `cairn-door-${door.name}-`));
      children = [];
    });
    afterEach(async () => {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    });

    const host = (limited: pg.PoolConfig = database.config) =>
      hostDoor(door, { database: database.config, limited, directory, settings });

    /** The door in a process of its own. */
    async function spawnDoor(): Promise<{ child: ChildProcess; url: string }> {
      const { module, name } = harness.exported;
      const config = JSON.stringify({ database: database.config, directory, settings });
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", MAIN, module.href, name, config],
        { stdio: ["pipe", "pipe", "inherit"] },
      );
      children.push(child);
      const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
      const ended = once(child, "exit").then(([code]) =>
        Promise.reject(new Error(`the door's process ended: ${code}`)),
      );
      ended.catch(() => undefined);
      const [url] = await Promise.race([once(lines, "line"), ended]);
      return { child, url: String(url) };
    }

    it("has a name that can be a schema, and prefixes that are its own", () => {
      expect(door.name).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
      expect(door.prefixes.length).toBeGreaterThan(0);
      for (const prefix of door.prefixes) {
        expect(prefix).toMatch(/^(\/[\w.-]+)+$/);
        // The API, the page and the figures are the gateway's.
        expect(prefix).not.toMatch(/^\/(api|api\/v\d+(\/.*)?|(health|metrics|openapi\.json|provider)(\/.*)?)$/);
      }
    });

    it("applies its migrations once, and makes nothing outside of its schema", async () => {
      await migrate(database.pool, "other", []);
      const before = await catalogOutside(database.pool, door.name);
      await migrate(database.pool, door.name, door.migrations);
      expect(await migrate(database.pool, door.name, door.migrations)).toEqual([]);
      expect(await catalogOutside(database.pool, door.name)).toEqual(before);
    });

    it("starts, stops and starts again with what it was given", async () => {
      const told: string[] = [];
      for (let round = 0; round < 3; round++) {
        const running = await host();
        for (const one of told) await harness.expectKept(running.url, one);
        told.push(await harness.use(running.url));
        await running.stop();
        expect(running.warnings).toEqual([]);
      }
    });

    it("stops without having been started", async () => {
      const running = await hostDoor({ ...door, when: "needed" }, { database: database.config, directory, settings });
      await running.stop();
    });

    it("works with its own schema alone", async () => {
      const role = `limited_${randomBytes(6).toString("hex")}`;
      const password = randomBytes(16).toString("hex");
      const schema = pg.escapeIdentifier(door.name);
      await migrate(database.pool, door.name, door.migrations);
      await database.pool.query(`create role ${role} login password '${password}'`);
      try {
        await database.pool.query(`
          revoke all on schema public from public;
          grant usage, create on schema ${schema} to ${role};
          grant all on all tables in schema ${schema} to ${role};
          grant all on all sequences in schema ${schema} to ${role};
          grant all on all functions in schema ${schema} to ${role}`);
        const before = await catalogOutside(database.pool, door.name);
        const running = await host({ ...database.config, user: role, password });
        const told = await harness.use(running.url);
        await harness.expectKept(running.url, told);
        await running.stop();
        expect(running.warnings).toEqual([]);
        expect(await catalogOutside(database.pool, door.name)).toEqual(before);
      } finally {
        await database.pool.query(`drop owned by ${role}; drop role ${role}`);
      }
    });

    it("adds routes below its prefixes, and changes nothing for those beside them", async () => {
      const alone = Fastify();
      alone.get("/probe", async (request) => ({ query: request.query }));
      alone.post("/probe", async (request) => ({ body: request.body }));
      const before = await answersOf(await alone.listen({ host: "127.0.0.1", port: 0 }));
      await alone.close();
      const running = await host();
      expect(await answersOf(running.url)).toEqual(before);
      await running.stop();
      const paths = await routesOf(running.hosted.plugins);
      const own = isBelow([...door.prefixes, `/api/v1/doors/${door.name}`]);
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => !own(path))).toEqual([]);
    });

    it("names its figures after itself", async () => {
      const running = await host();
      await harness.use(running.url);
      const series = (await running.registry.getMetricsAsJSON()).map(({ name }) => name);
      await running.stop();
      const own = `cairn_${door.name.replaceAll("-", "_")}_`;
      expect(series.filter((name) => !name.startsWith(own))).toEqual([]);
    });

    it("has settings that may all be left out", async () => {
      await (await hostDoor(door, { database: database.config, directory })).stop();
    });

    it.each(harness.badSettings.map((one) => [JSON.stringify(one[0]), ...one] as const))(
      "refuses the settings %s, naming the key and what is allowed",
      async (_text, bad, key, allowed) => {
        const refused = await hostDoor(door, { database: database.config, directory, settings: bad }).then(
          (running) => running.stop().then(() => undefined),
          (error: unknown) => error,
        );
        expect(refused).toBeInstanceOf(CairnError);
        const { code, message, next, details } = refused as CairnError;
        expect({ code, details }).toEqual({ code: "bad-settings", details: { key } });
        expect(message).toContain(key);
        expect(next).toContain(allowed);
      },
    );

    it("ends by itself when it is stopped, and nothing keeps its process", async () => {
      const { child, url } = await spawnDoor();
      await harness.use(url);
      child.kill("SIGTERM");
      expect(await once(child, "exit")).toEqual([0, null]);
    });

    it("keeps what it said it has through kill -9 at any instant", async () => {
      const told: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const { child, url } = await spawnDoor();
        for (const one of told) await harness.expectKept(url, one);
        let over = false;
        const using = (async () => {
          while (!over) told.push(await harness.use(url));
        })().catch((error: unknown) => {
          // What breaks off when the door is killed was told to nobody.
          if (!over) throw error;
        });
        await Promise.race([using, sleep(Math.random() * LONGEST_UNTIL_KILL)]);
        over = true;
        child.kill("SIGKILL");
        await once(child, "exit");
        await using;
      }
      const { child, url } = await spawnDoor();
      for (const one of told) await harness.expectKept(url, one);
      await harness.use(url);
      child.kill("SIGTERM");
      await once(child, "exit");
    });
  });
}

async function catalogOutside(pool: pg.Pool, schema: string): Promise<string[]> {
  const { rows } = await pool.query<Record<string, string>>(CATALOG);
  return rows
    .filter((row) => row.schema !== schema && !/^pg_(toast|temp)/.test(row.schema ?? ""))
    .filter((row) => row.kind !== "trigger" || row.detail?.startsWith(`${schema}.`) !== true)
    .map((row) => JSON.stringify(row))
    .toSorted();
}

/** What a server says on routes that are not a door's, without what changes by itself. */
async function answersOf(url: string): Promise<object[]> {
  const json = { "content-type": "application/json" };
  const asked: [string, RequestInit][] = [
    ["/probe?a=b", {}],
    ["/probe", { method: "POST", body: '{"a":1}', headers: json }],
    ["/probe", { method: "POST", body: "{", headers: json }],
    ["/probe", { method: "POST", body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } }],
    ["/nothing", {}],
    ["/", { method: "DELETE" }],
  ];
  return Promise.all(
    asked.map(async ([path, options]) => {
      const answer = await fetch(url + path, options);
      const headers = [...answer.headers].filter(([name]) => !["date", "keep-alive"].includes(name));
      return { path, status: answer.status, headers, body: await answer.text() };
    }),
  );
}

async function routesOf(plugins: readonly FastifyPluginAsync[]): Promise<string[]> {
  const server = Fastify();
  const paths: string[] = [];
  server.addHook("onRoute", ({ url }) => void paths.push(url));
  for (const plugin of plugins) await server.register(plugin);
  await server.ready();
  await server.close();
  return paths;
}
