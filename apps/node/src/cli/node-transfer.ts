import { Agent, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Transfer } from "@cairn/client";

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Bulk transfers over node:http, which moves large bodies with fewer copies than fetch. */
export const nodeTransfer: Transfer = {
  async upload(url, headers, body, signal) {
    const outgoing = request(url, {
      method: "PUT",
      agent,
      headers: { ...headers, "content-type": "application/octet-stream" },
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve);
      outgoing.once("error", reject);
    });
    const sent = pipeline(Readable.from(body, { objectMode: true, highWaterMark: 2 }), outgoing);
    // An early refusal arrives while the body is still being sent: then the answer counts, not the broken pipe.
    const outcome = await Promise.race([answered, sent.then(() => answered)]);
    sent.catch(() => outgoing.destroy());
    return { status: outcome.statusCode ?? 0, text: await textOf(outcome) };
  },
  async download(url, { method, headers, body }, signal) {
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, { method, agent, headers, ...(signal === undefined ? {} : { signal }) }, resolve);
      outgoing.once("error", reject);
      outgoing.end(body);
    });
    return { status: incoming.statusCode ?? 0, body: incoming };
  },
};

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
