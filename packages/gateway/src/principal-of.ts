import { timingSafeEqual } from "node:crypto";
import {
  type AccountsContext,
  csrfToken,
  hashSecret,
  type Principal,
  principalOfSession,
  principalOfToken,
} from "@cairn/accounts";
import { EntranceRefusal } from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol";
import type { FastifyRequest } from "fastify";
import type { SessionCookie } from "./session-cookie.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** On routes of access `token`. */
    principal: Principal | undefined;
  }
  interface FastifyInstance {
    /** Of the sessions of this gateway's database. */
    sessionCookie: SessionCookie;
  }
}

const CSRF_HEADER = "cairn-csrf";

/** What a request shows of itself: a token, which counts first, or the cookie of a session. */
export type Credential = { via: Principal["via"]; secret: string };

/**
 * The bearer token of a request; empty when it has none. Where a browser opens a WebSocket and cannot set the header, it is the subprotocol
 * `bearer.TOKEN`.
 */
export function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization ?? "";
  if (header.startsWith("Bearer ")) return header.slice("Bearer ".length);
  const offered =
    request.headers.upgrade === undefined ? undefined : request.headers["sec-websocket-protocol"]?.split(",");
  return (
    offered
      ?.map((one) => one.trim())
      .find((one) => one.startsWith("bearer."))
      ?.slice("bearer.".length) ?? ""
  );
}

/** The secret in the cookie of a session; empty where there is none. */
export const sessionSecret = ({ server, headers }: FastifyRequest): string =>
  server.sessionCookie.secretIn(headers.cookie);

export function credentialOf(request: FastifyRequest): Credential | undefined {
  const token = bearerToken(request);
  if (token !== "" || request.headers.authorization !== undefined) return { via: "token", secret: token };
  const secret = sessionSecret(request);
  return secret === "" ? undefined : { via: "session", secret };
}

/**
 * Whom a request is from, by its token or session.
 * @throws CairnError `no-token`, `wrong-token`, `session-over`
 */
export async function findPrincipal(accounts: AccountsContext, request: FastifyRequest): Promise<Principal> {
  const credential = credentialOf(request);
  if (credential === undefined || credential.secret === "") {
    throw new CairnError("this call needs an API token or a session", {
      code: "no-token",
      kind: "auth",
      next: "Send `Authorization: Bearer TOKEN`; the local token is in the home's `token` file. Pages log in with POST /api/v1/login.",
    });
  }
  const { via, secret } = credential;
  const principal =
    via === "token" ? await principalOfToken(accounts, secret) : await principalOfSession(accounts, secret);
  if (principal !== undefined) return principal;
  throw via === "token"
    ? new CairnError("the API token is not known here", {
        code: "wrong-token",
        kind: "auth",
        next: "It was revoked, has expired, or is another gateway's: check that --home names the right one, make another with `cairn token create`, or log in again with `cairn login`.",
      })
    : new CairnError("the session is over", {
        code: "session-over",
        kind: "auth",
        next: "Log in again: POST /api/v1/login.",
      });
}

/** Whom a request is from: the entrance has found it before it let the body in. */
export function principalOf(request: Pick<FastifyRequest, "principal" | "url">): Principal {
  if (request.principal !== undefined) return request.principal;
  throw new CairnError(`a route that serves anybody asked who called ${request.url.split("?")[0]}`, {
    code: "internal",
    kind: "internal",
  });
}

/**
 * Whether a principal may call a route.
 * @throws EntranceRefusal `scope-missing`, and `csrf-missing` where a session's cookie came without what only the gateway's own pages can add
 */
export function requireAllowed(request: FastifyRequest, principal: Principal): void {
  const { scope } = request.routeOptions.config;
  if (scope !== "any" && (scope === undefined || !principal.scopes.includes(scope))) {
    throw new EntranceRefusal(
      `this needs the scope ${scope}; the ${principal.via} has ${principal.scopes.join(", ") || "none"}`,
      {
        code: "scope-missing",
        kind: "auth",
        status: 403,
        details: { scope },
        next: `Use a token with that scope: \`cairn token create --scope ${scope}\`.`,
      },
    );
  }
  if (principal.via === "session" && changesSomething(request)) requireOwnPage(request);
}

const changesSomething = ({ method, headers }: FastifyRequest): boolean =>
  (method !== "GET" && method !== "HEAD") || headers.upgrade !== undefined;

/** A browser adds the cookie to whatever a page asks for. That Origin is this gateway's own where it stands was seen before. */
function requireOwnPage(request: FastifyRequest): void {
  const { origin, upgrade } = request.headers;
  const given = request.headers[CSRF_HEADER];
  const right =
    upgrade !== undefined ||
    (typeof given === "string" && timingSafeEqual(hashSecret(given), hashSecret(csrfToken(sessionSecret(request)))));
  if (right && origin !== undefined) return;
  throw new EntranceRefusal(
    origin === undefined
      ? "a session's request must say which page it comes from"
      : `a session's request needs its token in the header ${CSRF_HEADER}`,
    {
      code: "csrf-missing",
      kind: "auth",
      status: 403,
      details: { field: origin === undefined ? "origin" : CSRF_HEADER },
      next: "Send the `csrf` that login and GET /api/v1/session answer; programs use tokens instead of sessions.",
    },
  );
}

/** What a claim to a wallet is signed for: the token that it comes with, or the csrf token of the session. */
export function claimSecretOf(request: FastifyRequest): string {
  return principalOf(request).via === "token" ? bearerToken(request) : csrfToken(sessionSecret(request));
}
