import type { IncomingMessage } from "node:http";
import type { Principal } from "@cairn/accounts";
import { isBelow } from "@cairn/doors";
import {
  bodyTooLarge,
  clientAddress,
  EntranceRefusal,
  type Guard,
  hostCheck,
  networkOf,
  noRoom,
  proxyTest,
  readBody,
  TrafficLimits,
  tooManyRequests,
} from "@cairn/process/entrances";
import { isDenseJson } from "@cairn/protocol/dense-json";
import type { RouteAccess } from "@cairn/transport";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { credentialOf, requireAllowed } from "./principal-of.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Somebody known is at the other end of this socket. */
    vouch: Guard["vouch"];
  }
  interface FastifyRequest {
    /** Whom the request is known to be from: an account or a connected provider. */
    who: string | undefined;
    network: string;
    /** Bytes of its body that count against the memory of all bodies, and of which part of it. */
    heldBytes: number;
    heldIn: Pick<TrafficLimits<never>, "release"> | undefined;
  }
}

const MIB = 1024 * 1024;
/** Bodies without a limit of their own. */
export const SMALL_BODY_BYTES = 64 * 1024;
/** Lists of 65,536 CIDs, or of 100,000 pieces. */
export const LIST_BODY_BYTES = 8 * MIB;

/** Bodies that say to be so short have a reserve of memory, which no longer one takes: whoever sends lists keeps nobody from a call, or from logging in. */
const SHORT_BODY_BYTES = 16 * 1024;

const KNOWN = {
  /** Requests of one account or provider at a time, beyond the connections that one client opens. */
  atWork: 128,
  bodies: { timeoutMilliseconds: 30_000, least: { bytes: 16 * 1024, milliseconds: 10_000 } },
  heldBytes: { perNetwork: 16 * MIB, total: 28 * MIB },
  reserve: { perNetwork: MIB / 2, total: 4 * MIB },
};
const STRANGERS = {
  bodies: { timeoutMilliseconds: 15_000, least: { bytes: 10 * 1024, milliseconds: 5_000 } },
  heldBytes: { perNetwork: 4 * MIB, total: 10 * MIB },
  reserve: { perNetwork: MIB / 8, total: 2 * MIB },
  rates: { requests: { perSecond: 50, burst: 400 } },
};
const NETWORKS = 20_000;
/** Answered from what was found a moment ago: whoever watches over the gateway must not take a flood for its end. */
const UNCOUNTED = "/health";
const TRUSTED_TOKENS = 1_000;

export interface EntranceOptions {
  /** URL paths below which other people's protocols and their pages live. */
  doors?: readonly string[];
  /** Names under which this gateway is reached, besides loopback's and its addresses. */
  names: readonly string[];
  /** Proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** Whom a token or session stands for. @throws CairnError `no-token`, `wrong-token`, `session-over` */
  findPrincipal(request: FastifyRequest): Promise<Principal>;
  /** Tokens that are known to be good before anybody has used them. */
  goodTokens?: readonly string[];
  /** The connected provider that was given this session. */
  providerOf(session: string): string | undefined;
  /** Monotonic milliseconds, by which traffic is counted. */
  now?(): number;
}

/**
 * What every request passes before its route: Host and Origin, the traffic of its network, its token. Only then is a body read, by its route's
 * `bodyLimit`, in limited time, and within what all bodies may take of the process's memory.
 */
export function admitRequests(server: FastifyInstance, guard: Guard, options: EntranceOptions): void {
  const isProxy = proxyTest(options.trustedProxies);
  const refusal = hostCheck({ names: options.names, pages: "own", isProxy });
  const refusalAtDoor = hostCheck({ pages: "own", anyHost: true, isProxy });
  const isDoor = isBelow(options.doors ?? []);
  const addressOf = clientAddress(options.trustedProxies);
  const known = new TrafficLimits({ rates: {}, heldBytes: KNOWN.heldBytes, networks: NETWORKS }, options.now);
  const strangers = new TrafficLimits({ ...STRANGERS, networks: NETWORKS }, options.now);
  const reserve = ({ reserve: heldBytes }: { reserve: typeof KNOWN.reserve }) =>
    new TrafficLimits<never>({ rates: {}, heldBytes, networks: NETWORKS }, options.now);
  const reserves = { known: reserve(KNOWN), strangers: reserve(STRANGERS) };
  const atWork = new Map<string, number>();
  /** Tokens and sessions that were good a moment ago are looked up whatever strangers of the same network do. */
  const goodTokens = new Set(options.goodTokens?.map((token) => `token ${token}`));

  server.decorate("vouch", guard.vouch);
  server.decorateRequest("principal", undefined);
  server.decorateRequest("who", undefined);
  server.decorateRequest("network", "");
  server.decorateRequest("heldBytes", 0);
  server.decorateRequest("heldIn", undefined);

  const countStranger = (request: FastifyRequest) => {
    const seconds = strangers.take(request.network, "requests");
    if (seconds > 0) throw tooManyRequests(seconds);
  };
  const identify = async (request: FastifyRequest, access: RouteAccess): Promise<string | undefined> => {
    const session = request.headers["cairn-session"];
    const provider = typeof session === "string" ? options.providerOf(session) : undefined;
    const shown = credentialOf(request);
    const credential = shown === undefined ? "" : `${shown.via} ${shown.secret}`;
    const good = goodTokens.has(credential);
    if (access !== "token" && !(good && provider === undefined && access !== "door")) {
      const counted = access !== "door" && request.routeOptions.url !== UNCOUNTED;
      if (provider === undefined && counted) countStranger(request);
      return provider;
    }
    if (!good) countStranger(request);
    let principal: Principal;
    try {
      principal = await options.findPrincipal(request);
    } catch (error) {
      goodTokens.delete(credential);
      if (access === "token") throw error;
      // What was good until now is no reason to refuse what anybody may ask, such as to log in again.
      countStranger(request);
      return provider;
    }
    goodTokens.add(credential);
    if (goodTokens.size > TRUSTED_TOKENS) goodTokens.delete(goodTokens.values().next().value ?? "");
    if (access === "token") {
      requireAllowed(request, principal);
      request.principal = principal;
    }
    return principal.account;
  };
  const memoryOf = ({ who, network }: FastifyRequest) =>
    who === undefined
      ? ({ limits: strangers, short: reserves.strangers, key: network, bodies: STRANGERS.bodies } as const)
      : ({ limits: known, short: reserves.known, key: who, bodies: KNOWN.bodies } as const);
  const leave = (request: FastifyRequest) => {
    if (request.heldBytes > 0) request.heldIn?.release(memoryOf(request).key, request.heldBytes);
    request.heldBytes = 0;
    if (request.who === undefined) return;
    const left = (atWork.get(request.who) ?? 1) - 1;
    if (left === 0) atWork.delete(request.who);
    else atWork.set(request.who, left);
  };

  server.addHook("onRequest", async (request, reply) => {
    if (request.raw.socket.destroyed) {
      // The rest of what a connection sent that the guard has ended.
      reply.hijack();
      return;
    }
    const door = isDoor(request.url);
    const wrong = (door ? refusalAtDoor : refusal)(request.raw);
    if (wrong !== undefined) throw wrong;
    request.network = networkOf(addressOf(request.raw));
    // Whoever asks for what does not exist is a stranger.
    const exists = request.routeOptions.url !== undefined;
    const who = await identify(
      request,
      door ? "door" : exists ? (request.routeOptions.config.access ?? "token") : "open",
    );
    if (who === undefined) {
      reply.raw.once("close", () => leave(request));
      return;
    }
    const busy = atWork.get(who) ?? 0;
    if (busy >= KNOWN.atWork) throw tooManyRequests(1);
    atWork.set(who, busy + 1);
    request.who = who;
    reply.raw.once("close", () => leave(request));
    guard.vouch(request.raw.socket, who);
  });

  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", (request, payload, done) => {
    jsonBody(request, payload as IncomingMessage).then(
      (body) => parse(request, body, done),
      (error) => done(error as Error),
    );
  });
  server.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));

  async function jsonBody(request: FastifyRequest, payload: IncomingMessage): Promise<string> {
    const maxBytes = request.routeOptions.bodyLimit;
    const declared = Number(payload.headers["content-length"] ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(declared) && declared > maxBytes) throw bodyTooLarge(maxBytes);
    const { limits, short, key, bodies } = memoryOf(request);
    const isShort = declared <= SHORT_BODY_BYTES;
    const body = await readBody(payload, {
      maxBytes,
      ...bodies,
      hold(bytes) {
        // The whole of a short one with its first bytes, so that it is in one place.
        if (isShort && request.heldBytes > 0) return undefined;
        const size = isShort ? declared : bytes;
        const room = [limits, ...(isShort ? [short] : [])].find((one) => one.hold(key, size));
        if (room === undefined) return noRoom();
        // Until the request is answered: what was parsed lives as long.
        request.heldBytes += size;
        request.heldIn = room;
        return undefined;
      },
    });
    if (isDenseJson(body)) throw tooDense();
    return body.toString("utf8");
  }
}

function tooDense(): EntranceRefusal {
  return new EntranceRefusal("the body has more structure than any request of this size", {
    code: "bad-request",
    kind: "input",
    status: 400,
    details: { field: "body" },
    next: "GET /openapi.json says what is allowed.",
  });
}
