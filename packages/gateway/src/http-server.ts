import { STATUS_CODES } from "node:http";
import { type AddressInfo, isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { databaseAway } from "@cairn/database";
import { isBelow } from "@cairn/doors";
import {
  CONNECTION_LIMITS,
  EntranceRefusal,
  guardConnections,
  HEADER_LIMITS,
  isLoopback,
  proxyTest,
} from "@cairn/process/entrances";
import { asCairnError, CairnError, type ErrorBody } from "@cairn/protocol";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply } from "fastify";
import { admitRequests, type EntranceOptions, SMALL_BODY_BYTES } from "./entrance.ts";
import { type H2Door, type ServeH2Options, serveH2 } from "./h2/serve-h2.ts";
import { OPENAPI_ROUTE, openapi } from "./openapi.ts";
import { SessionCookie } from "./session-cookie.ts";
import { serveTls } from "./tls/serve-tls.ts";
import { readTls, type TlsFiles, watchTls } from "./tls/tls-files.ts";

/** RFC 6797, of names alone: for 30 days, so that a gateway that goes back to http is reached again. */
const HSTS = "max-age=2592000";

export interface HttpServerOptions extends EntranceOptions {
  /** Of the product, as the OpenAPI document says it. */
  version: string;
  /** Of the database whose users log in here. */
  databaseId: string;
  /** URL paths below which that document describes nothing. */
  hidden?: readonly string[];
  /** Doors that also speak HTTP/2; without one, the listener does not. */
  h2Doors?: readonly H2Door[];
  h2Limits?: ServeH2Options["limits"];
  /** The listener takes TLS, too; without it only this machine and trusted proxies are served at its own port. */
  tls?: { files: TlsFiles; onFault(error: unknown): void };
}

/**
 * The one listener: every door and the API are route plugins on it. Errors leave as `{error: {code, kind, message, next, details}}`
 * with the status of their kind.
 */
export async function createHttpServer(
  plugins: FastifyPluginAsync[],
  { version, databaseId, hidden = [], h2Doors = [], h2Limits = {}, tls, ...entrance }: HttpServerOptions,
): Promise<FastifyInstance> {
  const server = Fastify({
    logger: false,
    bodyLimit: SMALL_BODY_BYTES,
    forceCloseConnections: true,
    http: HEADER_LIMITS,
    frameworkErrors: (error, _request, reply) => void sendError(reply, fromFastify(error)),
    clientErrorHandler(error, socket) {
      answerRaw(socket as Socket, fromParser(error));
    },
  });
  const sessionCookie = new SessionCookie(databaseId);
  server.decorate("sessionCookie", sessionCookie);
  const trusted = proxyTest(entrance.trustedProxies);
  const guard = guardConnections(
    server.server,
    CONNECTION_LIMITS,
    (address) => isLoopback(address) || trusted(address),
  );
  if (h2Doors.length > 0) {
    const answered = (socket: Socket) => guard.answered(socket);
    const h2 = serveH2(server.server, { doors: h2Doors, limits: h2Limits, answered });
    // Before the listener closes and takes all connections with it.
    server.addHook("preClose", () => h2.stop());
  }
  if (tls !== undefined) addTls(server, { ...tls, h2: h2Doors.length > 0, trusted });
  server.setErrorHandler((error, _request, reply) => {
    const known = fromFastify(error);
    if (reply.raw.headersSent) {
      reply.raw.destroy(known);
      return;
    }
    // A route may have announced a stream of bytes before that stream failed.
    for (const name of ["content-length", "content-range", "accept-ranges"]) reply.removeHeader(name);
    return sendError(reply, known);
  });
  // First of all hooks is that of the sockets' plugin: it ends the connection of an upgrade that a later one refuses.
  await server.register(websocket, { options: { maxPayload: 1024 * 1024, perMessageDeflate: false } });
  admitRequests(server, guard, entrance);
  const atDoor = isBelow(entrance.doors ?? []);
  server.addHook("onRoute", ({ config, url, method }) => {
    const { access = atDoor(url) ? "door" : "token", scope } = config ?? {};
    if (access === "token" && scope === undefined)
      throw new Error(`${method} ${url} does not say which scope it needs`);
  });
  server.setNotFoundHandler((request, reply) => {
    const error = new CairnError(`there is no ${request.method} ${request.url.split("?")[0]?.slice(0, 200)}`, {
      code: "no-such-route",
      kind: "missing",
      next: "GET /openapi.json lists every route.",
    });
    return sendError(reply, error);
  });
  await server.register(
    swagger,
    openapi({ version, sessionCookie: sessionCookie.name, doors: entrance.doors ?? [], hidden }),
  );
  for (const plugin of plugins) await server.register(plugin);
  // Made once: strangers may ask, and it does not change.
  let document: Buffer | undefined;
  server.get("/openapi.json", { config: { access: "open" }, schema: OPENAPI_ROUTE }, (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(server.swagger()));
    return reply.type("application/json; charset=utf-8").send(document);
  });
  return server;
}

function addTls(
  server: FastifyInstance,
  {
    files,
    onFault,
    h2,
    trusted,
  }: NonNullable<HttpServerOptions["tls"]> & { h2: boolean; trusted: (address: string) => boolean },
): void {
  const own = (socket: Socket) => socket.localPort === (server.server.address() as AddressInfo | null)?.port;
  const running = serveTls(server.server, {
    ...{ credentials: readTls(files), h2 },
    // Further ports are for clients of doors that speak no TLS.
    isPlain: (socket) => !own(socket) || isLoopback(socket.remoteAddress ?? "") || trusted(socket.remoteAddress ?? ""),
  });
  const stop = watchTls(files, (credentials) => running.replace(credentials), onFault);
  server.addHook("onClose", async () => stop());
  server.addHook("onSend", async (request, reply) => {
    const name = request.hostname.toLowerCase();
    const isName = isIP(name.replace(/^\[|\]$/g, "")) === 0 && name !== "localhost" && !name.endsWith(".localhost");
    if ((request.raw.socket as Partial<TLSSocket>).encrypted === true && isName)
      reply.header("strict-transport-security", HSTS);
  });
}

function sendError(reply: FastifyReply, error: CairnError): FastifyReply {
  if (error instanceof EntranceRefusal && error.retryAfter !== undefined) {
    reply.header("retry-after", String(error.retryAfter));
  } else if (error.kind === "unavailable") {
    reply.header("retry-after", "1");
  }
  return reply
    .status(error.httpStatus)
    .type("application/json; charset=utf-8")
    .send({ error: error.toJSON() satisfies ErrorBody });
}

/** What is no HTTP, or too much of it, is answered by hand: there is no request to reply to. */
function answerRaw(socket: Socket, error: EntranceRefusal): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const text = JSON.stringify({ error: error.toJSON() });
  socket.end(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  socket.destroySoon();
}

const PARSER_STATUS = new Map(Object.entries<number>({ HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }));

function fromParser(error: NodeJS.ErrnoException): EntranceRefusal {
  const status = PARSER_STATUS.get(error.code ?? "") ?? 400;
  const message = { 431: "the headers are too long", 408: "the headers did not arrive in time" }[status];
  return new EntranceRefusal(message ?? "this is not HTTP", { code: "bad-request", kind: "input", status });
}

interface SchemaFault {
  instancePath: string;
  keyword?: string;
  params?: Record<string, unknown>;
  message?: string;
}

/** What a schema holds against a field; a regular expression tells nobody anything, and of a choice all is said that may be chosen. */
function faultWords(faults: readonly SchemaFault[]): string {
  const [first] = faults;
  if (first?.keyword === "pattern") return "is not written as it must be";
  if (first?.keyword !== "const") return first?.message ?? "is not valid";
  const choices = faults.filter((one) => one.keyword === "const" && one.instancePath === first.instancePath);
  return `must be one of ${choices.map(({ params }) => String(params?.allowedValue)).join(", ")}`;
}

function fromFastify(error: unknown): CairnError {
  const { validation } = error as { validation?: SchemaFault[] };
  if (validation !== undefined) {
    const [first] = validation;
    const field = first?.instancePath.replaceAll("/", ".").replace(/^\./, "") || "body";
    return new CairnError(`${field} ${faultWords(validation)}`, {
      code: "bad-input",
      kind: "input",
      details: { field },
      next: "GET /openapi.json says what is allowed.",
    });
  }
  const status = (error as { statusCode?: number }).statusCode;
  if (!(error instanceof CairnError) && status !== undefined && status >= 400 && status < 500) {
    return new EntranceRefusal((error as Error).message, {
      code: status === 413 ? "body-too-large" : "bad-request",
      kind: "input",
      status,
      cause: error,
      next: "GET /openapi.json says what is allowed.",
    });
  }
  return databaseAway(error) ?? asCairnError(error);
}
