import type { IncomingMessage } from "node:http";
import type { Ledger, Transport } from "@cairn/core";
import { sampleLog } from "@cairn/process/entrances";
import {
  type Address,
  asCairnError,
  CairnError,
  type ProviderReplies,
  type ProviderReply,
  type ProviderRequest,
} from "@cairn/protocol";
import {
  HELLO_BYTES,
  MAX_MANIFEST_REPLY_BYTES,
  parseHello,
  replyFromJson,
  requestToJson,
  type WireRequest,
} from "@cairn/protocol/wire";
import type { WebSocket } from "ws";
import { exactBody } from "../http/exact-body.ts";
import { rememberNonces } from "../nonces.ts";
import {
  type DirectProvider,
  openManifestDirectly,
  readDirectly,
  requestDirectly,
  type SignRequest,
} from "./direct-provider.ts";
import { openKnownEndpoints } from "./known-endpoints.ts";
import { ProviderConnection, providerUnreachable, REPLACED } from "./provider-connection.ts";
import { openRangeInbox } from "./range-inbox.ts";
import { verifyHello } from "./verify-hello.ts";

export interface TransportOptions {
  ledger: Ledger;
  /** This gateway's executor: providers sign their hellos to it. */
  executor: Address;
  signRequest: SignRequest;
  /** Dial endpoints at private and loopback addresses: only where the network is one machine or one house. */
  allowPrivateEndpoints: boolean;
  /** `auto` reads directly and asks over the control connection, each falling back to the other; the others hold to one way. */
  ways?: "auto" | "control" | "direct";
  /** UNIX seconds; the machine's clock unless set. */
  now?(): number;
  /** The chain's time, by which providers judge requests; `now` unless set. */
  chainNow?(): number;
  heartbeatSeconds?: number;
  /** Told, at most once an hour, of a provider of which two programs are connected in turn. */
  onContested?(provider: Address): void;
  log?: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** The Transport port at a gateway, and what its routes hand in. */
export interface GatewayTransport extends Transport {
  /** Providers with an open control connection. */
  connected(): Address[];
  /** Whether another living program had this provider's connection within the last hour, and lost it to the one that has it now. */
  contested(provider: Address): boolean;
  /** The connected provider whose welcome carried this secret. */
  providerOf(session: string): Address | undefined;
  /** Take a fresh WebSocket on which a provider will say hello; `onWelcome` is called when it has. */
  accept(socket: WebSocket, onWelcome?: (provider: Address) => void): void;
  /** Take the POST of a range; resolves when its reader has all of it. @throws CairnError `unknown-range`, or why the reader stopped */
  receiveRange(id: string, body: IncomingMessage): Promise<void>;
  /** Told of every provider that connects or leaves; returns the way to stop listening. */
  onPresence(listener: (provider: Address, connected: boolean) => void): () => void;
  close(): Promise<void>;
}

/** How long an answer may take unless the caller says otherwise; `store` moves a whole shard. */
const TIMEOUT_SECONDS: Record<WireRequest["type"], number> = {
  quote: 15,
  prove: 60,
  discard: 60,
  scrub: 3600,
  store: 6 * 3600,
  manifest: 600,
  read: 6 * 3600,
};
const HELLO_SECONDS = 5;
const SEEK_SECONDS = 4;
/** Sockets that have not said hello yet; when one more comes, the oldest of them goes. */
const MAX_STRANGERS = 64;
/** Hellos that are looked at on chain at a time. */
const MAX_GREETINGS = 16;
const ARRIVAL_SECONDS = 30;
/** Longer than a displaced provider stays away. */
const CONTESTED_MILLISECONDS = 3_600_000;

export function openTransport(options: TransportOptions): GatewayTransport {
  const { ledger, log } = options;
  const ways = options.ways ?? "auto";
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const chainNow = options.chainNow ?? now;
  const connections = new Map<Address, ProviderConnection>();
  const listeners = new Set<(provider: Address, connected: boolean) => void>();
  const sessions = new Map<string, ProviderConnection>();
  /** By provider, when (in this process's time) another connection of it was displaced that was alive. */
  const displaced = new Map<Address, number>();
  const contested = (provider: Address) =>
    performance.now() - (displaced.get(provider) ?? Number.NEGATIVE_INFINITY) < CONTESTED_MILLISECONDS;
  const strangers = new Set<WebSocket>();
  const sample = sampleLog();
  let greetings = 0;
  const nonces = rememberNonces();
  const inbox = openRangeInbox();
  const { allowPrivateEndpoints: allowPrivate, signRequest } = options;
  const endpoints = openKnownEndpoints({
    ledger,
    context: ledger.deployment,
    signRequest,
    allowPrivate,
    now,
    chainNow,
  });
  let closed = false;

  const welcome = async (socket: WebSocket, text: string): Promise<Address> => {
    const provider = await verifyHello(parseHello(text), {
      ...{ ledger, audience: options.executor, nonces },
      clocks: [now(), chainNow()],
    });
    if (closed || socket.readyState !== socket.OPEN) return provider;
    connections.get(provider)?.close(REPLACED, "replaced");
    const connection: ProviderConnection = new ProviderConnection(
      provider,
      socket,
      (code) => {
        sessions.delete(connection.session);
        // Only who still lives answers the farewell: a line that broke has nobody at its other end.
        if (code === REPLACED) {
          if (!contested(provider)) options.onContested?.(provider);
          displaced.set(provider, performance.now());
        }
        if (connections.get(provider) !== connection) return;
        connections.delete(provider);
        log?.info({ provider }, "provider left");
        for (const listener of listeners) listener(provider, false);
      },
      options.heartbeatSeconds,
    );
    connections.set(provider, connection);
    sessions.set(connection.session, connection);
    socket.send(JSON.stringify({ type: "welcome", session: connection.session }));
    log?.info({ provider }, "provider connected");
    for (const listener of listeners) listener(provider, true);
    if (ways !== "control")
      endpoints.find(provider).catch((error) => log?.info({ provider, err: error }, "not dialable"));
    return provider;
  };

  const greet = async (socket: WebSocket, text: string, isBinary: boolean): Promise<Address> => {
    if (isBinary || text.length > HELLO_BYTES) throw new CairnError("no hello", { code: "bad-message", kind: "input" });
    if (greetings >= MAX_GREETINGS) {
      throw new CairnError("too many providers connect at once", {
        code: "gateway-busy",
        kind: "unavailable",
        next: "Connect again in a few seconds.",
      });
    }
    greetings += 1;
    try {
      return await welcome(socket, text);
    } finally {
      greetings -= 1;
    }
  };

  const connectionTo = (provider: Address): ProviderConnection | undefined => {
    const connection = connections.get(provider.toLowerCase() as Address);
    return ways !== "direct" && connection?.open ? connection : undefined;
  };

  const endpointOf = async (provider: Address): Promise<DirectProvider> => {
    if (ways === "control") throw providerUnreachable(provider, "it has no control connection");
    try {
      return await endpoints.find(provider.toLowerCase() as Address);
    } catch (error) {
      throw providerUnreachable(provider, asCairnError(error).message);
    }
  };

  /** A direct call: a failure to reach the provider drops what is known of its endpoint. */
  const directly = async <T>(to: DirectProvider, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      const failure = asCairnError(error);
      if (failure.code !== "unreachable") throw failure;
      endpoints.forget(to.provider);
      throw providerUnreachable(to.provider, failure.message);
    }
  };

  /** Ask over control for bytes that the provider posts; yields exactly `length(reply headers)` of them. */
  async function* overControl(
    connection: ProviderConnection,
    type: "read" | "manifest",
    ask: (respond: string) => WireRequest,
    length: (body: IncomingMessage) => number,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const range = inbox.expect();
    const leave = new AbortController();
    const stop = signal === undefined ? leave.signal : AbortSignal.any([leave.signal, signal]);
    const replied = connection.request(requestToJson(ask(range.path)), TIMEOUT_SECONDS[type], stop);
    replied.catch(() => undefined);
    const late = setTimeout(() => leave.abort(timedOut(connection.provider, type)), ARRIVAL_SECONDS * 1000);
    try {
      const nothing = replied.then(() => {
        throw new CairnError("the provider says that it sent bytes, but none came", {
          code: "short-read",
          kind: "corrupt",
        });
      });
      nothing.catch(() => undefined);
      const body = await Promise.race([range.arrived, nothing]);
      clearTimeout(late);
      stop.addEventListener("abort", () => body.destroy(), { once: true });
      yield* range.read(body, length(body));
    } finally {
      clearTimeout(late);
      range.close();
      leave.abort(timedOut(connection.provider, type));
    }
  }

  const manifest = async (
    provider: Address,
    request: Extract<ProviderRequest, { type: "manifest" }>,
    signal?: AbortSignal,
  ): Promise<ProviderReplies["manifest"]> => {
    const connection = connectionTo(provider);
    let documentSize = 0;
    const declared = (headers: IncomingMessage["headers"]) => {
      documentSize = Number(headers["cairn-document-size"]);
      const length = Number(headers["content-length"]);
      const sane = Number.isSafeInteger(documentSize) && Number.isSafeInteger(length) && documentSize <= length;
      if (!sane || documentSize < 1 || length > MAX_MANIFEST_REPLY_BYTES) {
        throw new CairnError("the provider's manifest has no sane size", {
          code: "bad-answer",
          kind: "corrupt",
          details: { maximum: MAX_MANIFEST_REPLY_BYTES },
        });
      }
      return length;
    };
    let bytes: AsyncIterable<Uint8Array>;
    if (connection !== undefined) {
      const ask = (respond: string) => ({ ...request, respond });
      bytes = overControl(connection, "manifest", ask, (body) => declared(body.headers), signal);
    } else {
      const to = await endpointOf(provider);
      const open = () => openManifestDirectly(to, request.documentHash, request.capability, signal);
      const answer = await directly(to, open);
      bytes = exactBody(answer.body, declared(answer.headers));
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    return {
      document: whole.subarray(0, documentSize).toString("base64"),
      manifest: whole.subarray(documentSize).toString("base64"),
    };
  };

  return {
    contested: (provider) => contested(provider.toLowerCase() as Address),
    providerOf: (session) => sessions.get(session)?.provider,
    connected: () => [...connections.values()].filter(({ open }) => open).map(({ provider }) => provider),
    reachable: (provider) =>
      connectionTo(provider) !== undefined ||
      (ways !== "control" && endpoints.peek(provider.toLowerCase() as Address) !== undefined),
    accept(socket, onWelcome) {
      // Without a listener an error on a hostile socket would end the process; "close" follows and does the work.
      socket.on("error", (error) =>
        sample("failed", (omitted) => log?.info({ err: error, omitted }, "control connection failed")),
      );
      if (closed) return socket.close(1013, "try again later");
      const [oldest] = strangers;
      if (oldest !== undefined && strangers.size >= MAX_STRANGERS) {
        strangers.delete(oldest);
        oldest.terminate();
      }
      strangers.add(socket);
      const late = setTimeout(() => socket.terminate(), HELLO_SECONDS * 1000);
      const forget = () => {
        clearTimeout(late);
        strangers.delete(socket);
      };
      socket.once("close", forget);
      socket.once("message", (data, isBinary) => {
        forget();
        const text = String(data);
        greet(socket, text, isBinary).then(onWelcome, (error) => {
          const refusal = asCairnError(error);
          sample(refusal.code, (omitted) =>
            log?.warn({ code: refusal.code, omitted }, `refused a provider: ${refusal.message}`),
          );
          if (socket.readyState === socket.OPEN) {
            socket.send(JSON.stringify({ type: "refused", error: refusal.toJSON() }));
            socket.close(1008, refusal.code);
          }
          setTimeout(() => socket.terminate(), 2000).unref();
        });
      });
    },
    async seek(providers) {
      if (ways === "control") return;
      const unknown = providers.filter((provider) => connectionTo(provider) === undefined);
      const found = Promise.allSettled(unknown.map((provider) => endpoints.find(provider.toLowerCase() as Address)));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, SEEK_SECONDS * 1000);
      });
      await Promise.race([found, late]);
      clearTimeout(timer);
    },
    receiveRange: (id, body) => inbox.deliver(id, body),
    onPresence(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async request<R extends ProviderRequest>(
      provider: Address,
      request: R,
      limits: { timeoutSeconds?: number; signal?: AbortSignal } = {},
    ): Promise<ProviderReply<R>> {
      if (request.type === "manifest") {
        return (await manifest(provider, request, limits.signal)) as ProviderReply<R>;
      }
      const body = requestToJson(request);
      const seconds = limits.timeoutSeconds ?? TIMEOUT_SECONDS[request.type];
      const connection = connectionTo(provider);
      if (connection !== undefined) {
        return replyFromJson(request.type, await connection.request(body, seconds, limits.signal)) as ProviderReply<R>;
      }
      const to = await endpointOf(provider);
      const reply = await directly(to, () => requestDirectly(to, body, seconds, limits.signal));
      return replyFromJson(request.type, reply) as ProviderReply<R>;
    },
    async *read(provider, deal, ticket, capability, signal) {
      const length = Number(ticket.message.length);
      const connection = connectionTo(provider);
      // The control connection carries the bytes when the provider is known not to be dialable.
      const known = ways === "control" ? undefined : endpoints.peek(provider.toLowerCase() as Address);
      if (known !== undefined || connection === undefined) {
        const to = known ?? (await endpointOf(provider));
        try {
          const answer = await directly(to, () => readDirectly(to, deal, ticket, capability, signal));
          yield* exactBody(answer.body, length);
          return;
        } catch (error) {
          if (connection === undefined || asCairnError(error).code !== "provider-unreachable") throw error;
        }
      }
      const ask = (respond: string): WireRequest => ({ type: "read", ticket, capability, respond });
      yield* overControl(connection, "read", ask, () => length, signal);
    },
    async close() {
      closed = true;
      for (const socket of strangers) socket.terminate();
      const open = [...connections.values()];
      connections.clear();
      for (const connection of open) connection.close(1001, "gateway stops");
    },
  };
}

function timedOut(provider: Address, type: string): CairnError {
  return new CairnError(`provider ${provider} did not send what "${type}" asks for in time`, {
    code: "provider-timeout",
    kind: "unavailable",
    next: "Nothing: other shards are used. Ask again later, or start a check of the package.",
  });
}
