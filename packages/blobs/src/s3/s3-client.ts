import { createHash } from "node:crypto";
import { backOff } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";
import { AwsV4Signer } from "aws4fetch";
import { readXml, textIfThere, type XmlElement } from "./read-xml.ts";
import { type S3Refusal, unexpectedAnswer, unreachable } from "./s3-errors.ts";
import type { S3Settings } from "./s3-settings.ts";

interface S3Request {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** With the prefix; the bucket itself when left out. Only [A-Za-z0-9._/-]. */
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

/** An answer that was read to its end. */
export interface S3Answer extends S3Refusal {
  headers: Headers;
  body: Uint8Array;
  /** Whether it was asked before without an answer: what it asks for may have been done then. */
  repeated: boolean;
}

/** An answer whose body is still to be read. */
export interface S3Stream extends S3Refusal {
  headers: Headers;
  /** Empty where `status` is not 2xx. Throws `Broken` where the connection ends or stalls. */
  body: AsyncIterable<Uint8Array>;
}

export interface S3ClientOptions {
  /** How often a request is tried in all. */
  attempts: number;
  /** Pauses between tries, doubled from the first to the longest. */
  firstPauseSeconds: number;
  longestPauseSeconds: number;
  /** How long the store may say nothing. */
  quietSeconds: number;
}

export interface S3Client {
  /** Answers with whatever repeating does not change. @throws CairnError `blobs-unreachable`, `blobs-answer` */
  ask(request: S3Request): Promise<S3Answer>;
  /** The same, for a body of any length. */
  stream(request: S3Request): Promise<S3Stream>;
  /** Waits longer each time. */
  pauses(): { wait(): Promise<void> };
  /** Requests that are under way, and pauses between them, end. */
  close(): void;
  readonly attempts: number;
}

/** The connection broke, or the store fell silent: another try may go through. */
export class Broken extends Error {}

/** Of answers that are read whole: a page of 1,000 keys takes up to 1.5 MB. */
const LONGEST_ANSWER = 4 * 1_048_576;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: those that go away by themselves. */
const PASSING = new Set([
  "InternalError",
  "OperationAborted",
  "ConditionalRequestConflict",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "ThrottlingException",
  "TooManyRequests",
]);
const isPassing = ({ status, code = "" }: S3Refusal): boolean =>
  status === 429 || (status >= 500 && status !== 501 && status !== 505 && status !== 507) || PASSING.has(code);
/** A body may take this long more: a line slower than 256 kbit/s counts as stalled. */
const SLOWEST_BYTES_PER_SECOND = 32_768;
const CODE = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;
const nothing: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} };

/** Ends a request that nothing came of for too long. */
class Patience {
  readonly #controller = new AbortController();
  readonly #closing: AbortSignal;
  readonly #seconds: number;
  readonly #abort = () => this.#controller.abort();
  #timer: NodeJS.Timeout | undefined;
  isOut = false;

  constructor(seconds: number, more: number, closing: AbortSignal) {
    this.#seconds = seconds;
    this.#closing = closing;
    closing.addEventListener("abort", this.#abort, { once: true });
    if (closing.aborted) this.#abort();
    this.renew(more);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  renew(more = 0): void {
    this.rest();
    this.#timer = setTimeout(
      () => {
        this.isOut = true;
        this.#abort();
      },
      (this.#seconds + more) * 1000,
    );
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.rest();
    this.#closing.removeEventListener("abort", this.#abort);
  }
}

/** Requests to one bucket, signed (AWS Signature Version 4, the body included), repeated with pauses while the store is away or asks for it. */
export function openS3Client(settings: S3Settings, options: S3ClientOptions): S3Client {
  const { credentials, region } = settings;
  const base = new URL(settings.endpoint);
  if (settings.addressing === "host") base.hostname = `${settings.bucket}.${base.hostname}`;
  const path = settings.addressing === "host" ? "/" : `/${settings.bucket}/`;
  const keys = new Map<string, ArrayBuffer>();
  const closing = new AbortController();

  async function send(
    { method, key, query = {}, headers = {}, body }: S3Request,
    signal: AbortSignal,
  ): Promise<Response> {
    const url = new URL(base);
    url.pathname = key === undefined ? path.replace(/(.)\/$/, "$1") : path + key;
    url.search = new URLSearchParams(query).toString();
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: {
        ...headers,
        "x-amz-content-sha256": createHash("sha256")
          .update(body ?? "")
          .digest("hex"),
      },
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      service: "s3",
      region,
      cache: keys,
    }).sign();
    // Not signed, as proxies change it. What is compressed would have another length than the object.
    signed.headers.set("accept-encoding", "identity");
    return fetch(signed.url, {
      method,
      headers: signed.headers,
      body: (body as Uint8Array<ArrayBuffer> | undefined) ?? null,
      // A signature is for one host, and another one is not to be given it.
      redirect: "manual",
      signal,
    });
  }

  function whyBroken(error: unknown, patience: Patience): string {
    if (patience.isOut) return `it said nothing for ${options.quietSeconds} seconds`;
    // No more of it than a code: whatever libraries write into their errors is not ours to answer for.
    const { code } = ((error as Error).cause ?? error) as { code?: unknown };
    return typeof code === "string" && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : "the connection broke";
  }

  async function* bodyOf(response: Response, patience: Patience): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader();
    try {
      for (;;) {
        patience.renew();
        const part = await reader?.read().catch((error: unknown) => {
          throw new Broken(whyBroken(error, patience));
        });
        // However long our reader takes is not the store's fault.
        patience.rest();
        if (part === undefined || part.done) return;
        if (part.value.length > 0) yield part.value;
      }
    } finally {
      patience.end();
      await reader?.cancel().catch(() => undefined);
    }
  }

  async function readAll(response: Response, patience: Patience): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of bodyOf(response, patience)) {
      length += part.length;
      if (length > LONGEST_ANSWER) throw unexpectedAnswer(`it is longer than ${LONGEST_ANSWER} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts, length);
  }

  async function repeat<T extends S3Refusal>(
    request: S3Request,
    take: (response: Response, patience: Patience) => Promise<T>,
  ): Promise<T & { repeated: boolean }> {
    const { wait } = client.pauses();
    for (let attempt = 1; ; attempt++) {
      const patience = new Patience(
        options.quietSeconds,
        (request.body?.length ?? 0) / SLOWEST_BYTES_PER_SECOND,
        closing.signal,
      );
      let last: CairnError;
      try {
        const answer = await take(await send(request, patience.signal), patience);
        if (!isPassing(answer)) return { ...answer, repeated: attempt > 1 };
        last = unreachable(`${answer.code ?? "no code"}, HTTP ${answer.status}`, { status: answer.status });
      } catch (error) {
        if (error instanceof CairnError) throw error;
        last = unreachable(error instanceof Broken ? error.message : whyBroken(error, patience));
      } finally {
        // A stream goes on with its own.
        if (!streams.has(patience)) patience.end();
      }
      if (closing.signal.aborted) throw unreachable("the gateway is being stopped");
      if (attempt >= options.attempts) throw last;
      await wait();
    }
  }
  const streams = new WeakSet<Patience>();

  async function whole(response: Response, patience: Patience): Promise<Omit<S3Answer, "repeated">> {
    const body = await readAll(response, patience);
    const { status, headers } = response;
    const code = codeOf(status, body);
    // It stands in errors and logs, where none of the keys that the store was told, or knows, may.
    const isOurs = Object.values(credentials).some((secret) => secret !== undefined && code?.includes(secret));
    return { status, headers, body, code: isOurs ? undefined : code };
  }

  const client: S3Client = {
    attempts: options.attempts,
    ask: (request) => repeat(request, whole),
    stream: (request) =>
      repeat<S3Stream>(request, async (response, patience) => {
        if (!response.ok) return { ...(await whole(response, patience)), body: nothing };
        streams.add(patience);
        const { status, headers } = response;
        return { status, headers, code: undefined, body: bodyOf(response, patience) };
      }),
    pauses() {
      const pauses = backOff(options.firstPauseSeconds, options.longestPauseSeconds);
      return { wait: () => pauses.wait(closing.signal) };
    },
    close: () => closing.abort(),
  };
  return client;
}

/** The code in an answer's body that is an `Error`, which a 200 can have too: it is sent before a long request is done. */
function codeOf(status: number, body: Uint8Array): string | undefined {
  if (body.length === 0 || (status >= 200 && status < 300 && !looksLikeError(body))) return undefined;
  try {
    const root = readXml(body);
    const code = root.name === "Error" ? textIfThere(root, "Code") : undefined;
    return code !== undefined && CODE.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

const looksLikeError = (body: Uint8Array): boolean =>
  /<Error[\s>]/.test(Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 1024)).toString("latin1"));

/** The XML of an answer, whose root has the given name. @throws CairnError `blobs-answer` */
export function readAnswer<T>({ body }: Pick<S3Answer, "body">, name: string, read: (root: XmlElement) => T): T {
  try {
    const root = readXml(body);
    if (root.name !== name) throw new SyntaxError(`${root.name} where ${name} was expected`);
    return read(root);
  } catch (error) {
    if (error instanceof CairnError) throw error;
    throw unexpectedAnswer(`${name}: ${error instanceof SyntaxError ? error.message : "not UTF-8"}`);
  }
}
