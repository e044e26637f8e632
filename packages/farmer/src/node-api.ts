import { CairnError } from "@cairn/protocol";
import {
  type FileHash,
  malformed,
  parseChallenges,
  parseChunks,
  parseMessage,
  parseReport,
  parseToken,
  type TokenAnswer,
  type WireChallenge,
  type WireChunk,
  type WireObject,
  type WireReport,
} from "./wire.ts";

/** The one message on which a farmer asks for a new token by itself. */
const NO_TOKEN = "Nonexistent token.";
const PREFIX = "/api/downstream/v1";
const REQUEST_MILLISECONDS = 60_000;
/** Ten Swizzle tags of 32 MiB chunks are 46 MB. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

export interface SignedMessage {
  message: string;
  signature: string;
}

/** A node of the downstream protocol, in the dialect of the original's last version. */
export interface NodeApi {
  readonly url: string;
  /** A new token; with a signed message where there is one. */
  register(address: string, signed: SignedMessage | undefined): Promise<TokenAnswer>;
  /** What to sign for `address`, from a node that binds registrations to itself; undefined from one that does not. */
  registrationMessage(address: string): Promise<string | undefined>;
  heartbeat(token: string): Promise<TokenAnswer>;
  /** Replaces the token; throws `node-refused` where the node cannot. */
  rotate(token: string): Promise<TokenAnswer>;
  chunks(token: string, bytes: number): Promise<WireChunk[]>;
  challenges(token: string, hashes: readonly FileHash[]): Promise<WireChallenge[]>;
  answer(token: string, proofs: readonly { hash: FileHash; proof: WireObject }[]): Promise<WireReport[]>;
  /** The bytes of a shard from an address that came with a chunk; only from this very node. */
  fetchShard(token: string, url: string): Promise<ReadableStream<Uint8Array>>;
}

/**
 * @param url the node's address, with or without slashes at its ends
 * @throws CairnError `bad-input` when it is no http or https address
 *
 * Calls throw `node-unreachable`, `node-refused` (details.status; the node's own words), `no-such-token`, `node-answer-malformed`.
 */
export function openNodeApi(url: string, signal: AbortSignal): NodeApi {
  const root = nodeUrl(url);

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MILLISECONDS)]);
    try {
      return await fetch(`${root}${PREFIX}${path}`, { ...init, redirect: "error", signal: limit });
    } catch (cause) {
      throw unreachable(cause);
    }
  }

  function unreachable(cause: unknown): CairnError {
    const reason = (cause as { cause?: { message?: string } }).cause?.message ?? (cause as Error).message;
    return new CairnError(`the node ${root} cannot be reached: ${reason}`, {
      code: "node-unreachable",
      kind: "unavailable",
      next: "Check the address, and that the node is running.",
      cause,
    });
  }

  async function call(path: string, init?: RequestInit): Promise<unknown> {
    const response = await request(path, init);
    const body = await readLimited(response).catch((error) => {
      throw error instanceof CairnError ? error : unreachable(error);
    });
    if (response.status !== 200) throw refusal(root, response.status, body);
    return parseJson(body);
  }

  const post = (path: string, body: unknown) =>
    call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  return {
    url: root,
    register: async (address, signed) =>
      parseToken(await (signed === undefined ? call(`/new/${address}`) : post(`/new/${address}`, signed))),
    async registrationMessage(address) {
      const response = await request(`/nonce/${address}`);
      const body = await readLimited(response);
      if (response.status !== 200) return undefined;
      const message = (parseJson(body) as { message?: unknown } | null)?.message;
      return typeof message === "string" ? message : undefined;
    },
    heartbeat: async (token) => parseToken(await call(`/heartbeat/${token}`)),
    rotate: async (token) => parseToken(await call("/token", { method: "POST", headers: bearer(token) })),
    // Nodes that know nothing of shards overlook the question.
    chunks: async (token, bytes) => parseChunks(await call(`/chunk/${token}/${bytes}?fetch=1`)),
    challenges: async (token, hashes) => parseChallenges(await post(`/challenge/${token}`, { hashes })),
    answer: async (token, proofs) =>
      parseReport(
        await post(`/answer/${token}`, { proofs: proofs.map(({ hash, proof }) => ({ file_hash: hash, proof })) }),
      ),
    async fetchShard(token, address) {
      const target = new URL(address, `${root}/`);
      if (target.origin !== new URL(root).origin) throw malformed(`a chunk's bytes lie elsewhere, at ${target.origin}`);
      const response = await fetch(target, { headers: bearer(token), redirect: "error", signal }).catch((cause) => {
        throw unreachable(cause);
      });
      if (response.status !== 200 || response.body === null) {
        throw refusal(root, response.status, await readLimited(response));
      }
      return response.body;
    },
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function nodeUrl(text: string): string {
  const trimmed = text.replace(/\/+$/, "");
  if (URL.canParse(trimmed)) {
    const { protocol, username, search, hash } = new URL(trimmed);
    if ((protocol === "http:" || protocol === "https:") && username + search + hash === "") return trimmed;
  }
  throw new CairnError(`"${text}" is not the address of a node`, {
    code: "bad-input",
    kind: "input",
    next: "Write it like http://127.0.0.1:4400.",
  });
}

function refusal(root: string, status: number, body: Uint8Array): CairnError {
  const message = parseMessage(maybeJson(body));
  const missing = message === NO_TOKEN;
  return new CairnError(`the node ${root} refused: ${message ?? `status ${status}`}`, {
    code: missing ? "no-such-token" : "node-refused",
    kind: missing ? "missing" : status >= 500 || status === 429 ? "unavailable" : "conflict",
    details: { status },
  });
}

function parseJson(body: Uint8Array): unknown {
  const value = maybeJson(body);
  if (value === undefined) throw malformed("it is not JSON");
  return value;
}

function maybeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
  } catch {
    return undefined; // An HTML page of a proxy, or of the original's own 404.
  }
}

async function readLimited(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) throw malformed(`it is longer than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
