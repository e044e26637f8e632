import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Transfer } from "@cairn/client";
import { MOST_TEXT, textsOf } from "@cairn/client/listen-socket";
import { certificateRefusal } from "../home/certificate-refusal.ts";

/** An import of node:http reads every export, also the one that loads undici: 50 ms of processor time. */
const { Agent, request } = process.getBuiltinModule("node:http");

const POOL = { keepAlive: true, maxSockets: 16 };
/** Of its own, so that no proxy of the environment stands between a command and the gateway of its home. */
const agent = new Agent(POOL);
/** The same with TLS, for a gateway elsewhere: made when one is asked. */
let secure: { agent: InstanceType<typeof Agent>; request: typeof request } | undefined;

function to(url: string): { agent: InstanceType<typeof Agent>; request: typeof request } {
  if (!url.startsWith("https:")) return { agent, request };
  const https = process.getBuiltinModule("node:https");
  secure ??= { agent: new https.Agent(POOL), request: https.request };
  return secure;
}

/** V8 minds its heap alone: with more dead buffers beside it, it would mark all of it again and again. */
const DEAD_BYTES = 4_194_304;

/** A body whose parts are freed once many were read. */
async function* freed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const part of body) {
    yield part;
    read += part.length;
    if (read < DEAD_BYTES) continue;
    read = 0;
    const { freeCipherOutputs } = await import("@cairn/process/minor-gc");
    freeCipherOutputs();
  }
}

/** Requests over node:http, which starts faster than fetch and moves large bodies with fewer copies. */
export const nodeTransfer = {
  async upload(url, headers, body, signal) {
    const { agent, request } = to(url);
    const outgoing = request(url, {
      method: "PUT",
      agent,
      headers: { ...headers, "content-type": "application/octet-stream" },
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve);
      outgoing.once("error", (error) => reject(certificateRefusal(error, url) ?? error));
    });
    const sent = pipeline(Readable.from(body, { objectMode: true, highWaterMark: 2 }), outgoing);
    // An early refusal arrives while the body is still being sent: then the answer counts, not the broken pipe.
    const outcome = await Promise.race([answered, sent.then(() => answered)]);
    sent.catch(() => outgoing.destroy());
    return { status: outcome.statusCode ?? 0, body: outcome };
  },
  async download(url, { method, headers, body }, signal) {
    const { agent, request } = to(url);
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, { method, agent, headers, ...(signal === undefined ? {} : { signal }) }, resolve);
      outgoing.once("error", (error) => reject(certificateRefusal(error, url) ?? error));
      outgoing.end(body);
    });
    return { status: incoming.statusCode ?? 0, body: freed(incoming), headers: incoming.headers };
  },
  async *listen(url, { token, ...options }) {
    // Node's own would load undici.
    const { WebSocket } = await import("ws");
    yield* textsOf(({ open, text, end }) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const socket = new WebSocket(url, { headers, maxPayload: 4 * MOST_TEXT });
      socket.on("open", open);
      socket.on("message", (data) => text(String(data)));
      socket.on("error", end);
      socket.on("close", () => end());
      return () => socket.terminate();
    }, options);
  },
} satisfies Transfer;
