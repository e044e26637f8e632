import { CairnError } from "@cairn/protocol";

/** Heartbeat types of the protocol. */
export type Scheme = "Merkle" | "Swizzle";

/** What a node calls a contract: text with newer nodes, a number with the original's last version. */
export type FileHash = string | number;

/** JSON as the node sent it: an object for Merkle, base64 for Swizzle. */
export type WireObject = string | { [key: string]: unknown };

export interface TokenAnswer {
  token: string;
  type: Scheme;
  heartbeat: WireObject;
}

export interface WireChunk {
  hash: FileHash;
  seed: string;
  size: number;
  /** Where a chunk's bytes are had when no seed makes them. */
  url: string | undefined;
  challenge: WireObject;
  tag: WireObject;
  /** Seconds from now. */
  due: number;
}

export type WireChallenge =
  | { hash: FileHash; outcome: "open"; challenge: WireObject; due: number; answered: boolean }
  | { hash: FileHash; outcome: "over"; reason: string };

export interface WireReport {
  hash: FileHash;
  /** Undefined when the answer was accepted. */
  error: string | undefined;
}

/** Longest text that is repeated from a node. */
const MAX_TEXT = 500;
const MAX_HASH = 256;

/** A name for a contract that is the same for the same JSON value and never for another. */
export const hashKey = (hash: FileHash): string => `${typeof hash}:${hash}`;

export function malformed(what: string): CairnError {
  return new CairnError(`the node's answer is not in order: ${what}`, {
    code: "node-answer-malformed",
    kind: "unavailable",
    next: "Check that the address is a downstream node's; its operator may have to update it.",
  });
}

function record(value: unknown, what: string): { [key: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(`${what} is no object`);
  return value as { [key: string]: unknown };
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw malformed(`${what} is no list`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw malformed(`${what} is no text`);
  return value;
}

function hashOf(value: unknown): FileHash {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (typeof value === "string" && value !== "" && value.length <= MAX_HASH) return value;
  throw malformed("file_hash is neither text nor a whole number");
}

function wireObject(value: unknown, what: string): WireObject {
  return typeof value === "string" ? value : record(value, what);
}

function seconds(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw malformed("due is no number");
  return value;
}

/** `message` of an error answer, fit for showing. */
export function parseMessage(value: unknown): string | undefined {
  const message = typeof value === "object" && value !== null ? (value as { message?: unknown }).message : undefined;
  return typeof message === "string" ? message.slice(0, MAX_TEXT) : undefined;
}

/** @throws CairnError `node-answer-malformed`, `unknown-heartbeat-type` */
export function parseToken(value: unknown): TokenAnswer {
  const answer = record(value, "the answer");
  const token = text(answer.token, "token");
  if (!/^([0-9a-f]{2}){1,64}$/.test(token)) throw malformed("token is not hexadecimal");
  const type = text(answer.type, "type");
  if (type !== "Merkle" && type !== "Swizzle") {
    throw new CairnError(`the node asks for heartbeats of type "${type.slice(0, 40)}"`, {
      code: "unknown-heartbeat-type",
      kind: "conflict",
      next: "This farmer knows Merkle and Swizzle.",
    });
  }
  return { token, type, heartbeat: wireObject(answer.heartbeat, "heartbeat") };
}

/** @throws CairnError `node-answer-malformed` */
export function parseChunks(value: unknown): WireChunk[] {
  return list(record(value, "the answer").chunks, "chunks").map((item) => {
    const chunk = record(item, "a chunk");
    const { size } = chunk;
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size <= 0) throw malformed("size is no size");
    const url = typeof chunk.url === "string" && chunk.url !== "" ? chunk.url : undefined;
    return {
      hash: hashOf(chunk.file_hash),
      seed: text(chunk.seed, "seed"),
      size,
      url,
      challenge: wireObject(chunk.challenge, "challenge"),
      tag: wireObject(chunk.tag, "tag"),
      due: seconds(chunk.due),
    };
  });
}

/** @throws CairnError `node-answer-malformed` */
export function parseChallenges(value: unknown): WireChallenge[] {
  return list(record(value, "the answer").challenges, "challenges").map((item) => {
    const one = record(item, "a challenge");
    const hash = hashOf(one.file_hash);
    const reason = one.error ?? one.status;
    if (reason !== undefined) return { hash, outcome: "over", reason: String(reason).slice(0, MAX_TEXT) };
    return {
      hash,
      outcome: "open",
      challenge: wireObject(one.challenge, "challenge"),
      due: seconds(one.due),
      answered: one.answered === true,
    };
  });
}

/** @throws CairnError `node-answer-malformed` */
export function parseReport(value: unknown): WireReport[] {
  return list(record(value, "the answer").report, "report").map((item) => {
    const one = record(item, "a line of the report");
    const error = one.error === undefined ? undefined : String(one.error).slice(0, MAX_TEXT);
    if (error === undefined && one.status !== "ok") throw malformed("a line of the report says neither ok nor error");
    return { hash: hashOf(one.file_hash), error };
  });
}
