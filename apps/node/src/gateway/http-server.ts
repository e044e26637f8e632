import { asCairnError, CairnError, type ErrorBody } from "@cairn/core";
import { databaseAway } from "@cairn/database";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from "fastify";
import { VERSION } from "../version.ts";

/** JSON bodies are small; bulk bodies are streams and bounded where they are read. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** Paths of doors. */
const DOORS = /^\/(api\/)?downstream(\/|$)/;

/**
 * The one listener: every door and the API are route plugins on it. Errors leave as `{error: {code, kind, message, next, details}}`
 * with the status of their kind.
 */
export async function createHttpServer(plugins: FastifyPluginAsync[]): Promise<FastifyInstance> {
  const server = Fastify({ logger: false, bodyLimit: MAX_JSON_BYTES, forceCloseConnections: true });
  server.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  server.setErrorHandler((error, _request, reply) => {
    const known = fromFastify(error);
    if (reply.raw.headersSent) {
      reply.raw.destroy(known);
      return;
    }
    // A route may have announced a stream of bytes before that stream failed.
    for (const name of ["content-length", "content-range", "accept-ranges"]) reply.removeHeader(name);
    void reply
      .status(known.httpStatus)
      .type("application/json; charset=utf-8")
      .send({ error: known.toJSON() satisfies ErrorBody });
  });
  server.setNotFoundHandler((request, reply) => {
    const error = new CairnError(`there is no ${request.method} ${request.url.split("?")[0]}`, {
      code: "no-such-route",
      kind: "missing",
      next: "GET /openapi.json lists every route.",
    });
    void reply.status(404).send({ error: error.toJSON() });
  });
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Cairn", version: VERSION, description: "Store, prove, repair and get back folders." },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
    // Other people's protocols are described where they come from: see docs/doors.
    transform: ({ schema, url }) => ({ schema: { ...schema, hide: schema?.hide === true || DOORS.test(url) }, url }),
  });
  await server.register(websocket, { options: { maxPayload: 1024 * 1024 } });
  for (const plugin of plugins) await server.register(plugin);
  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
  return server;
}

function fromFastify(error: unknown): CairnError {
  const validation = (error as { validation?: { instancePath: string; message?: string }[] }).validation;
  if (validation !== undefined) {
    const [first] = validation;
    const field = first?.instancePath.replaceAll("/", ".").replace(/^\./, "") || "body";
    return new CairnError(`${field} ${first?.message ?? "is not valid"}`, {
      code: "bad-input",
      kind: "input",
      details: { field },
      next: "GET /openapi.json says what is allowed.",
    });
  }
  const status = (error as { statusCode?: number }).statusCode;
  if (!(error instanceof CairnError) && status !== undefined && status >= 400 && status < 500) {
    return new CairnError((error as Error).message, { code: "bad-request", kind: "input", cause: error });
  }
  return databaseAway(error) ?? asCairnError(error);
}
