import type { Readable } from "node:stream";
import { type Call, dropWhenStalled, hashOf } from "./call.ts";
import { Refusal, TEXTS } from "./refusal.ts";
import { bearerToken } from "./registration.ts";

/** Bytes `[start, end)` of a whole. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The port to the bytes of shards that are handed out as chunks. */
export interface ShardSource {
  /** @param source what the node knows a shard by */
  open(source: string, range: ByteRange): Promise<Readable>;
}

/**
 * The range that a Range header asks for.
 *
 * @returns undefined for the whole (no header, several ranges, or a form that is not understood), null for one outside of `size` bytes
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined | null {
  const [whole, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (whole === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? null : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? null : { start, end };
}

/** `GET /shard/<file_hash>`, for a token with a contract on it. */
export async function shardBytes(call: Call, hashText: string): Promise<unknown> {
  const { door, reply, request } = call;
  const token = bearerToken(call);
  const shard = await door.node.shard(token, hashOf(hashText));
  if (shard === undefined || door.shards === undefined) throw new Refusal(404, TEXTS.noShard);
  const { source, size } = shard;
  const range = rangeOf(request.headers.range, size);
  if (range === null) throw new Refusal(416, TEXTS.badRange, { "content-range": `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size };
  const bytes = await door.shards.open(source, { start, end });
  dropWhenStalled(call);
  if (range !== undefined) reply.status(206).header("content-range", `bytes ${start}-${end - 1}/${size}`);
  return reply
    .headers({ "accept-ranges": "bytes", "content-length": end - start, "cache-control": "no-store" })
    .type("application/octet-stream")
    .send(bytes);
}
