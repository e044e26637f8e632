import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/**
 * Answer with bytes as they come; the next are asked for only when the connection has taken the last, so that their source may use its buffers again.
 * What fails before the first byte is answered as an error, what fails later breaks the connection.
 */
export async function sendBytes(reply: FastifyReply, source: AsyncIterable<Uint8Array>): Promise<FastifyReply> {
  const parts = source[Symbol.asyncIterator]();
  let part = await parts.next();
  const { raw } = reply.hijack();
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
    for (; !part.done; part = await parts.next()) await write(raw, part.value);
    raw.end();
  } catch {
    raw.destroy();
  } finally {
    await parts.return?.();
  }
  return reply;
}

/** A connection that takes fewer bytes than this in half a minute counts as stalled. */
const STEP_BYTES = 128 * 1024;

async function write(raw: ServerResponse, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += STEP_BYTES) await writeStep(raw, bytes.subarray(at, at + STEP_BYTES));
}

function writeStep(raw: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (raw.destroyed) reject(new Error("the connection is closed"));
    else raw.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
