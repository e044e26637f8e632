import { randomBytes } from "node:crypto";
import { type Address, asCairnError, CairnError } from "@cairn/protocol";
import { parseFrame } from "@cairn/protocol/wire";
import { WebSocket } from "ws";
import { keepAlive } from "./keep-alive.ts";

export function providerUnreachable(provider: Address, why: string): CairnError {
  return new CairnError(`provider ${provider} cannot be reached: ${why}`, {
    code: "provider-unreachable",
    kind: "unavailable",
    details: { provider },
    next: "Try again when the provider is back; its shards are rebuilt elsewhere if it stays away.",
  });
}

interface Pending {
  resolve(body: Record<string, unknown>): void;
  reject(error: CairnError): void;
}

/** Requests that may wait for answers of one provider at a time. */
const MAX_PENDING = 4096;
/** Bytes queued towards a provider that does not read. */
const MAX_QUEUED_BYTES = 4 << 20;

/** WebSocket close code: another connection of the same provider took over. */
export const REPLACED = 4000;

/** A control connection after its hello: requests out, replies in, a ping every 10 s. */
export class ProviderConnection {
  readonly provider: Address;
  /** The secret that shows that an HTTP call is from this provider, for as long as the connection lives. */
  readonly session = randomBytes(16).toString("hex");
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();
  #count = 0;

  constructor(provider: Address, socket: WebSocket, onClose: (code: number) => void, heartbeatSeconds?: number) {
    this.provider = provider;
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#take(String(data), isBinary));
    keepAlive(socket, heartbeatSeconds);
    socket.once("close", (code) => {
      for (const { reject } of this.#pending.values()) reject(providerUnreachable(provider, "its connection closed"));
      this.#pending.clear();
      onClose(code);
    });
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Send one request and await its reply's body. An abort or a time-out leaves the provider at work; a late reply is dropped.
   * @throws the ProviderRefusal that it answered, `provider-unreachable`, `provider-timeout`, `provider-busy`
   */
  async request(
    body: Record<string, unknown>,
    timeoutSeconds: number,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> {
    signal?.throwIfAborted();
    if (!this.open) throw providerUnreachable(this.provider, "its connection closed");
    if (this.#pending.size >= MAX_PENDING || this.#socket.bufferedAmount > MAX_QUEUED_BYTES) {
      throw new CairnError(`provider ${this.provider} has too many requests waiting`, {
        code: "provider-busy",
        kind: "unavailable",
        next: "Ask again in a moment.",
      });
    }
    const id = String(++this.#count);
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    const timer = setTimeout(() => {
      const message = `provider ${this.provider} did not answer "${String(body.type)}" within ${timeoutSeconds} s`;
      reject(
        new CairnError(message, {
          code: "provider-timeout",
          kind: "unavailable",
          next: "Nothing: other shards are used. Ask again later, or start a check of the package.",
        }),
      );
    }, timeoutSeconds * 1000);
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#pending.set(id, { resolve, reject });
    try {
      this.#socket.send(JSON.stringify({ id, ...body }));
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.#pending.delete(id);
    }
  }

  /** WebSocket close code and reason. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), 2000).unref();
  }

  #take(text: string, isBinary: boolean): void {
    try {
      if (isBinary) throw new CairnError("a binary control message", { code: "bad-message", kind: "input" });
      const frame = parseFrame(text);
      if (frame.kind === "request") {
        const error = new CairnError("a gateway takes no requests over the control connection", {
          code: "unknown-request",
          kind: "input",
        });
        this.#socket.send(JSON.stringify({ re: frame.id, ok: false, error: error.toJSON() }));
        return;
      }
      const pending = this.#pending.get(frame.re);
      if (frame.kind === "reply") pending?.resolve(frame.body);
      else pending?.reject(frame.error);
    } catch (error) {
      this.close(1008, asCairnError(error).code);
    }
  }
}
