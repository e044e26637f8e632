export const NODE_BYTES = 32;
const NODE_CHARACTERS = 44;
const PADDING = 61;
const FOREIGN = /[^A-Za-z0-9+/=]/;

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** The bytes of padded base64 text, at most `most` of them; undefined for anything else. */
export function fromBase64(value: unknown, most: number): Buffer | undefined {
  if (typeof value !== "string" || value.length % 4 !== 0 || value.length > Math.ceil(most / 3) * 4) return undefined;
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  const length = (value.length / 4) * 3 - padding;
  if (length > most || FOREIGN.test(value)) return undefined;
  const bytes = Buffer.from(value, "base64");
  return bytes.length === length ? bytes : undefined;
}

/** Decode the base64 text of 32 bytes to `at` of `target`; false, with `target` spoilt there, when `value` is anything else. */
export function writeNode(value: unknown, target: Buffer, at: number): value is string {
  return (
    typeof value === "string" &&
    value.length === NODE_CHARACTERS &&
    value.charCodeAt(NODE_CHARACTERS - 1) === PADDING &&
    target.write(value, at, NODE_BYTES, "base64") === NODE_BYTES
  );
}

/** The 32 bytes that `value` is the base64 text of. */
export function readNode(value: unknown): Buffer | undefined {
  const node = Buffer.alloc(NODE_BYTES);
  return writeNode(value, node, 0) ? node : undefined;
}

/** Whether `value` is an object whose keys may be looked at: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
