import { followNotices } from "@cairn/accounts";
import { changedTransfers, findSettings, followEvents, lastTransferChange } from "@cairn/catalog";
import { machineClock as clock } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { keepAlive } from "@cairn/transport";
import type { FastifyPluginAsync } from "fastify";
import type { WebSocket } from "ws";
import { tellFigures } from "./figures/tell-figures.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { principalOf } from "./principal-of.ts";
import { transferJson } from "./transfer-json.ts";

/** A follower that falls this far behind is cut off rather than buffered for. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const RETRY_MILLISECONDS = 1000;
const TRANSFERS_SECONDS = 0.5;
/** How often a follower is looked up again: so long a socket may outlive its token or session (docs/accounts.md). */
const LOOK_MILLISECONDS = 30_000;
/** Sockets of one account at a time. */
const MAX_FOLLOWERS = 16;
const LIVE = {
  summary:
    "Every event of the account and of the network, and every notice and transfer of the account, as it happens, and its figures as they change, over a WebSocket",
  description:
    'Messages are `{type: "event", event}`, `{type: "notice", notice}`, `{type: "figures", figures}` and, of transactions to and from wallets of the account, `{type: "transfer", transfer}`; types that a client does not know it leaves out. The socket takes none. Where a browser cannot set the Authorization header, the token is the subprotocol `bearer.TOKEN`.',
  tags: ["account"],
};

/**
 * `GET /api/v1/live` as a WebSocket: every event of the account and of the network, and every notice and transfer of the account, as it happens, and the
 * account's figures as they change. The token goes into the Authorization header, or, where a browser cannot set one, into the subprotocol `bearer.TOKEN`:
 * never into the URL.
 */
export function liveRoute(
  gateway: GatewayContext,
  stopping: AbortSignal,
  log: { warn(fields: object, message: string): void },
): FastifyPluginAsync {
  const followers = new Map<WebSocket, string>();

  function send(socket: WebSocket, text: string): void {
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
    else socket.send(text);
  }

  function sendTo(text: string, isFor: (account: string) => boolean): void {
    for (const [socket, account] of followers) if (isFor(account)) send(socket, text);
  }

  /** Changes of transfers, whichever gateway of the database wrote them, while somebody follows. */
  async function fanOutTransfers(): Promise<void> {
    let after: number | undefined;
    while (!stopping.aborted) {
      try {
        if (followers.size === 0) after = undefined;
        else if (after === undefined) after = await lastTransferChange(gateway.pool);
        else {
          for (const transfer of await changedTransfers(gateway.pool, after)) {
            after = transfer.changed;
            const theirs = [...followers].filter(([, account]) => account === transfer.account);
            if (theirs.length === 0) continue;
            const { explorer } = await findSettings(gateway.pool, transfer.account);
            const text = JSON.stringify({ type: "transfer", transfer: transferJson(transfer, explorer) });
            for (const [socket] of theirs) send(socket, text);
          }
        }
      } catch {
        // The database went away: what changed meanwhile is read when it is there again.
      }
      await clock.sleep(TRANSFERS_SECONDS, stopping);
    }
  }

  /** Follow something for as long as the gateway runs, over every loss of the database. */
  async function fanOut<Told>(follow: () => AsyncIterable<Told>, tell: (told: Told) => void): Promise<void> {
    while (!stopping.aborted) {
      try {
        for await (const told of follow()) tell(told);
      } catch {
        // The database went away; followers stay connected and miss nothing that they cannot read from the lists.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      }
    }
  }

  return async (server) => {
    void fanOutTransfers();
    void fanOut(
      () => followEvents(gateway.pool, {}, stopping),
      (event) =>
        sendTo(
          JSON.stringify({ type: "event", event: { ...event, at: Math.floor(event.at) } }),
          (account) => event.account === null || event.account === account,
        ),
    );
    void fanOut(
      () => followNotices(gateway.pool, stopping),
      ({ account: of, notice }) => sendTo(JSON.stringify({ type: "notice", notice }), (account) => account === of),
    );
    void tellFigures({
      context: gateway,
      followed: () => new Set(followers.values()),
      tell: (account, figures) => {
        const text = JSON.stringify({ type: "figures", figures });
        sendTo(text, (of) => of === account);
      },
      signal: stopping,
      log,
    });
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
