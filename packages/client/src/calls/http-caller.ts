import { CairnError } from "@cairn/protocol";
import { isDenseJson } from "@cairn/protocol/dense-json";
import type { Static, TSchema } from "typebox";
import { findMisfit } from "../find-misfit.ts";
import { listenSocket } from "../listen-socket.ts";
import { resumeDownload } from "../resume-download.ts";
import { fetchTransfer, type Transfer, type TransferRequest } from "../transfer.ts";
import type { Call, Caller } from "./caller.ts";

export interface ClientOptions {
  /** `http://host:port`, without a path. */
  url: string;
  /** Asked for at each call where it is a function: of a token that is made anew from time to time. */
  token?: string | (() => string);
  /** In a page whose session's cookie the browser sends: the `csrf` that login answered. */
  csrf?: () => string | undefined;
  transfer?: Transfer;
  /**
   * Called when a request was not answered because the gateway, or what it needs, is away; `waited` is for how many seconds this request
   * has gone without an answer. Resolves when it is worth asking again (every request may be repeated without harm); throws what the caller
   * shall see. Without it the failure is thrown at once.
   */
  whenAway?: (error: CairnError, waited: number) => Promise<void>;
}

/** Entries that a list is read up to: a gateway that makes up page after page ends there. */
const MOST_LISTED = 1_000_000;

/** Bytes of an answer. The longest is the plan of a package of 100,000 shards, with about 130 MB. */
const MOST_BYTES = 268_435_456;
/** Bytes of an answer that says what failed. */
const MOST_ERROR_BYTES = 1_048_576;

/** An answer as it comes: its status, and its bytes as they arrive. */
type Answer = Awaited<ReturnType<Transfer["download"]>>;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * Requests to one gateway as whoever the token or the session is. Failures are thrown as the CairnError that was answered, or `gateway-unreachable`; an answer
 * that does not have the shape that the API gives it, or is too long, as `bad-answer`.
 */
export class HttpCaller implements Caller {
  readonly url: string;
  readonly #token: () => string | undefined;
  readonly #csrf: ClientOptions["csrf"];
  readonly #transfer: Transfer;
  readonly #whenAway: ClientOptions["whenAway"];

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, "");
    const { token } = options;
    this.#token = typeof token === "function" ? token : () => token;
    this.#csrf = options.csrf;
    this.#transfer = options.transfer ?? fetchTransfer;
    this.#whenAway = options.whenAway;
  }

  #headers(): Record<string, string> {
    const token = this.#token();
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    const csrf = this.#csrf?.();
    return csrf === undefined ? {} : { "cairn-csrf": csrf };
  }

  /** What a path is answered with as it arrives, taken up again where it breaks off. */
  async download(path: string, request: TransferRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const open = () => this.#patiently(() => this.#open(path, request, signal));
    return resumeDownload(await open(), open, { url: this.url, whenAway: this.#whenAway, signal });
  }

  async #open(path: string, request: TransferRequest, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const headers = { ...this.#headers(), ...request.headers };
    const answer = await this.#reach(() =>
      this.#transfer.download(`${this.url}/api/v1${path}`, { ...request, headers }, signal),
    );
    if (answer.status === 200) return answer.body;
    throw await this.#failureOf(answer);
  }

  /** Bytes that can be read only once: not repeated by itself. */
  upload<S extends TSchema>(
    schema: S,
    path: string,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<Static<S>> {
    return this.#ask(schema, () => this.#transfer.upload(`${this.url}/api/v1${path}`, this.#headers(), body, signal));
  }

  /** Bytes that are sent again for as long as `whenAway` says so. */
  send<S extends TSchema>(schema: S, path: string, bytes: Uint8Array): Promise<Static<S>> {
    return this.#patiently(() => this.upload(schema, path, once(bytes)));
  }

  /** The texts of a socket, until the gateway or the signal ends it. */
  async *listen(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator<string> {
    const url = `${this.url.replace(/^http/, "ws")}/api/v1${path}`;
    const listen = this.#transfer.listen ?? listenSocket;
    const texts = listen(url, { token: this.#token(), signal, onOpen })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#reach(() => texts.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await texts.return?.();
    }
  }

  readonly call = <S extends TSchema>(schema: S, path: string, call: Call = {}): Promise<Static<S>> => {
    const query = Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined);
    const search =
      query.length === 0 ? "" : `?${new URLSearchParams(query.map(([k, v]): [string, string] => [k, String(v)]))}`;
    const json =
      call.body === undefined
        ? { headers: this.#headers() }
        : { headers: { ...this.#headers(), "content-type": "application/json" }, body: JSON.stringify(call.body) };
    const request = { method: call.method ?? "GET", ...json };
    const url = `${this.url}/api/v1${path}${search}`;
    return this.#patiently(() => this.#ask(schema, () => this.#transfer.download(url, request, call.signal)));
  };

  /** Everything in a list that comes in pages; a page without anything is the last one, whatever it says. */
  readonly pages = async <S extends TSchema, T>(
    schema: S,
    path: string,
    entriesOf: (page: Static<S>) => readonly T[],
    query: Call["query"] = {},
  ): Promise<T[]> => {
    const all: T[] = [];
    let after: string | number | undefined;
    do {
      const page = await this.call(schema, path, { query: { ...query, after } });
      const entries = entriesOf(page);
      if (all.length + entries.length > MOST_LISTED) {
        throw this.badAnswer(`more than ${MOST_LISTED} entries of one list`);
      }
      for (const one of entries) all.push(one);
      after = entries.length === 0 ? undefined : ((page as { next: string | number | null }).next ?? undefined);
    } while (after !== undefined);
    return all;
  };

  /** Ask, and ask again for as long as `whenAway` says so. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    let since: number | undefined;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.#whenAway === undefined || !isAway(error)) throw error;
        since ??= performance.now();
        await this.#whenAway(error, (performance.now() - since) / 1000);
      }
    }
  }

  async #reach<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (cause) {
      if (cause instanceof CairnError) throw cause;
      if (cause instanceof Error && cause.name === "AbortError") throw cause;
      throw new CairnError(`no answer from ${this.url}`, {
        code: "gateway-unreachable",
        kind: "unavailable",
        cause,
        next: "Start the network with `cairn up`, or name its home with --home.",
      });
    }
  }

  /** What the gateway answers, of which every field that the schema names is as the schema says. */
  async #ask<S extends TSchema>(schema: S, send: () => Promise<Answer>): Promise<Static<S>> {
    const answer = await this.#reach(send);
    if (answer.status < 200 || answer.status > 299) throw await this.#failureOf(answer);
    const json = await this.#jsonOf(answer, MOST_BYTES);
    const field = findMisfit(schema, json);
    if (field === undefined) return json as Static<S>;
    throw this.badAnswer(
      `${field === "" ? "something" : `a field ${field.slice(0, 100)}`} that is not as the API has it`,
      { field },
    );
  }

  async #failureOf(answer: Answer): Promise<CairnError> {
    const json = await this.#jsonOf(answer, MOST_ERROR_BYTES);
    const error = typeof json === "object" && json !== null ? (json as { error?: unknown }).error : undefined;
    if (typeof error === "object" && error !== null) return CairnError.fromJSON(error);
    return this.badAnswer(`${answer.status}, and no reason`);
  }

  async #jsonOf({ status, body }: Answer, maximum: number): Promise<unknown> {
    const bytes = await this.#reach(() => this.#bytesOf(body, maximum));
    if (isDenseJson(bytes)) throw this.badAnswer(`${status} with JSON that is made to fill memory`);
    const text = new TextDecoder().decode(bytes);
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch (cause) {
      throw this.badAnswer(`${status} with something that is not JSON`, {}, cause);
    }
  }

  /** The whole of a body; whoever sends more than `maximum` bytes is cut off. */
  async #bytesOf(body: AsyncIterable<Uint8Array>, maximum: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maximum) throw this.badAnswer(`with more than ${maximum} bytes`);
      chunks.push(chunk);
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  badAnswer(what: string, details: Record<string, unknown> = {}, cause?: unknown): CairnError {
    return new CairnError(`${this.url} answered ${what}`, {
      code: "bad-answer",
      kind: "corrupt",
      details,
      cause,
      next: "Check that a Cairn gateway of this version listens on this address.",
    });
  }
}

const AWAY = new Set([
  "gateway-unreachable",
  "connection-lost",
  "database-unreachable",
  "chain-unreachable",
  "stopping",
  "too-few-shards",
  "too-many-requests",
  "busy",
]);

/** Whether an error says that the gateway, or what it needs for an answer (chain, database, enough providers), is away just now. */
export function isAway(error: unknown): error is CairnError {
  return error instanceof CairnError && AWAY.has(error.code);
}
