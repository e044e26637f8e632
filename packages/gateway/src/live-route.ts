import { followEvents } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import { keepAlive } from "@cairn/transport";
import type { FastifyPluginAsync } from "fastify";
import type { WebSocket } from "ws";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";

/** A follower that falls this far behind is cut off rather than buffered for. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const RETRY_MILLISECONDS = 1000;
/** How often a follower is looked up again. */
const LOOK_MILLISECONDS = 30_000;
/** Sockets of one account at a time. */
const MAX_FOLLOWERS = 16;
const LIVE = {
  summary: "Every event of the account and of the network as it happens, over a WebSocket",
  description:
    'Messages are `{type: "event", event}`; the socket takes none. Where a browser cannot set the Authorization header, the token is the subprotocol `bearer.TOKEN`.',
  tags: ["account"],
};

/**
 * `GET /api/v1/live` as a WebSocket: every event of the account and of the network, as it happens. The token goes into the Authorization
 * header, or, where a browser cannot set one, into the subprotocol `bearer.TOKEN`: never into the URL.
 */
export function liveRoute(gateway: GatewayContext, stopping: AbortSignal): FastifyPluginAsync {
  const followers = new Map<WebSocket, string>();

  async function fanOut(): Promise<void> {
    while (!stopping.aborted) {
      try {
        for await (const event of followEvents(gateway.pool, {}, stopping)) {
          const text = JSON.stringify({ type: "event", event: { ...event, at: Math.floor(event.at) } });
          for (const [socket, account] of followers) {
            if (event.account !== null && event.account !== account) continue;
            if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
            else socket.send(text);
          }
        }
      } catch {
        // The database went away; followers stay connected and miss nothing that they cannot read from /events.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      }
    }
  }

  return async (server) => {
    void fanOut();
    server.get(
      "/api/v1/live",
      { websocket: true, config: { webSocket: true, scope: "read" }, schema: LIVE },
      (socket, request) => {
        const { account, id } = principalOf(request);
        const others = [...followers.values()].filter((one) => one === account);
        if (others.length >= MAX_FOLLOWERS) {
          socket.close(1013, "too many sockets of this account");
          return;
        }
        followers.set(socket, account);
        // A token that is revoked and a session that ends take their sockets with them.
        const look = setInterval(() => {
          gateway
            .findPrincipal(request)
            .then((principal) => principal.id === id && principal.scopes.includes("read"))
            .catch((error: unknown) => !(error instanceof CairnError && error.kind === "auth"))
            .then((known) => known || socket.close(1008, "the token or session has ended"));
        }, LOOK_MILLISECONDS);
        keepAlive(socket);
        socket.on("close", () => {
          clearInterval(look);
          followers.delete(socket);
        });
        socket.on("message", () => socket.close(1003, "this socket takes no messages"));
      },
    );
  };
}
