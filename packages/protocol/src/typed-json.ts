import { CairnError } from "./errors.ts";
import { type Message, type Signed, TYPES, type TypeName } from "./typed-data.ts";
import type { Hex } from "./words.ts";

/** A message as it stands in JSON: integers wider than 32 bits are decimal strings. */
export type JsonMessage<N extends TypeName> = {
  [F in keyof Message<N>]: Message<N>[F] extends bigint ? string : Message<N>[F];
};

export interface JsonSigned<N extends TypeName> {
  message: JsonMessage<N>;
  signature: Hex;
}

export function messageToJson<N extends TypeName>(message: Message<N>): JsonMessage<N> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [name, typeof value === "bigint" ? value.toString() : value]),
  ) as JsonMessage<N>;
}

export function signedToJson<N extends TypeName>(signed: Signed<N>): JsonSigned<N> {
  return { message: messageToJson(signed.message), signature: signed.signature };
}

const HEX_BYTES = { address: 20, bytes32: 32 } as const;
const MAX_STRING = 1024;
/** Stored texts end up in databases, which take no NUL, and on terminals. */
const CONTROL = /\p{Cc}/u;

function fieldFromJson(type: string, value: unknown): unknown {
  if (type === "string")
    return typeof value === "string" && value.length <= MAX_STRING && !CONTROL.test(value) ? value : undefined;
  if (type === "address" || type === "bytes32") {
    const digits = HEX_BYTES[type] * 2;
    const wellFormed = typeof value === "string" && value.length === digits + 2 && /^0x[0-9a-fA-F]+$/.test(value);
    return wellFormed ? value.toLowerCase() : undefined;
  }
  const bits = Number(type.slice("uint".length));
  if (bits <= 32) {
    return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** bits ? value : undefined;
  }
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,77})$/.test(value)) return undefined;
  const wide = BigInt(value);
  return wide < 1n << BigInt(bits) ? wide : undefined;
}

/** Parse an untrusted JSON message of one type; throws `bad-message` naming the field. Hex is lower-cased, other fields are dropped. */
export function messageFromJson<N extends TypeName>(type: N, json: unknown): Message<N> {
  const record = typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  const entries = TYPES[type].map((field) => {
    const value = fieldFromJson(field.type, record[field.name]);
    if (value === undefined) {
      throw new CairnError(`${type}.${field.name} is not a ${field.type}`, {
        code: "bad-message",
        kind: "input",
        details: { type, field: field.name, expected: field.type },
        next: "Send integers wider than 32 bits as decimal strings, bytes as 0x hex.",
      });
    }
    return [field.name, value];
  });
  return Object.fromEntries(entries) as Message<N>;
}

/** Parse an untrusted `{message, signature}`; the signature must be 65 bytes of hex. */
export function signedFromJson<N extends TypeName>(type: N, json: unknown): Signed<N> {
  const { message, signature } = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  if (typeof signature !== "string" || !/^0x[0-9a-fA-F]{130}$/.test(signature)) {
    throw new CairnError(`${type} signature is not 65 bytes of 0x hex`, { code: "bad-message", kind: "input" });
  }
  return { message: messageFromJson(type, message), signature: signature.toLowerCase() as Hex };
}
