import { randomBytes } from "node:crypto";
import { backOff, pause } from "@cairn/process";
import { type Address, asCairnError, CairnError, type Hex, signTyped } from "@cairn/protocol";
import {
  CONTROL_MESSAGE_BYTES,
  CONTROL_PATH,
  HEARTBEAT_SECONDS,
  helloToJson,
  parseFrame,
  parseWelcome,
  replyToJson,
  requestFromJson,
  type WireReplies,
} from "@cairn/protocol/wire";
import { REPLACED } from "@cairn/transport";
import { WebSocket } from "ws";
import type { Asker, ProviderContext, RequestHandlers } from "../context.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { ensureRegistered } from "./register.ts";

/** Requests of one gateway that are worked on at a time. */
const MAX_AT_WORK = 256;
const HANDSHAKE_SECONDS = 10;
const MISSED_HEARTBEATS = 3;
/** A connection that lived so long was sound: the next attempt comes soon. */
const SOUND_SECONDS = 5;
/** A gateway that was started again has its providers back within this. */
const LONGEST_WAIT_SECONDS = 12;
/** A choice: for as long as this the other program with the same keys has the connection to itself. */
const DISPLACED_WAIT_SECONDS = 900;

/** Answer one request, for whichever way it came; what went wrong inside is logged here and told only by its code. */
export async function answerRequest(
  context: ProviderContext,
  body: Record<string, unknown>,
  asker: Asker,
): Promise<Record<string, unknown>> {
  try {
    const request = requestFromJson(body);
    const handler = context.parts.handlers[request.type] as RequestHandlers[keyof RequestHandlers];
    const reply = await (handler as (r: typeof request, a: Asker) => Promise<WireReplies[typeof request.type]>)(
      request,
      asker,
    );
    return { ...replyToJson(request.type, reply), ok: true };
  } catch (thrown) {
    const error = asCairnError(thrown);
    if (error.kind !== "internal") {
      context.log.info({ type: body.type, code: error.code, asker: asker.address }, `refused: ${error.message}`);
      return { ok: false, error: error.toJSON() };
    }
    context.log.error({ type: body.type, err: thrown }, "a request failed");
    const hidden = new CairnError("the provider failed inside", { code: "internal", kind: "internal" });
    return { ok: false, error: hidden.toJSON() };
  }
}

function hello(context: ProviderContext, gateway: GatewayClient): string {
  const { identity } = context;
  const executor = gateway.info?.executor;
  if (executor === undefined) throw new CairnError("no network yet", { code: "internal", kind: "internal" });
  const message = {
    provider: identity.provider,
    audience: executor,
    time: BigInt(context.now()),
    nonce: `0x${randomBytes(32).toString("hex")}` as Hex,
  };
  const signature = signTyped("Hello", message, context.deployment(), identity.hotKey);
  return JSON.stringify(helloToJson({ message, signature }));
}

/** Dial, say hello, answer requests; resolves when an established connection ended. @throws CairnError why none came about */
async function serveControl(context: ProviderContext, gateway: GatewayClient, onWelcome: () => void): Promise<void> {
  const greeting = hello(context, gateway);
  const url = new URL(CONTROL_PATH, gateway.url);
  url.protocol = gateway.url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, {
    maxPayload: CONTROL_MESSAGE_BYTES,
    handshakeTimeout: HANDSHAKE_SECONDS * 1000,
    perMessageDeflate: false,
    followRedirects: false,
  });
  const ended = Promise.withResolvers<void>();
  let established = false;
  let atWork = 0;
  let silence = setTimeout(() => socket.terminate(), HANDSHAKE_SECONDS * 1000);
  const stop = () => socket.close(1001);
  context.signal.addEventListener("abort", stop, { once: true });

  const take = async (text: string) => {
    const frame = parseFrame(text);
    if (frame.kind !== "request") return;
    const asker = { address: gateway.info?.executor ?? context.identity.provider, gateway };
    let answer: Record<string, unknown>;
    if (atWork >= MAX_AT_WORK) {
      const error = new CairnError("too many requests at once", {
        code: "provider-busy",
        kind: "unavailable",
        next: "Ask again in a moment.",
      });
      answer = { ok: false, error: error.toJSON() };
    } else {
      atWork++;
      answer = await answerRequest(context, frame.body, asker).finally(() => atWork--);
    }
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ re: frame.id, ...answer }));
  };

  socket.on("open", () => socket.send(greeting));
  socket.on("ping", () => silence.refresh());
  socket.on("error", ended.reject);
  socket.on("close", (code, reason) => {
    const why = `the gateway closed the connection (${code} ${String(reason)})`;
    if (code === REPLACED) ended.reject(displaced(context.identity.provider));
    else if (established) ended.resolve();
    else ended.reject(new CairnError(why, { code: "unreachable", kind: "unavailable" }));
  });
  socket.once("message", (first) => {
    try {
      gateway.session = parseWelcome(String(first));
    } catch (error) {
      ended.reject(error);
      return;
    }
    established = true;
    gateway.connected = true;
    onWelcome();
    context.log.info({ gateway: gateway.url.origin }, "connected");
    clearTimeout(silence);
    silence = setTimeout(() => socket.terminate(), MISSED_HEARTBEATS * HEARTBEAT_SECONDS * 1000);
    socket.on("message", (data) => {
      silence.refresh();
      take(String(data)).catch((error) => {
        context.log.warn({ gateway: gateway.url.origin, reason: asCairnError(error).message }, "bad control message");
        socket.close(1008);
      });
    });
  });
  try {
    await ended.promise;
  } finally {
    clearTimeout(silence);
    context.signal.removeEventListener("abort", stop);
    gateway.connected = false;
    gateway.session = undefined;
    socket.terminate();
  }
}

const displaced = (provider: Address): CairnError =>
  new CairnError(`another program with the keys of ${provider} has connected in this one's place`, {
    code: "provider-displaced",
    kind: "conflict",
    details: { provider },
    next: "End one of the two: a directory runs once, and each provider needs its own; name each gateway once.",
  });

/** Keep a control connection to one gateway until the program stops: fetch the network, register, dial, serve, and again. */
export async function keepGateway(
  context: ProviderContext,
  gateway: GatewayClient,
  adopt: (gateway: GatewayClient) => Promise<void>,
  onWelcome: () => void,
): Promise<void> {
  const retry = backOff(0.5, LONGEST_WAIT_SECONDS);
  while (!context.signal.aborted) {
    const began = performance.now();
    try {
      await gateway.fetchInfo(context.signal);
      await adopt(gateway);
      await ensureRegistered(context, gateway).catch((error) => {
        // A retired provider still proves and serves what it holds.
        if (asCairnError(error).code !== "retired") throw error;
        context.log.warn({}, asCairnError(error).message);
      });
      await serveControl(context, gateway, onWelcome);
      if (!context.signal.aborted) context.log.info({ gateway: gateway.url.origin }, "disconnected");
    } catch (error) {
      if (context.signal.aborted) return;
      const { code, message, next } = asCairnError(error);
      if (code === "provider-displaced") {
        const minutes = DISPLACED_WAIT_SECONDS / 60;
        context.log.error(
          { gateway: gateway.url.origin, code },
          `${message}. ${next} This one tries again in ${minutes} minutes.`,
        );
        await pause(DISPLACED_WAIT_SECONDS, context.signal);
        continue;
      }
      context.log.warn({ gateway: gateway.url.origin, code }, `no connection: ${message}`);
    }
    if (performance.now() - began > SOUND_SECONDS * 1000) retry.reset();
    await retry.wait(context.signal);
  }
}
