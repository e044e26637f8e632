import { readBody } from "@cairn/process/entrances";
import { CairnError } from "@cairn/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Turns } from "../turns.ts";
import type { VerificationNode } from "../verification-node.ts";
import type { Dialect } from "./dialect.ts";
import { isCompressed, type NOT_JSON, parseBody, TOO_LARGE } from "./parse-body.ts";
import type { RecentTokens } from "./recent-tokens.ts";
import { Refusal, TEXTS, tooManyRequests } from "./refusal.ts";
import type { ShardSource } from "./shards.ts";
import type { StatusSource } from "./status.ts";
import type { DownstreamLimits, TrafficKind } from "./traffic.ts";

/** What is the same for every request. */
export interface Door {
  node: VerificationNode;
  status: StatusSource;
  shards: ShardSource | undefined;
  limits: DownstreamLimits | undefined;
  /** Tokens of farmers that the node has been told to read one contract from an answer to `/chunk`: it need not be told again. */
  singles: RecentTokens;
  /** By network, in which compressed bodies are inflated. */
  inflating: Turns;
  bodyTimeoutMilliseconds: number;
  stallMilliseconds: number;
  warn(error: unknown, what: string): void;
}

/** One request on its way through a handler. */
export interface Call {
  door: Door;
  dialect: Dialect;
  /** Path below which this dialect lies, without a slash at the end. */
  prefix: string;
  request: FastifyRequest;
  reply: FastifyReply;
  query: URLSearchParams;
  /** Of the client, behind trusted proxies. */
  ip: string;
  network: string;
  /** Bytes counted against the network's limit until the answer is made. */
  held: number;
}

export type Handler = (call: Call) => Promise<unknown>;

const asItIs = (text: unknown) => text as string;

/** Sends JSON text. With a serialiser of its own, as Fastify would else add a charset, which the original's answers have not. */
export function sendJson({ reply }: Pick<Call, "reply">, text: string): FastifyReply {
  return reply.serializer(asItIs).header("content-type", "application/json").send(text);
}

/** Cuts a client off that takes nothing of a large answer for a while: it would hold the answer in memory, or a shard open. */
export function dropWhenStalled({ door, reply: { raw } }: Call): void {
  raw.setTimeout(door.stallMilliseconds, () => raw.destroy());
}

const bodyTooLarge = (maxBytes: number) => new Refusal(413, TEXTS.bodyTooLarge(maxBytes));

/**
 * The body, parsed; NOT_JSON when it is none.
 *
 * @throws Refusal 413 or what `tooLarge` says, 408, 429
 */
export async function jsonBody(
  call: Call,
  maxBytes: number,
  tooLarge = () => bodyTooLarge(maxBytes),
): Promise<unknown | typeof NOT_JSON> {
  return parseHeld(call, await heldBody(call, maxBytes, tooLarge), maxBytes, tooLarge);
}

/** Counts bytes against the memory of all bodies, until the answer is made. */
function hold(call: Call, bytes: number): Refusal | undefined {
  if (call.door.limits?.hold(call.network, bytes) === false) return tooManyRequests(1);
  call.held += bytes;
  return undefined;
}

function heldBody(call: Call, maxBytes: number, tooLarge: () => Refusal): Promise<Buffer> {
  return readBody(call.request.raw, {
    maxBytes,
    timeoutMilliseconds: call.door.bodyTimeoutMilliseconds,
    hold: (bytes) => hold(call, bytes),
    refuse({ reason, cut }) {
      const headers = cut ? { connection: "close" } : undefined;
      if (reason === "too-slow") return new Refusal(408, TEXTS.bodyTooSlow, headers);
      if (reason === "broken") return new Refusal(400, TEXTS.bodyBroken, headers);
      const { status, message } = tooLarge();
      return new Refusal(status, message, headers);
    },
  });
}

/** Compressed bodies are inflated one after the other: each takes up to `maxBytes`, a hundred times what was sent. */
async function parseHeld(
  call: Call,
  body: Buffer,
  maxBytes: number,
  tooLarge: () => Refusal,
): Promise<unknown | typeof NOT_JSON> {
  const parse = () => parseBody(body, maxBytes, (bytes) => hold(call, bytes));
  const parsed = await (isCompressed(body) ? call.door.inflating.take(call.network, parse) : parse());
  if (parsed === TOO_LARGE) throw tooLarge();
  return parsed;
}

/** What anybody may send; for more, the token in the path has to be known first. */
const OPEN_BODY_BYTES = 64 * 1024;

/** The body of a request under a token. @throws what `jsonBody` throws; `downstream-no-token` for a large or compressed body of nobody's */
export async function bodyUnderToken(call: Call, token: string, maxBytes: number): Promise<unknown | typeof NOT_JSON> {
  const tooLarge = () => bodyTooLarge(maxBytes);
  const declared = Number(call.request.raw.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  const large = !(declared <= OPEN_BODY_BYTES);
  if (large) await call.door.node.find(token);
  const body = await heldBody(call, maxBytes, tooLarge);
  if (!large && isCompressed(body)) await call.door.node.find(token);
  return parseHeld(call, body, maxBytes, tooLarge);
}

/** Counts a request or a registration of the caller's network. @throws Refusal 429 with Retry-After */
export function countTraffic({ door, network }: Pick<Call, "door" | "network">, kind: TrafficKind): void {
  const seconds = door.limits?.take(network, kind) ?? 0;
  if (seconds > 0) throw tooManyRequests(seconds);
}

const TOKEN = /^[0-9a-f]{32}$/i;
const HASH = /^[0-9a-f]{64}$/i;

/** A token as the node knows it. @throws Refusal for what cannot be one */
export function tokenOf(text: string, status = 400): string {
  if (!TOKEN.test(text)) throw new Refusal(status, TEXTS.noToken);
  return text.toLowerCase();
}

/** @throws Refusal 400 */
export function hashOf(text: string): string {
  if (!HASH.test(text)) throw new Refusal(400, TEXTS.badHash);
  return text.toLowerCase();
}

/** A contract as a client names it in a list: its text to be repeated, and the hash that it is, if it is one. */
export interface Named {
  echo: string;
  hash: string | undefined;
}

const MAX_NAME_CHARACTERS = 128;

/** Undefined for what no contract was ever called: neither short text nor a whole number. */
export function nameOf(value: unknown): Named | undefined {
  if (typeof value === "string") {
    if (value.length === 64 && HASH.test(value)) return { echo: `"${value}"`, hash: value.toLowerCase() };
    return value.length <= MAX_NAME_CHARACTERS ? { echo: JSON.stringify(value), hash: undefined } : undefined;
  }
  return Number.isSafeInteger(value) ? { echo: String(value), hash: undefined } : undefined;
}

/** Tells the node of a farmer that asked about one contract alone. */
export async function noteSingle({ door, dialect }: Call, token: string, hash: string): Promise<void> {
  if (!dialect.singlesReadOneChunk || door.singles.has(token)) return;
  await door.node.readsOne(token, hash);
  door.singles.add(token);
}

/** What the node refused, as this protocol says it; other errors stay as they are. `noTokenStatus`: see section 2.1 of the protocol. */
export function asRefusal(error: unknown, node: VerificationNode, noTokenStatus: number): unknown {
  if (!(error instanceof CairnError) || error instanceof Refusal) return error;
  switch (error.code) {
    case "downstream-no-token":
      return new Refusal(noTokenStatus, TEXTS.noToken);
    case "downstream-too-many-tokens":
      return new Refusal(400, TEXTS.tooManyTokens(node.settings.maxTokensPerNetwork ?? 0));
    case "downstream-bad-address":
      return new Refusal(400, TEXTS.badAddress);
    case "downstream-not-whitelisted":
      return new Refusal(400, TEXTS.notWhitelisted);
    case "downstream-bad-nonce":
      return new Refusal(400, TEXTS.badNonce);
    default:
      return error;
  }
}
