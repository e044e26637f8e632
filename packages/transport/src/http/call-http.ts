import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { pipeline } from "node:stream/promises";
import { CairnError } from "@cairn/protocol";

export interface HttpCall {
  url: URL;
  method?: "GET" | "POST" | "PUT";
  headers?: Record<string, string>;
  /** Bytes whole, or as they come; without `length` they go out chunked. */
  body?: Uint8Array | { length?: number; bytes: AsyncIterable<Uint8Array> };
  /** The call fails when nothing moves either way for so long. */
  idleSeconds?: number;
  signal?: AbortSignal;
  /** Name resolution of its own, such as one that refuses private addresses. */
  lookup?: LookupFunction;
  /** Over a connection of its own, which nobody uses after it. */
  fresh?: boolean;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Whoever gets an answer reads it to its end or destroys it. */
  body: IncomingMessage;
}

const agents = {
  "http:": new Agent({ keepAlive: true, maxSockets: 64, timeout: 60_000 }),
  "https:": new SecureAgent({ keepAlive: true, maxSockets: 64, timeout: 60_000 }),
};

function unreachable(url: URL, cause: unknown): CairnError {
  if (cause instanceof CairnError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CairnError(`no answer from ${url.origin}: ${why}`, {
    code: "unreachable",
    kind: "unavailable",
    next: `Check that ${url.origin} runs and can be reached from here.`,
    cause,
  });
}

/**
 * One HTTP call without redirects, over kept-alive connections. fetch is not used: it can neither fix the length of a streamed body nor take a
 * resolver, and its 64 KiB steps cost half the rate of bulk bytes.
 * @throws CairnError `unreachable`; the signal's reason once it is aborted
 */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const { url, body } = call;
  if (url.protocol !== "http:" && url.protocol !== "https:") throw unreachable(url, "not an http or https URL");
  const headers: Record<string, string | number> = { ...call.headers };
  if (body instanceof Uint8Array) headers["content-length"] = body.length;
  else if (body?.length !== undefined) headers["content-length"] = body.length;
  const outgoing = (url.protocol === "https:" ? secureRequest : plainRequest)(url, {
    method: call.method ?? "GET",
    headers,
    agent: call.fresh ? false : agents[url.protocol],
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(call.lookup === undefined ? {} : { lookup: call.lookup }),
  });
  outgoing.setTimeout((call.idleSeconds ?? 30) * 1000, () => {
    outgoing.destroy(new Error(`nothing moved for ${call.idleSeconds ?? 30} s`));
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
    outgoing.once("close", () => reject(new Error("connection closed without an answer")));
  });
  answered.catch(() => undefined);
  try {
    if (body === undefined || body instanceof Uint8Array) outgoing.end(body);
    else {
      const sent = pipeline(body.bytes, outgoing);
      // An early answer (a refusal) wins over a body that is still on its way.
      await Promise.race([sent, answered]);
      sent.catch(() => undefined);
    }
    const incoming = await answered;
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming };
  } catch (cause) {
    outgoing.destroy();
    call.signal?.throwIfAborted();
    throw unreachable(url, cause);
  }
}

/** The whole of a body of at most `maximum` bytes; a longer one is cut off with `too-large`. */
export async function readCapped(body: IncomingMessage, maximum: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maximum) {
        throw new CairnError(`answer is longer than ${maximum} bytes`, { code: "too-large", kind: "corrupt" });
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    throw new CairnError(`connection broke after ${total} bytes`, { code: "unreachable", kind: "unavailable", cause });
  } finally {
    body.destroy();
  }
  return Buffer.concat(chunks);
}
