import { isUtf8 } from "node:buffer";
import { createGunzip } from "node:zlib";
import { isDenseJson } from "@cairn/protocol/dense-json";

export const NOT_JSON = Symbol("not JSON");
export const TOO_LARGE = Symbol("too large");

/** Whether a body is compressed, which its first two bytes say, and no header. */
export const isCompressed = (body: Buffer): boolean => body[0] === 0x1f && body[1] === 0x8b;

/**
 * A JSON body, whatever its headers say: the original farmer declares gzip and sends plain text. Compressed ones are inflated to at most
 * `maxBytes`.
 *
 * @param hold asked before inflated bytes are kept, as they come; its error is thrown, and inflating ends
 */
export async function parseBody(
  body: Buffer,
  maxBytes: number,
  hold: (bytes: number) => Error | undefined = () => undefined,
): Promise<unknown | typeof NOT_JSON | typeof TOO_LARGE> {
  if (!isCompressed(body)) return parseJson(body);
  const inflated = await inflate(body, maxBytes, hold);
  return typeof inflated === "symbol" ? inflated : parseJson(inflated);
}

async function inflate(
  body: Buffer,
  maxBytes: number,
  hold: (bytes: number) => Error | undefined,
): Promise<Buffer | typeof NOT_JSON | typeof TOO_LARGE> {
  const parts: Buffer[] = [];
  let bytes = 0;
  let full: Error | undefined;
  const gunzip = createGunzip();
  gunzip.end(body);
  try {
    for await (const part of gunzip as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes) return TOO_LARGE;
      full = hold(part.length);
      if (full !== undefined) break;
      parts.push(part);
    }
  } catch {
    return NOT_JSON;
  }
  if (full !== undefined) throw full;
  return Buffer.concat(parts);
}

function parseJson(body: Buffer): unknown {
  if (isDenseJson(body)) return NOT_JSON;
  if (!isUtf8(body)) return NOT_JSON;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}
