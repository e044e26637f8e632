import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { networkOf, plainAddress } from "./client-address.ts";
import { DISCARD_BYTES } from "./read-body.ts";

export interface ConnectionLimits {
  /** Connections that nobody has vouched for; when one more comes, the network that has most of them loses the one that was silent for longest. */
  strangers: number;
  /** The same of one network, unless it is `shared`. */
  strangersPerNetwork: number;
  /** Connections of one known client; further ones count as strangers. */
  perKnown: number;
  /** For a body, or an answer, to make any progress. */
  stallSeconds: number;
  /** What a body must bring in each minute while it is read, and a client take of an answer that is ready. */
  bytesPerMinute: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  strangers: 512,
  strangersPerNetwork: 128,
  perKnown: 256,
  stallSeconds: 30,
  bytesPerMinute: 64 * 1024,
};

/** Options of `node:http` servers at an open port: for a request line and its headers to come, and how large they may be. */
export const HEADER_LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  /** How often Node looks for headers that are late. */
  connectionsCheckingInterval: 2_000,
  /** A request without Host is refused by the host check, in words: Node's own refusal has none. */
  requireHostHeader: false,
} as const;
const MAX_HEADERS = 100;

/** Requests of one connection that wait for their answers: each costs a hundred times its bytes. */
const MAX_PIPELINED = 16;

const SWEEP_MILLISECONDS = 5_000;
/** What is left of a refused body is taken for so long, up to DISCARD_BYTES, so that the client reads why; then the connection ends. */
const LEFTOVER_MILLISECONDS = 2_000;
const LEFTOVER_LOOKS = 100;
const MINUTE = 60_000;

export interface Guard {
  /** Somebody known is at the other end: the connection keeps its place whatever strangers do. */
  vouch(socket: Socket, who: string): void;
  /** A request of this connection was answered, by another protocol than HTTP/1.1: it is the least silent one now. */
  answered(socket: Socket): void;
  readonly strangers: number;
  readonly known: number;
}

interface Connection {
  network: string;
  who: string | undefined;
  upgraded: boolean;
  request: IncomingMessage | undefined;
  unanswered: number;
  /** Of the last look. */
  written: number;
  writtenAt: number;
  /** At the start of the minute in which a client must take enough. */
  minuteWritten: number;
  minuteWrittenAt: number;
  read: number;
  readAt: number;
  /** At the start of the minute in which a body must bring enough. */
  minuteRead: number;
  minuteAt: number;
}

/**
 * Bound what connections to an HTTP server cost, whatever its routes do: how many strangers there are, and how long a body or an answer may
 * stand still. Whoever does not answer for itself is cut off; a client that waits for the server is left alone.
 *
 * @param shared networks behind which many clients stand: loopback, trusted proxies
 */
export function guardConnections(
  server: Server,
  limits: ConnectionLimits = CONNECTION_LIMITS,
  shared: (address: string) => boolean = isLoopback,
  now: () => number = () => performance.now(),
): Guard {
  server.maxHeadersCount = MAX_HEADERS;
  const connections = new Map<Socket, Connection>();
  /** Strangers by network; whose last answer, or last word on a WebSocket, was the longest ago comes first. */
  const strangers = new Map<string, Set<Socket>>();
  const known = new Map<string, number>();
  let strangerCount = 0;

  const forgetStranger = (network: string, socket: Socket) => {
    const list = strangers.get(network);
    if (list?.delete(socket) !== true) return;
    strangerCount -= 1;
    if (list.size === 0) strangers.delete(network);
  };
  const touch = (network: string, socket: Socket) => {
    const list = strangers.get(network);
    if (list?.delete(socket) === true) list.add(socket);
  };
  const dropSilent = (network: string) => {
    for (const socket of strangers.get(network) ?? []) {
      forgetStranger(network, socket);
      socket.destroy();
      return;
    }
  };
  const largest = () => {
    let found: [string, number] = ["", 0];
    for (const [network, { size }] of strangers) if (size > found[1]) found = [network, size];
    return found[0];
  };

  server.on("connection", (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? "127.0.0.1") ?? "127.0.0.1";
    const network = networkOf(address);
    const at = now();
    connections.set(socket, {
      network,
      who: undefined,
      upgraded: false,
      request: undefined,
      unanswered: 0,
      written: 0,
      writtenAt: at,
      minuteWritten: 0,
      minuteWrittenAt: at,
      read: 0,
      readAt: at,
      minuteRead: 0,
      minuteAt: at,
    });
    const list = strangers.get(network) ?? new Set();
    if (list.size >= limits.strangersPerNetwork && !shared(address)) dropSilent(network);
    else if (strangerCount >= limits.strangers) dropSilent(largest());
    strangers.set(network, list.add(socket));
    strangerCount += 1;
    socket.once("close", () => {
      const { who } = connections.get(socket) ?? {};
      connections.delete(socket);
      forgetStranger(network, socket);
      if (who !== undefined) count(who, -1);
    });
  });
  const count = (who: string, by: number) => {
    const left = (known.get(who) ?? 0) + by;
    if (left === 0) known.delete(who);
    else known.set(who, left);
  };

  // Before the server's own listener, so that it finds the connection ended.
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    // A request that is given up before its body has come has no socket any more.
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.unanswered += 1;
    if (connection.unanswered > MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    const at = now();
    connection.request = request;
    connection.readAt = at;
    connection.minuteAt = at;
    connection.minuteRead = socket.bytesRead;
    response.once("finish", () => {
      if (request.complete) {
        touch(connection.network, socket);
        return;
      }
      takeLeftover(request, socket);
    });
    response.once("close", () => {
      connection.unanswered -= 1;
      if (connection.request === request) connection.request = undefined;
    });
  });

  server.on("upgrade", (request: IncomingMessage) => {
    const connection = connections.get(request.socket);
    if (connection !== undefined) connection.upgraded = true;
  });

  const look = (socket: Socket, connection: Connection) => {
    const at = now();
    const stall = limits.stallSeconds * 1000;
    const written = socket.bytesWritten - socket.writableLength;
    if (written !== connection.written || socket.writableLength === 0) {
      connection.written = written;
      connection.writtenAt = at;
    } else if (at - connection.writtenAt >= stall) {
      socket.destroy();
      return;
    }
    if (socket.writableLength === 0) {
      connection.minuteWritten = written;
      connection.minuteWrittenAt = at;
    } else if (at - connection.minuteWrittenAt >= MINUTE) {
      if (written - connection.minuteWritten < limits.bytesPerMinute) {
        socket.destroy();
        return;
      }
      connection.minuteWritten = written;
      connection.minuteWrittenAt = at;
    }
    const { request } = connection;
    const { bytesRead } = socket;
    if (connection.upgraded && bytesRead !== connection.read) touch(connection.network, socket);
    // What has come and was not taken yet is the server's own delay.
    const waitsForClient = request !== undefined && !request.complete && request.readableLength === 0;
    if (bytesRead !== connection.read || !waitsForClient) {
      connection.read = bytesRead;
      connection.readAt = at;
    } else if (at - connection.readAt >= stall) {
      socket.destroy();
      return;
    }
    if (!waitsForClient) {
      connection.minuteAt = at;
      connection.minuteRead = bytesRead;
    } else if (at - connection.minuteAt >= MINUTE) {
      if (bytesRead - connection.minuteRead < limits.bytesPerMinute) socket.destroy();
      connection.minuteAt = at;
      connection.minuteRead = bytesRead;
    }
  };
  const sweep = setInterval(() => {
    for (const [socket, connection] of connections) look(socket, connection);
  }, SWEEP_MILLISECONDS);
  sweep.unref();
  server.once("close", () => clearInterval(sweep));

  return {
    vouch(socket, who) {
      const connection = connections.get(socket);
      if (connection === undefined || connection.who !== undefined) return;
      if ((known.get(who) ?? 0) >= limits.perKnown) return;
      connection.who = who;
      count(who, 1);
      forgetStranger(connection.network, socket);
    },
    answered(socket) {
      const connection = connections.get(socket);
      if (connection !== undefined) touch(connection.network, socket);
    },
    get strangers() {
      return strangerCount;
    },
    get known() {
      return connections.size - strangerCount;
    },
  };
}

/** Lets the rest of a refused body come, within its bounds; a connection on which more comes ends. */
function takeLeftover(request: IncomingMessage, socket: Socket): void {
  const { bytesRead } = socket;
  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    if (request.complete || socket.destroyed) clearInterval(timer);
    else if (looks === LEFTOVER_LOOKS || socket.bytesRead - bytesRead > DISCARD_BYTES) socket.destroy();
  }, LEFTOVER_MILLISECONDS / LEFTOVER_LOOKS);
  timer.unref();
}

export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
