import type { Socket } from "node:net";
import { type Address, asCairnError } from "@cairn/protocol";
import { CONTROL_MESSAGE_BYTES, CONTROL_PATH, RANGES_PATH } from "@cairn/protocol/wire";
import websocket from "@fastify/websocket";
import type { FastifyPluginAsync } from "fastify";
import type { GatewayTransport } from "./open-transport.ts";
import type {} from "./route-access.ts";

const CONTROL = {
  summary: "The control connection of a provider, which says hello first",
  description: "A WebSocket; its messages are in docs/protocol.md, section 4.",
  tags: ["provider"],
};
const RANGES = {
  summary: "The bytes that a provider was asked for over its control connection",
  tags: ["provider"],
  params: {
    type: "object",
    required: ["request"],
    properties: { request: { type: "string", description: "the secret that the request named" } },
  },
  response: { 204: { type: "null", description: "the reader has all of it" } },
};

/**
 * The routes at which providers reach a gateway's transport: the control WebSocket and the bodies of reverse reads. Registers
 * @fastify/websocket unless the server has it; then its maxPayload must be at most CONTROL_MESSAGE_BYTES.
 */
export function connectionRoutes(
  transport: GatewayTransport,
  options: { onWelcome?: (provider: Address, socket: Socket) => void } = {},
): FastifyPluginAsync {
  return async (server) => {
    if (!server.hasDecorator("websocketServer")) {
      await server.register(websocket, { options: { maxPayload: CONTROL_MESSAGE_BYTES, perMessageDeflate: false } });
    } else if ((server.websocketServer.options.maxPayload ?? Number.POSITIVE_INFINITY) > CONTROL_MESSAGE_BYTES) {
      throw new Error(`the server's WebSocket maxPayload is above ${CONTROL_MESSAGE_BYTES}`);
    }
    // Bodies of ranges are streams, whatever the provider calls them; only this scope is so.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

    server.get(
      CONTROL_PATH,
      { websocket: true, config: { access: "signed", webSocket: true }, schema: CONTROL },
      (socket, request) => transport.accept(socket, (provider) => options.onWelcome?.(provider, request.raw.socket)),
    );

    const ranges = { config: { access: "signed" as const }, schema: RANGES };
    server.post<{ Params: { request: string } }>(`${RANGES_PATH}/:request`, ranges, async (request, reply) => {
      try {
        await transport.receiveRange(request.params.request, request.raw);
        return reply.code(204).send();
      } catch (error) {
        // What is left of a refused body is not worth reading: the connection ends with the answer.
        const failure = asCairnError(error);
        reply.header("connection", "close");
        reply.raw.once("finish", () => request.raw.socket.destroySoon());
        return reply.code(failure.httpStatus).send({ error: failure.toJSON() });
      }
    });
  };
}
