import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { CairnError } from "@cairn/core";
import { type WebSocket, WebSocketServer } from "ws";
import { answer, type BatchLimits } from "./json-rpc.ts";
import { callMethod, type MethodContext } from "./methods.ts";
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

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const HEARTBEAT_MS = 30_000;
/** Idle connections are kept for longer than a client pauses between two polls: one that closes as a request comes in looks like a crash. */
const HTTP_OPTIONS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16_384,
};

/**
 * JSON-RPC over HTTP POST and WebSocket on one loopback port. Requests whose Host is another name (DNS rebinding) or that come from a web page
 * (an Origin header) are refused; no CORS header is ever sent.
 */
export class RpcServer {
  readonly #context: MethodContext;
  readonly #limits: ServerLimits;
  readonly #hosts: ReadonlySet<string>;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #alive = new WeakSet<WebSocket>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(context: MethodContext, limits: ServerLimits, allowedHosts: readonly string[]) {
    this.#context = context;
    this.#limits = limits;
    this.#hosts = new Set([...LOOPBACK_NAMES, ...allowedHosts].map((host) => host.toLowerCase()));
    this.#http = createServer(HTTP_OPTIONS);
    this.#http.maxConnections = limits.connections;
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

  /** Why a request is refused, by its headers alone. */
  #refusal(request: IncomingMessage): [number, string] | undefined {
    const name = (request.headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
    if (!this.#hosts.has(name)) return [403, "this Host is not served"];
    if (request.headers.origin !== undefined) return [403, "web pages are not served"];
    return undefined;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(request);
    const type = request.headers["content-type"] ?? "";
    if (refusal !== undefined) refuse(response, ...refusal);
    else if (request.method !== "POST") refuse(response, 405, "send JSON-RPC by POST, or open a WebSocket");
    else if (!type.startsWith("application/json")) refuse(response, 415, "send application/json");
    else if (Number(request.headers["content-length"] ?? 0) > this.#limits.bodyBytes)
      refuse(response, 413, "the request is too large");
    else this.#onPost(request, response);
  }

  #onPost(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= this.#limits.bodyBytes) chunks.push(chunk);
      else if (!response.headersSent) refuse(response, 413, "the request is too large");
    });
    request.on("error", () => response.destroy());
    request.on("end", () => {
      if (response.headersSent) return;
      void answer(
        Buffer.concat(chunks).toString("utf8"),
        (method, params) => callMethod(this.#context, method, params),
        this.#limits,
      ).then((text) => response.writeHead(200, { "content-type": "application/json" }).end(text));
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request);
    if (refusal === undefined && this.#sockets.clients.size < this.#limits.connections) {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#sockets.emit("connection", opened, request));
      return;
    }
    socket.end(`HTTP/1.1 ${refusal?.[0] ?? 503} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  #onSocket(socket: WebSocket): void {
    const send = (text: string): void => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > this.#limits.backlogBytes) socket.terminate();
      else socket.send(text);
    };
    const subscriptions = new Subscriptions(send);
    const call = async (method: string, params: unknown[]): Promise<unknown> => {
      if (method === "eth_subscribe") return subscriptions.subscribe(params);
      if (method === "eth_unsubscribe") return subscriptions.unsubscribe(params);
      return await callMethod(this.#context, method, params);
    };
    const { node } = this.#context;
    const publish: Subscriptions["publish"] = (block, rows) => subscriptions.publish(block, rows);
    let inFlight = 0;
    this.#alive.add(socket);
    node.on("block", publish);
    socket.on("pong", () => this.#alive.add(socket));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => node.off("block", publish));
    socket.on("message", (message) => {
      if (++inFlight >= this.#limits.inFlight) socket.pause();
      void answer(message.toString(), call, this.#limits).then((text) => {
        send(text);
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
  return new CairnError(`The chain cannot listen on ${host}:${port}: ${taken ? "the port is taken" : cause.message}.`, {
    code: taken ? "chain-port-taken" : "chain-listen-failed",
    kind: taken ? "conflict" : "input",
    next: taken ? "Stop what listens there, or choose another port." : "Give a loopback address and a free port.",
    cause,
  });
}
