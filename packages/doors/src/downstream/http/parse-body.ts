import { isUtf8 } from "node:buffer";
import { gunzip } from "node:zlib";

/** Below this, no body can grow into much when parsed. */
const ALWAYS_PARSED = 256 * 1024;
/** A list of honest proofs has one of these characters for every 15 bytes or more; a body of many more is made to fill memory. */
const STRUCTURE = ["{", "[", ":"].map((character) => character.charCodeAt(0));
const BYTES_FOR_EACH = 8;

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
  if (body.length > ALWAYS_PARSED && tooDense(body)) return NOT_JSON;
  if (!isUtf8(body)) return NOT_JSON;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}

function tooDense(body: Buffer): boolean {
  let left = Math.floor(body.length / BYTES_FOR_EACH);
  for (const character of STRUCTURE) {
    for (let at = body.indexOf(character); at !== -1; at = body.indexOf(character, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}
