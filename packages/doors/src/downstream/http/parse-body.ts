import { isUtf8 } from "node:buffer";
import { gunzip } from "node:zlib";
import { isDenseJson } from "@cairn/protocol/dense-json";

export const NOT_JSON = Symbol("not JSON");
export const TOO_LARGE = Symbol("too large");

/**
 * A JSON body, whatever its headers say: the original farmer declares gzip and sends plain text. Compressed bodies are known by their first
 * two bytes and inflated to at most `maxBytes`.
 */
export async function parseBody(body: Buffer, maxBytes: number): Promise<unknown | typeof NOT_JSON | typeof TOO_LARGE> {
  if (body[0] === 0x1f && body[1] === 0x8b) {
    const inflated = await inflate(body, maxBytes);
    return typeof inflated === "symbol" ? inflated : parseJson(inflated);
  }
  return parseJson(body);
}

function inflate(body: Buffer, maxBytes: number): Promise<Buffer | typeof NOT_JSON | typeof TOO_LARGE> {
  return new Promise((resolve) => {
    gunzip(body, { maxOutputLength: maxBytes }, (error, result) => {
      if (error === null) resolve(result);
      else resolve((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? TOO_LARGE : NOT_JSON);
    });
  });
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
