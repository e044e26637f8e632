import type { Scope } from "@cairn/accounts";
import { isBelow } from "@cairn/doors";
import type { RouteAccess } from "@cairn/transport";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { FastifySchema } from "fastify";
import { Type } from "typebox";

/** The body of every answer that is no success. */
const ErrorJson = Type.Object({
  error: Type.Object({
    code: Type.String({ description: "stable, kebab-case; docs/errors.md lists them all" }),
    kind: Type.String({
      enum: ["input", "auth", "missing", "conflict", "unavailable", "exhausted", "corrupt", "internal"],
    }),
    message: Type.String(),
    next: Type.Optional(Type.String({ description: "what to do next" })),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
});

type Security = { [scheme: string]: string[] }[];

const SECURITY: Record<Exclude<RouteAccess, "token">, Security> = {
  signed: [{ capability: [] }, { session: [] }, {}],
  open: [],
  door: [],
};

export interface OpenapiOptions {
  version: string;
  /** Name of the cookie of sessions. */
  sessionCookie: string;
  /** URL paths below which doors live. */
  doors?: readonly string[];
  /** URL paths below which nothing is described. */
  hidden?: readonly string[];
}
/** A token with the scope, or the cookie of a session whose user has it. */
const securityOf = (access: RouteAccess, scope: Scope | "any" = "any"): Security =>
  access === "token" ? [{ token: scope === "any" ? [] : [scope] }, { cookie: [] }] : SECURITY[access];

/** The document that `GET /openapi.json` gives: every route of the server, what it takes, and how it fails. */
export const openapi = ({
  version,
  sessionCookie,
  doors = [],
  hidden = [],
}: OpenapiOptions): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: "3.1.0",
    info: { title: "Cairn", version, description: "Store, prove, repair and get back folders." },
    tags: [
      { name: "network", description: "what runs here" },
      { name: "account", description: "the caller's account" },
      { name: "sessions", description: "signing up, logging in, and a user's own sessions: docs/accounts.md" },
      { name: "users", description: "users and invites" },
      { name: "tokens", description: "API tokens and their scopes" },
      { name: "wallets", description: "wallets, and what the gateway signs for them" },
      { name: "limits", description: "what an account may use, and what it does" },
      { name: "packages", description: "storing, following, reading, checking and removing" },
      { name: "provider", description: "where providers knock: docs/protocol.md, section 4" },
      { name: "downstream", description: "the door of the Storj downstream protocol: docs/doors/downstream.md" },
    ],
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "an API token with the scope that is named; the home's own is in its `token` file",
        },
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: sessionCookie,
          description:
            "of a user that is logged in; over https `__Host-` stands before its name. What changes something also needs Origin and the header `cairn-csrf`",
        },
        capability: {
          type: "apiKey",
          in: "header",
          name: "cairn-capability",
          description: "a signed capability, as base64 of its JSON",
        },
        session: {
          type: "apiKey",
          in: "header",
          name: "cairn-session",
          description: "of a connected provider: its welcome brought it",
        },
      },
    },
  },
  transform: ({ schema: given, url, route }) => {
    const schema: FastifySchema = given ?? {};
    const { access = isBelow(doors)(url) ? "door" : "token", webSocket = false, scope } = route.config ?? {};
    // A WebSocket's route is marked as hidden by its plugin.
    const hide = webSocket ? false : schema.hide === true || isBelow(hidden)(url);
    const opened = webSocket ? { 101: { description: "the socket is open", type: "null" } } : {};
    return {
      schema: {
        ...schema,
        hide,
        security: schema.security ?? securityOf(access, scope),
        response: { ...opened, ...(schema.response ?? {}), "4xx": ErrorJson, "5xx": ErrorJson },
      },
      url,
    };
  },
});

export const OPENAPI_ROUTE = { summary: "This document", tags: ["network"] };
