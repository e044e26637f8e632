import type { HandedChunk, HandOut } from "../verification-node.ts";
import { type Call, dropWhenStalled, sendJson, tokenOf } from "./call.ts";

const NO_CHUNKS = '{"chunks":[],"status":"no chunks available"}';

/**
 * `GET /chunk/<token>[/<size>]`: new contracts. One object serves clients of both generations: those that read `chunks`, and those that take
 * one contract from the top level, where the first of them stands (or the status that there is none). A farmer known for reading one gets no
 * others, which it would never answer.
 *
 * @param size decimal digits, any number of them
 */
export async function newChunks(call: Call, text: string, size: string | undefined): Promise<unknown> {
  const { door, ip, reply } = call;
  const token = tokenOf(text);
  const bytes = size === undefined ? call.dialect.defaultChunkBytes : Math.min(Number(size), Number.MAX_SAFE_INTEGER);
  const fetches = call.query.get("fetch") === "1";
  const handOut = await door.node.handOut(token, ip, bytes, fetches);
  const { raw } = reply;
  if (raw.destroyed || raw.socket?.destroyed !== false) {
    await handOut.withdraw();
    return reply;
  }
  settleWithResponse(call, handOut);
  dropWhenStalled(call);
  return sendJson(call, chunksJson(call, handOut.chunks));
}

/** The contracts stand once the response has left whole; when the connection breaks before that, they never were. */
function settleWithResponse({ door, reply: { raw } }: Call, handOut: HandOut): void {
  let settled = false;
  const settle = (how: "confirm" | "withdraw") => {
    if (settled) return;
    settled = true;
    handOut[how]().catch((error: unknown) => door.warn(error, `cannot ${how} contracts handed out`));
  };
  raw.once("finish", () => settle("confirm"));
  raw.once("close", () => settle("withdraw"));
}

function chunksJson(call: Call, chunks: HandedChunk[]): string {
  const [first, ...others] = chunks.map((chunk) => chunkMembers(call, chunk));
  if (first === undefined) return NO_CHUNKS;
  return `{${first},"chunks":[${[first, ...others].map((members) => `{${members}}`).join(",")}]}`;
}

function chunkMembers({ dialect, prefix }: Call, chunk: HandedChunk): string {
  const { wanted, held } = chunk.redundancy;
  const url = chunk.source === undefined ? "" : `"url":"${prefix}/shard/${chunk.hash}",`;
  return (
    `"seed":${JSON.stringify(chunk.seed)},"size":${chunk.size},"file_hash":"${chunk.hash}",` +
    `"challenge":${JSON.stringify(chunk.challenge)},"tag":${JSON.stringify(chunk.tag)},` +
    `"due":${dialect.seconds(chunk.due)},${url}"redundancy":{"wanted":${wanted},"held":${held}}`
  );
}
