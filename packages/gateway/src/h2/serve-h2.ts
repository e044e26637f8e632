import type { Server } from "node:http";
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { isBelow } from "@cairn/doors";
import { CONNECTION_LIMITS, HEADER_LIMITS, hostCheck } from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol";
import { peekPreface } from "./peek-preface.ts";

/** Who answers requests over HTTP/2. */
export interface H2Door {
  prefixes: readonly string[];
  h2(request: Http2ServerRequest, response: Http2ServerResponse): void;
  /** Ends streams that go on by themselves, each as its protocol says. */
  endStreams?(): void | Promise<void>;
}

/** Milliseconds, unless another unit is named. */
export const H2_LIMITS = {
  /** At a time on one connection: a client's calls and what it watches. */
  streams: 64,
  /** Pairs of a request's headers. */
  headerPairs: 100,
  /** Streams that a client may reset at once, and each second after that: what it costs us to begin one must not be free (CVE-2023-44487). */
  resets: { burst: 100, perSecond: 20 },
  /** For the preface to come, and the first request after it. */
  first: HEADER_LIMITS.headersTimeout as number,
  /** For a connection without a stream. */
  idle: 60_000,
  /** For a body, or for an answer that is ready, to make any progress. */
  stall: CONNECTION_LIMITS.stallSeconds * 1000,
  /** What streams have to end by themselves when we stop. */
  stop: 1_000,
};

export interface RunningH2 {
  /** Ends streams as their doors do, then all connections. No new ones are taken. */
  stop(): Promise<void>;
}

export interface ServeH2Options {
  doors: readonly H2Door[];
  limits?: Partial<typeof H2_LIMITS>;
  /** A client was answered: its connection is not the most silent one. */
  answered(socket: Socket): void;
}

/**
 * Has an HTTP/1.1 server take HTTP/2 without TLS as well, on the same port: by the first bytes of a connection it goes to one or the other. To be
 * called before the server listens, and after whatever else counts its connections.
 */
export function serveH2(server: Server, options: ServeH2Options): RunningH2 {
  const limits = { ...H2_LIMITS, ...options.limits };
  const [http1] = server.listeners("connection") as ((socket: Socket) => void)[];
  if (http1 === undefined) throw new TypeError("an HTTP server that takes no connections");
  const refusal = hostCheck({ pages: "own", anyHost: true });
  const doors = options.doors.map((door) => ({ ...door, below: isBelow(door.prefixes) }));
  const sessions = new Map<ServerHttp2Session, Connection>();
  let stopping = false;

  const h2 = createServer({
    maxHeaderListPairs: limits.headerPairs,
    maxSessionMemory: 4,
    streamResetBurst: limits.resets.burst,
    streamResetRate: limits.resets.perSecond,
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: HEADER_LIMITS.maxHeaderSize,
    },
  } as Parameters<typeof createServer>[0]);
  let arriving: Socket | undefined;
  h2.on("session", (session) => {
    const connection: Connection = { socket: arriving, streams: new Set(), idle: undefined };
    sessions.set(session, connection);
    const wait = (milliseconds: number) => {
      clearTimeout(connection.idle);
      connection.idle = setTimeout(() => session.destroy(), milliseconds).unref();
    };
    wait(limits.first);
    session.on("stream", (stream) => {
      clearTimeout(connection.idle);
      connection.streams.add(watched(stream));
      stream.once("close", () => {
        for (const one of connection.streams) if (one.stream === stream) connection.streams.delete(one);
        if (connection.socket !== undefined) options.answered(connection.socket);
        if (connection.streams.size === 0 && !session.destroyed) wait(limits.idle);
      });
    });
    session.on("error", () => session.destroy());
    session.once("close", () => {
      clearTimeout(connection.idle);
      sessions.delete(session);
    });
  });
  h2.on("sessionError", () => undefined);
  h2.on("request", (request: Http2ServerRequest, response: Http2ServerResponse) => {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const { ":authority": authority, ...headers } = request.headers;
    const asked = { headers: { ...headers, host: headers.host ?? authority ?? "" }, socket: request.socket };
    const wrong = refusal(asked as Parameters<typeof refusal>[0]);
    const door = doors.find(({ below }) => below(request.url));
    if (wrong !== undefined) answer(response, wrong);
    else if (door === undefined) answer(response, unknown(request.method, request.url));
    else door.h2(request, response);
  });

  server.removeListener("connection", http1);
  const undecided = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    // A reset may come at any time, also between owners and while a refusal is written: without a listener it would end the process.
    socket.on("error", () => undefined);
    if (stopping) {
      socket.destroy();
      return;
    }
    undecided.add(socket);
    void peekPreface(socket, limits.first).then((found) => {
      undecided.delete(socket);
      if (socket.destroyed) return;
      if (found === "http1") http1.call(server, socket);
      else if (found === "silent") {
        const late = Object.assign(new Error("nothing came in time"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
        server.emit("clientError", late, socket);
      } else if (found === "gone" || stopping) socket.destroy();
      else {
        arriving = socket;
        h2.emit("connection", socket);
        arriving = undefined;
      }
    });
  });

  const sweep = setInterval(
    () => {
      const at = performance.now();
      for (const { streams } of sessions.values()) for (const one of streams) cutStalled(one, at, limits.stall);
    },
    Math.min(5_000, limits.stall / 4),
  );
  sweep.unref();
  server.once("close", () => clearInterval(sweep));

  return {
    async stop() {
      stopping = true;
      clearInterval(sweep);
      for (const socket of undecided) socket.destroy();
      const ended = Promise.all(doors.map(({ endStreams }) => endStreams?.()));
      const closed = [...sessions.keys()].map(
        (session) => new Promise<void>((resolve) => (session.destroyed ? resolve() : session.close(() => resolve()))),
      );
      let late: NodeJS.Timeout | undefined;
      await Promise.race([
        Promise.all([ended, ...closed]).catch(() => undefined),
        new Promise((resolve) => {
          late = setTimeout(resolve, limits.stop);
        }),
      ]);
      clearTimeout(late);
      for (const session of sessions.keys()) session.destroy();
    },
  };
}

interface Connection {
  socket: Socket | undefined;
  streams: Set<WatchedStream>;
  idle: NodeJS.Timeout | undefined;
}

interface WatchedStream {
  stream: ServerHttp2Stream;
  /** Bytes of its body so far, and of what waits to be sent; of the last look. */
  read: number;
  waiting: number;
  movedAt: number;
  received: number;
}

function watched(stream: ServerHttp2Stream): WatchedStream {
  const one: WatchedStream = { stream, read: 0, waiting: 0, movedAt: performance.now(), received: 0 };
  const push = stream.push.bind(stream);
  // The only place that sees a body's bytes come without taking them from their reader.
  stream.push = (bytes, encoding) => {
    one.received += (bytes as Buffer | null)?.length ?? 0;
    return push(bytes, encoding);
  };
  return one;
}

/** Ends a stream whose client neither sends the body that is waited for, nor takes the answer that is ready. */
function cutStalled(one: WatchedStream, at: number, stall: number): void {
  const { stream } = one;
  const bodyOpen = !stream.readableEnded && !stream.endAfterHeaders && stream.readableLength === 0;
  const waiting = stream.writableLength + stream.bufferSize;
  const moved = one.received !== one.read || waiting !== one.waiting;
  one.read = one.received;
  one.waiting = waiting;
  if (moved || (!bodyOpen && waiting === 0)) one.movedAt = at;
  else if (at - one.movedAt >= stall) stream.close(constants.NGHTTP2_CANCEL);
}

const unknown = (method: string, url: string): CairnError =>
  new CairnError(`there is no ${method} ${url.split("?")[0]?.slice(0, 200)} over HTTP/2`, {
    code: "no-such-route",
    kind: "missing",
    next: "Use HTTP/1.1; GET /openapi.json lists every route.",
  });

function answer(response: Http2ServerResponse, error: CairnError & { status?: number }): void {
  response.writeHead(error.status ?? error.httpStatus, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ error: error.toJSON() }));
}
