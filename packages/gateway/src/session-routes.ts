import {
  changeOwnPassword,
  createLink,
  csrfToken,
  endSession,
  findUser,
  listSessions,
  logIn,
  type OpenedSession,
  setSignUpPolicy,
  signUp,
  signUpPolicy,
  type User,
  useLink,
} from "@cairn/accounts";
import {
  DoneJson,
  LoginJson,
  MadeLinkJson,
  OpenedSessionJson,
  OwnPasswordJson,
  SessionsJson,
  SignUpJson,
  SignUpPolicyJson,
  UseLinkJson,
  WhoJson,
} from "@cairn/client";
import { isLoopback } from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { DONE, IdParams } from "./account-route.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf, sessionSecret } from "./principal-of.ts";
import { sessionNeeded } from "./session-needed.ts";

const about = (summary: string) => ({ summary, tags: ["sessions"] });
/** A name, a password and an invite; strangers may send it. */
const STRANGERS_BODY_BYTES = 4096;
const OPEN = { access: "open" } as const;

/** Becoming a user, logging in, and what a user does with its sessions. */
export function sessionRoutes({ accounts }: GatewayContext): FastifyPluginAsync {
  return async (server) => {
    server.get(
      "/api/v1/sign-up",
      { config: OPEN, schema: { ...about("Who may become a user"), response: { 200: SignUpPolicyJson } } },
      async () => ({ policy: await signUpPolicy(accounts.pool) }),
    );

    server.put(
      "/api/v1/sign-up",
      {
        config: { scope: "operate" },
        schema: { ...about("Say who may become a user"), body: SignUpPolicyJson, response: { 200: SignUpPolicyJson } },
      },
      async (request) => {
        const { policy } = request.body as SignUpPolicyJson;
        await setSignUpPolicy(accounts.pool, policy);
        return { policy };
      },
    );

    server.post(
      "/api/v1/sign-up",
      {
        config: OPEN,
        bodyLimit: STRANGERS_BODY_BYTES,
        schema: {
          ...about("Become a user, as the policy allows; opens a session"),
          body: SignUpJson,
          response: { 200: OpenedSessionJson },
        },
      },
      async (request, reply) => {
        const { name, password, invite } = request.body as SignUpJson;
        const named = { name, password, ...(invite === undefined ? {} : { invite }) };
        return opened(request, reply, await signUp(accounts, { ...named, ...placeOf(request) }));
      },
    );

    server.post(
      "/api/v1/login",
      {
        config: OPEN,
        bodyLimit: STRANGERS_BODY_BYTES,
        schema: {
          ...about("Open a session; its secret comes as a cookie"),
          body: LoginJson,
          response: { 200: OpenedSessionJson },
        },
      },
      async (request, reply) => {
        const { name, password } = request.body as LoginJson;
        return opened(request, reply, await logIn(accounts, { name, password, ...placeOf(request) }));
      },
    );

    server.post(
      "/api/v1/links",
      {
        config: { scope: "operate" },
        schema: {
          ...about("Make a link that opens the console signed in, once; for the home's own token"),
          response: { 200: MadeLinkJson },
        },
      },
      async (request) => {
        if (principalOf(request).home === true) return createLink(accounts);
        throw new CairnError("only the home's own token makes links", {
          code: "home-token-needed",
          kind: "auth",
          next: "Run `cairn open` on the gateway's machine, with its home; elsewhere log in with name and password.",
        });
      },
    );

    server.post(
      "/api/v1/login/link",
      {
        config: OPEN,
        bodyLimit: STRANGERS_BODY_BYTES,
        schema: {
          ...about("Open a session by a link, from the gateway's own machine; its secret comes as a cookie"),
          body: UseLinkJson,
          response: { 200: OpenedSessionJson },
        },
      },
      async (request, reply) => {
        requireOwnMachine(request);
        const { secret } = request.body as UseLinkJson;
        return opened(request, reply, await useLink(accounts, { secret, ...placeOf(request) }));
      },
    );

    server.post(
      "/api/v1/logout",
      { config: { scope: "any" }, schema: { ...about("End the session that asks"), response: { 200: DoneJson } } },
      async (request, reply) => {
        const { session: id, user } = ownSession(request);
        await endSession(accounts, { id, user });
        void reply.header("set-cookie", server.sessionCookie.clear());
        return DONE;
      },
    );

    server.get(
      "/api/v1/session",
      { config: { scope: "any" }, schema: { ...about("Who asks, and what it may do"), response: { 200: WhoJson } } },
      async (request): Promise<WhoJson> => {
        const { account, user, scopes, via } = principalOf(request);
        return {
          account,
          user: user === undefined ? null : await findUser(accounts.pool, user, account),
          scopes: [...scopes],
          via,
          csrf: via === "session" ? csrfToken(sessionSecret(request)) : null,
        };
      },
    );

    server.get(
      "/api/v1/sessions",
      { config: { scope: "any" }, schema: { ...about("The user's open sessions"), response: { 200: SessionsJson } } },
      async (request) => {
        const { session, user } = ownSession(request);
        return (await listSessions(accounts, user)).map((one) => ({ ...one, current: one.id === session }));
      },
    );

    server.delete(
      "/api/v1/sessions/:id",
      {
        config: { scope: "any" },
        schema: { ...about("End one of the user's sessions"), params: IdParams, response: { 200: DoneJson } },
      },
      async (request) => {
        const { user } = ownSession(request);
        await endSession(accounts, { id: (request.params as Static<typeof IdParams>).id, user });
        return DONE;
      },
    );

    server.put(
      "/api/v1/password",
      {
        config: { scope: "any" },
        schema: {
          ...about("Change the user's own password; its other sessions end"),
          body: OwnPasswordJson,
          response: { 200: DoneJson },
        },
      },
      async (request) => {
        const { current, password } = request.body as { current: string; password: string };
        await changeOwnPassword(accounts, { ...ownSession(request), current, password });
        return DONE;
      },
    );
  };
}

const placeOf = ({ network, headers }: FastifyRequest) => ({ network, agent: headers["user-agent"] ?? "" });

/** @throws CairnError `session-needed` for a token, which is nobody's browser */
function ownSession(request: FastifyRequest): { session: string; user: string } {
  const { via, id, user } = principalOf(request);
  if (via === "session" && user !== undefined) return { session: id, user };
  throw sessionNeeded();
}

/** What a proxy passes on came from elsewhere, whatever address it came in at. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/** @throws CairnError `not-this-machine` */
function requireOwnMachine({ raw, headers }: FastifyRequest): void {
  const address = (raw.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  if (isLoopback(address) && FORWARDED.every((name) => headers[name] === undefined)) return;
  throw new CairnError("a link opens the console only on the gateway's own machine", {
    code: "not-this-machine",
    kind: "auth",
    next: "Log in with name and password: the operator adds you with `cairn user invite`.",
  });
}

function opened(
  { headers, server }: FastifyRequest,
  reply: FastifyReply,
  { user, session }: { user: User; session: OpenedSession },
): OpenedSessionJson {
  const secure = headers.origin?.startsWith("https://") === true;
  const seconds = Math.max(1, session.expiresAt - Math.floor(Date.now() / 1000));
  const cookies = [
    server.sessionCookie.set(session.secret, { seconds, secure }),
    ...server.sessionCookie.clearPlanted(),
  ];
  void reply.header("set-cookie", cookies);
  return { user, csrf: session.csrf, expiresAt: session.expiresAt };
}
