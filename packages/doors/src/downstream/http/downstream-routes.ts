import { databaseAway } from "@cairn/database";
import { clientAddress, networkOf, TrafficLimits, type TrafficSettings } from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { Turns } from "../turns.ts";
import type { VerificationNode } from "../verification-node.ts";
import { asRefusal, type Call, countTraffic, type Door, sendJson } from "./call.ts";
import { CODE, type Dialect, DOCUMENT } from "./dialect.ts";
import { METHOD_NOT_ALLOWED_PAGE, NOT_FOUND_PAGE } from "./html-pages.ts";
import { RecentTokens } from "./recent-tokens.ts";
import { Refusal, TEXTS } from "./refusal.ts";
import { routesOf } from "./routes.ts";
import type { ShardSource } from "./shards.ts";
import type { StatusSource } from "./status.ts";
import { DEFAULT_TRAFFIC, type TrafficKind } from "./traffic.ts";

const PREFIX = "/api/downstream";
/** Where it is not 400 that a token is unknown. */
const NO_TOKEN_STATUS = new Map(Object.entries<number>({ heartbeat: 404, token: 401, shard: 401 }));
const REMEMBERED_SINGLES = 50_000;
/** Compressed bodies at once, of different networks. */
const INFLATING = 2;
const NO_QUERY = new URLSearchParams();

export interface DownstreamRoutesOptions {
  node: VerificationNode;
  status: StatusSource;
  /** Where the bytes of shards are had; without it none is served. */
  shards?: ShardSource;
  /** Limits by network; null for none. */
  traffic?: TrafficSettings<TrafficKind> | null;
  /** Within which a request's body must have come. */
  bodyTimeoutMilliseconds?: number;
  /** After which a client that takes nothing of its answer is cut off. */
  stallMilliseconds?: number;
  /** Called with what went wrong on our side; the client hears only `Internal Server Error`. */
  onError?: (error: unknown, what: string) => void;
}

/**
 * The whole HTTP API of the downstream door, below `/api/downstream` in the document's dialect and below `/api/downstream/v1` in the later
 * code's. It has its own parsing of bodies, errors and not-found pages, and touches nothing outside of its prefix.
 */
export function downstreamRoutes(options: DownstreamRoutesOptions): FastifyPluginAsync {
  const { node, traffic = DEFAULT_TRAFFIC, onError = () => undefined } = options;
  const addressOf = clientAddress(node.settings.trustedProxies);
  const door: Door = {
    node,
    status: options.status,
    shards: options.shards,
    limits: traffic === null ? undefined : new TrafficLimits(traffic),
    singles: new RecentTokens(REMEMBERED_SINGLES),
    inflating: new Turns(INFLATING),
    bodyTimeoutMilliseconds: options.bodyTimeoutMilliseconds ?? 30_000,
    stallMilliseconds: options.stallMilliseconds ?? 60_000,
    warn: onError,
  };

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const target = locate(request.raw.url ?? "");
    const methods = target && routesOf(target.segments);
    if (target === undefined || methods === undefined) return page(reply, 404, NOT_FOUND_PAGE);
    const handler = methods[request.method];
    if (handler === undefined) {
      reply.header("allow", [...Object.keys(methods), "OPTIONS"].join(", "));
      return request.method === "OPTIONS" ? reply.send("") : page(reply, 405, METHOD_NOT_ALLOWED_PAGE);
    }
    const ip = addressOf(request.raw);
    const network = networkOf(ip);
    const { dialect, prefix, query } = target;
    const call: Call = { door, dialect, prefix, request, reply, query, ip, network, held: 0 };
    try {
      countTraffic(call, "requests");
      return await handler(call);
    } catch (error) {
      throw asRefusal(error, node, NO_TOKEN_STATUS.get(target.segments[0] ?? "") ?? 400);
    } finally {
      if (call.held > 0) door.limits?.release(network, call.held);
    }
  };

  const fail = (error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
    if (reply.raw.headersSent) {
      onError(error, "an answer broke off");
      reply.raw.destroy();
      return reply;
    }
    const refusal = refusalFor(error);
    if (refusal.status === 500) onError(error, "a request failed");
    for (const name of ["content-length", "content-range", "accept-ranges"]) reply.removeHeader(name);
    reply.status(refusal.status).headers(refusal.headers);
    return sendJson({ reply }, JSON.stringify({ status: "error", message: refusal.message }));
  };

  return async (server) => {
    await server.register(
      async (scope: FastifyInstance) => {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
        scope.addHook("onRequest", ({ raw }, _reply, done) => {
          // Bodies are read by hand whatever their type is said to be, even when that is nonsense.
          if (raw.headers["content-type"] !== undefined) raw.headers["content-type"] = undefined;
          done();
        });
        scope.setErrorHandler(fail);
        scope.setNotFoundHandler(handle);
        // Another protocol than the HTTP API: not in its description.
        const options = { exposeHeadRoute: false, schema: { hide: true } };
        for (const path of ["", "/*"]) scope.all(path, options, handle);
      },
      { prefix: PREFIX },
    );
  };
}

interface Target {
  dialect: Dialect;
  prefix: string;
  segments: string[];
  query: URLSearchParams;
}

/** Undefined for a path that cannot be decoded. */
function locate(url: string): Target | undefined {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  let segments = path.slice(PREFIX.length + 1).split("/");
  const isCode = segments[0] === "v1";
  if (isCode) segments.shift();
  if (path.includes("%")) {
    try {
      segments = segments.map(decodeURIComponent);
    } catch {
      return undefined;
    }
  }
  return { dialect: isCode ? CODE : DOCUMENT, prefix: isCode ? `${PREFIX}/v1` : PREFIX, segments, query };
}

function page(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply.status(status).type("text/html; charset=utf-8").send(html);
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === "number" && status >= 400 && status < 500) return new Refusal(status, (error as Error).message);
  if (databaseAway(error) !== undefined) return new Refusal(503, TEXTS.away, { "retry-after": "1" });
  if (error instanceof CairnError && error.kind === "unavailable") {
    return new Refusal(503, error.message, { "retry-after": "1" });
  }
  return new Refusal(500, TEXTS.internal);
}
