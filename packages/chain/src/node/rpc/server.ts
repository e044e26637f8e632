import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import {
  CONNECTION_LIMITS,
  EntranceRefusal,
  guardConnections,
  HEADER_LIMITS,
  hostCheck,
  noRoom,
  readBody,
} from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import type { Caller } from "../calls/call-pool.ts";
import { answer, type BatchLimits } from "./json-rpc.ts";
import type { MethodContext } from "./method-context.ts";
import { callMethod } from "./methods.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface ServerLimits extends BatchLimits {
  bodyBytes: number;
  connections: number;
  /** Unsent bytes after which a WebSocket is cut off. */
  backlogBytes: number;
  /** Requests of one WebSocket at a time. */
  inFlight: number;
}

export const SERVER_LIMITS: ServerLimits = {
  batch: 100,
  answerBytes: 16 * 1024 * 1024,
  bodyBytes: 2 * 1024 * 1024,
  connections: 256,
  backlogBytes: 16 * 1024 * 1024,
  inFlight: 64,
};

export interface ListenOptions {
  /** A loopback address. */
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Further names that a Host header may have, without port. */
  allowedHosts: readonly string[];
}

const JSON_TYPE = /^application\/json\s*(;|$)/i;
const HEARTBEAT_MS = 30_000;
/** Bodies in memory at a time, of all connections. */
const HELD_BYTES = 32 * 1024 * 1024;
/** Idle connections are kept for longer than a client pauses between two polls: one that closes as a request comes in looks like a crash. */
const HTTP_OPTIONS = { ...HEADER_LIMITS, requestTimeout: 30_000, keepAliveTimeout: 75_000 };

/**
 * JSON-RPC over HTTP POST and WebSocket on one loopback port. Requests whose Host is another name (DNS rebinding) or that come from a web page
 * (an Origin header) are refused; no CORS header is ever sent.
 */
export class RpcServer {
  readonly #context: MethodContext;
  readonly #limits: ServerLimits;
  readonly #refusal: ReturnType<typeof hostCheck>;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #alive = new WeakSet<WebSocket>();
  #heldBytes = 0;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(context: MethodContext, limits: ServerLimits, allowedHosts: readonly string[]) {
    this.#context = context;
    this.#limits = limits;
    this.#refusal = hostCheck({ names: allowedHosts, pages: "none" });
    this.#http = createServer(HTTP_OPTIONS);
    const strangers = limits.connections;
    guardConnections(this.#http, { ...CONNECTION_LIMITS, strangers, strangersPerNetwork: strangers });
    this.#http.on("connection", (socket) => socket.once("close", () => context.calls.forget(socket)));
    this.#http.on("request", (request, response) => this.#onRequest(request, response));
    this.#http.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes, perMessageDeflate: false });
    this.#sockets.on("connection", (socket) => this.#onSocket(socket));
  }

  /** @throws chain-port-taken, chain-listen-failed */
  async listen({ host, port }: ListenOptions): Promise<{ port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", (cause) => reject(listenError(cause, host, port)));
      this.#http.listen(port, host, resolve);
    });
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
    return { port: (this.#http.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const socket of this.#sockets.clients) socket.terminate();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(request);
    const type = request.headers["content-type"] ?? "";
    if (refusal !== undefined) refuse(response, refusal.status, refusal.message);
    else if (request.method !== "POST") refuse(response, 405, "send JSON-RPC by POST, or open a WebSocket");
    else if (!JSON_TYPE.test(type)) refuse(response, 415, "send application/json");
    else if (Number(request.headers["content-length"] ?? 0) > this.#limits.bodyBytes)
      refuse(response, 413, "the request is too large");
    else void this.#onPost(request, response);
  }

  async #onPost(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let held = 0;
    try {
      const body = await readBody(request, {
        maxBytes: this.#limits.bodyBytes,
        timeoutMilliseconds: HTTP_OPTIONS.requestTimeout,
        hold: (bytes) => {
          if (this.#heldBytes + bytes > HELD_BYTES) return noRoom();
          held += bytes;
          this.#heldBytes += bytes;
          return undefined;
        },
      });
      const caller: Caller = { connection: request.socket, batch: { milliseconds: 0 } };
      const call = (method: string, params: unknown[]) => callMethod(this.#context, method, params, caller);
      const text = await answer(body.toString("utf8"), call, this.#limits);
      // Nothing to say to notifications: JSON-RPC over HTTP answers with no content.
      if (text === undefined) response.writeHead(204).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(text);
    } catch (error) {
      if (!(error instanceof EntranceRefusal)) throw error;
      refuse(response, error.status, error.message);
    } finally {
      this.#heldBytes -= held;
    }
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request);
    if (refusal === undefined && this.#sockets.clients.size < this.#limits.connections) {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#sockets.emit("connection", opened, request));
      return;
    }
    socket.end(`HTTP/1.1 ${refusal?.status ?? 503} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  #onSocket(socket: WebSocket): void {
    const send = (text: string): void => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > this.#limits.backlogBytes) socket.terminate();
      else socket.send(text);
    };
    const subscriptions = new Subscriptions(send);
    const callFor = (caller: Caller) => async (method: string, params: unknown[]) => {
      if (method === "eth_subscribe") return subscriptions.subscribe(params);
      if (method === "eth_unsubscribe") return subscriptions.unsubscribe(params);
      return await callMethod(this.#context, method, params, caller);
    };
    const { node, calls } = this.#context;
    const publish: Subscriptions["publish"] = (block, rows) => subscriptions.publish(block, rows);
    let inFlight = 0;
    this.#alive.add(socket);
    node.on("block", publish);
    socket.on("pong", () => this.#alive.add(socket));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      node.off("block", publish);
      calls.forget(socket);
    });
    socket.on("message", (message) => {
      if (++inFlight >= this.#limits.inFlight) socket.pause();
      const call = callFor({ connection: socket, batch: { milliseconds: 0 } });
      void answer(message.toString(), call, this.#limits).then((text) => {
        if (text !== undefined) send(text);
        if (--inFlight < this.#limits.inFlight && socket.isPaused) socket.resume();
      });
    });
  }

  #beat(): void {
    for (const socket of this.#sockets.clients) {
      if (!this.#alive.has(socket)) {
        socket.terminate();
        continue;
      }
      this.#alive.delete(socket);
      socket.ping();
    }
  }
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(`${reason}\n`);
}

function listenError(cause: Error, host: string, port: number): CairnError {
  const taken = "code" in cause && cause.code === "EADDRINUSE";
  return new CairnError(`the chain cannot listen on ${host}:${port}: ${taken ? "the port is taken" : cause.message}`, {
    code: taken ? "chain-port-taken" : "chain-listen-failed",
    kind: taken ? "conflict" : "input",
    next: taken
      ? "Stop what listens there, or choose another port with --chain-port or CAIRN_CHAIN_PORT (0 takes a free one)."
      : "Give a loopback address and a free port.",
    cause,
  });
}
