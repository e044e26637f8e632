import { asCairnError } from "@cairn/core";
import websocket from "@fastify/websocket";
import type { FastifyPluginAsync } from "fastify";
import { CONTROL_MESSAGE_BYTES, CONTROL_PATH, RANGES_PATH } from "../wire/limits.ts";
import type { GatewayTransport } from "./open-transport.ts";

/**
 * The routes at which providers reach a gateway's transport: the control WebSocket and the bodies of reverse reads. Registers
 * @fastify/websocket unless the server has it; then its maxPayload must be at most CONTROL_MESSAGE_BYTES.
 */
export function providerRoutes(transport: GatewayTransport): FastifyPluginAsync {
  return async (server) => {
    if (!server.hasDecorator("websocketServer")) {
      await server.register(websocket, { options: { maxPayload: CONTROL_MESSAGE_BYTES } });
    } else if ((server.websocketServer.options.maxPayload ?? Number.POSITIVE_INFINITY) > CONTROL_MESSAGE_BYTES) {
      throw new Error(`the server's WebSocket maxPayload is above ${CONTROL_MESSAGE_BYTES}`);
    }
    // Bodies of ranges are streams, whatever the provider calls them; only this scope is so.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

    server.get(CONTROL_PATH, { websocket: true }, (socket) => transport.accept(socket));

    server.post<{ Params: { request: string } }>(`${RANGES_PATH}/:request`, async (request, reply) => {
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
