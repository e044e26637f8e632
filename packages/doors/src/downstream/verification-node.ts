import type { Scheme } from "./scheme.ts";
import type { DownstreamSettings } from "./settings.ts";

/** SHA-256 of a chunk as 64 lower-case hex characters. */
export type FileHash = string;

/** JSON as the later code of the original has it: an object for Merkle, base64 for Swizzle. */
export type WireObject = string | { readonly [key: string]: unknown };

export interface Registration {
  /** 32 hex characters; shown once, kept only as SHA-256. */
  token: string;
  farmerId: string;
  scheme: Scheme;
}

export interface HandedChunk {
  hash: FileHash;
  size: number;
  /** What RandomIO makes the content from; empty for a shard. */
  seed: string;
  /** What the port of shards' bytes knows a shard by; absent for a seeded chunk. Never sent: HTTP announces its own path. */
  source?: string;
  challenge: WireObject;
  tag: WireObject;
  /** Seconds from now. */
  due: number;
  redundancy: { wanted: number; held: number };
}

/** Chunks that were reserved for a response. Exactly one of the two is called, when it is known how the response ended. */
export interface HandOut {
  chunks: HandedChunk[];
  /** The response has left whole: the contracts stand. */
  confirm(): Promise<void>;
  /** The connection broke: contracts are undone and chunks return to the pool. */
  withdraw(): Promise<void>;
}

export type ContractChallenge =
  | { hash: FileHash; outcome: "open"; challenge: WireObject; due: number; answered: boolean }
  | { hash: FileHash; outcome: "exhausted" | "expired" | "missing" };

export type AnswerOutcome = "ok" | "missing" | "corrupted" | "expired" | "answered" | "invalid";

export interface Answer {
  /** Undefined when what the farmer sent is no hash at all: the outcome is `missing`. */
  hash: FileHash | undefined;
  /** As decoded from the body: see WireObject. Anything else is `corrupted`. */
  proof: unknown;
}

/**
 * What a verification node does, whatever the dialect that a farmer speaks. Refusals are CairnErrors with these codes:
 * `downstream-no-token`, `downstream-too-many-tokens`, `downstream-bad-address`, `downstream-not-whitelisted`, `downstream-bad-nonce`.
 */
export interface VerificationNode {
  readonly settings: DownstreamSettings;
  /** The public heartbeat of a scheme. */
  heartbeat(scheme: Scheme): WireObject;
  /** A new token for an address whose ownership the caller has checked. `proof` is kept beside it. */
  register(address: string, ip: string, proof?: { message: string; signature: string }): Promise<Registration>;
  /** A text for the owner of an address to sign: good once, for a while, at this node only. `register` consumes the nonce it holds. */
  issueNonce(address: string): Promise<{ message: string; expiresInSeconds: number }>;
  /** The scheme and id behind a token. Throws `downstream-no-token`. */
  find(token: string): Promise<{ scheme: Scheme; farmerId: string }>;
  /** Ends a token: its contracts end, its chunks return to the pool. */
  remove(token: string): Promise<void>;
  /** Replaces a token by a new one; contracts and history stay with the farmer. */
  rotate(token: string): Promise<Registration>;
  /**
   * New contracts of at most `bytes` bytes together; a single one for a farmer that reads no more (see `readsOne`). `fetches`: the client can take
   * a shard from its source.
   */
  handOut(token: string, ip: string, bytes: number, fetches: boolean): Promise<HandOut>;
  /**
   * The farmer's program asked about `hash` alone, as only those do that read one contract from an answer to `/chunk`. From now on it gets one at a
   * time; those that came beside the ones it read, and that it therefore never answers, end, held against nobody. Repeats change nothing.
   */
  readsOne(token: string, hash: FileHash): Promise<void>;
  /** Present challenges in the order asked (repeats once), or of every contract. Writes nothing. */
  challenges(token: string, hashes?: readonly FileHash[]): Promise<ContractChallenge[]>;
  /** Where the bytes of a shard come from; undefined unless this token has a contract on it that has not ended. */
  shard(token: string, hash: FileHash): Promise<{ source: string; size: number } | undefined>;
  /** Counts valid answers, each window once. Resolves when they are durable; outcomes in the order asked. */
  answer(token: string, ip: string, answers: readonly Answer[]): Promise<AnswerOutcome[]>;
}
