import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Job, JobHandler } from "@cairn/catalog";
import type { Clock, Random } from "@cairn/core";
import type { Migration } from "@cairn/database";
import type { Market } from "@cairn/market";
import type { PutPorts } from "@cairn/owner/put";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Pool } from "pg";
import type { Registry } from "prom-client";
import type { Static, TObject } from "typebox";
import type { WebSocket } from "ws";

/**
 * A protocol that somebody's existing clients speak. It is opened by a host: a gateway, or a process of its own. `door.suite.ts` is this
 * contract as tests; every door passes it.
 */
export interface Door<Settings extends TObject = TObject> {
  /** Lower-case words with dashes: of its schema in the database, its folder in a home, its metrics `cairn_NAME_…`. */
  name: string;
  /** They touch the schema of its name alone, and make it. Applied by the host before `open`; never changed once released. */
  migrations: readonly Migration[];
  /** Every one may be left out. A property's `allowed` says in words what its own schema does not. */
  settings: Settings;
  /** URL paths below which its protocol lives, such as `/api/downstream`. Requests there need no token and no known Host. */
  prefixes: readonly string[];
  /** Those below which routes are left out of `/openapi.json`. */
  hidden?: readonly string[];
  /** Other ports at which its clients expect the same listener. Each is opened where it is free. */
  ports?: readonly DoorPort[];
  /** `needed`: started by the first request below its prefixes, or at once when `isNeeded` says so. */
  when: "always" | "needed";
  /** Makes everything and begins nothing. */
  open(context: DoorContext<Static<Settings>>): Promise<OpenDoor>;
}

export interface OpenDoor {
  /** Each registers routes below the prefixes, and nothing that holds for others. */
  routes: readonly FastifyPluginAsync[];
  /** What an account does with the door over the HTTP API, below `/api/v1/doors/NAME`: with a token, by the API's rules. */
  api?: FastifyPluginAsync;
  upgrades?: readonly DoorUpgrade[];
  /** Answers requests over HTTP/2 below the prefixes. */
  h2?(request: Http2ServerRequest, response: Http2ServerResponse): void;
  /**
   * Ends what goes on by itself over HTTP/2, each stream as its protocol says, such as with UNAVAILABLE: called before the listener closes and cuts
   * the rest off.
   */
  endStreams?(): void | Promise<void>;
  /** What the door's jobs do, by kind; they are worked at while the door runs. */
  jobs?: Record<string, JobHandler>;
  /** Whether there is work before anybody asks. */
  isNeeded?(): Promise<boolean>;
  /** Resolves when requests may be taken. */
  start(): Promise<void>;
  /** Ends what `start` began, after requests under way; also without a start. Afterwards nothing keeps the process running. */
  stop(): Promise<void>;
}

/** A WebSocket below a prefix. */
interface DoorUpgrade {
  path: string;
  open(socket: WebSocket, request: FastifyRequest): void;
}

export interface DoorPort {
  /** Where its clients look unless told otherwise. */
  port: number;
  /** The environment variable that names another; `off` closes it. */
  setting: string;
}

/** What a door works with, and all that it touches. */
export interface DoorContext<Settings> {
  /** Connections whose search path is the door's own schema. */
  pool: Pool;
  /** As its file says; a door knows what holds where that says nothing. */
  settings: Settings;
  /** Calls with the settings whenever the file has changed and holds, until the door is stopped. */
  onSettings(listener: (settings: Settings) => void): void;
  /** For secrets and other small files that must not be in a database; exists, mode 0700. */
  directory: string;
  log: DoorLog;
  /** For series named `cairn_NAME_…`. */
  registry: Registry;
  clock: DoorClock;
  random: Random;
  /** A network to try things out: its coins are worth nothing. */
  trial: boolean;
  /** What of the network a door may call; undefined for a door that is alone in its process. */
  engine: DoorEngine | undefined;
}

export type DoorClock = Pick<Clock, "monotonic" | "sleep"> & {
  /** Seconds since 1970, with fractions. */
  now(): number;
};

/** A pino logger is one. */
export type DoorLog = Record<"info" | "warn" | "error", (fields: object, message: string) => void>;

export interface DoorEngine {
  market: Pick<Market, "packageStatus" | "readShard" | "requirePackage" | "readPublicBlocks">;
  /** Whose token a request to the door's part of the API brought. @throws CairnError `no-token`, `wrong-token` */
  accountOf(request: FastifyRequest): Promise<{ id: string }>;
  /**
   * An account of the door's own whose keys the gateway keeps, for users that keep none: what an owner does (`@cairn/owner`) is done with it. Made at
   * the first call.
   * @param user lower-case letters, digits, dots, dashes and underscores
   * @throws CairnError `bad-account`
   */
  house(user: string): Promise<House>;
  /** Durable work: begun under an id of the door's choosing, gone on with after a crash. */
  jobs: {
    /** @throws CairnError `job-exists`, `too-many-jobs` */
    add(job: Pick<Job, "id" | "account" | "kind" | "request">): Promise<Job>;
    /** @throws CairnError `unknown-job` */
    find(of: { id: string; account: string }): Promise<Job>;
    /** @throws CairnError `unknown-job` */
    cancel(of: { id: string; account: string }): Promise<Job>;
  };
}

/** The ports of `@cairn/owner` for a house account, and the account's id. */
export type House = PutPorts & { account: string };

/** Whether a URL is a prefix or below one. */
export function isBelow(prefixes: readonly string[]): (url: string) => boolean {
  return (url) =>
    prefixes.some(
      (prefix) => url.startsWith(prefix) && (url.length === prefix.length || "/?".includes(url[prefix.length] ?? "")),
    );
}
