import { CairnError } from "../errors.ts";
import type { Signed, TypeName } from "../typed-data.ts";
import { signedFromJson } from "../typed-json.ts";
import type { Address, Hex } from "../words.ts";
import { fromBase64 } from "./base64.ts";

/** A URL path on the gateway, so that a request can never send a provider to another host. */
const PATH = /^(\/[A-Za-z0-9_-]{1,128}){1,8}$/;

/** Padded, as RFC 4648, section 4, has it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Reader of an untrusted JSON object: every getter throws `bad-message` naming the field, nothing is coerced. */
export interface Fields {
  text(name: string, pattern: RegExp, maximum: number): string;
  integer(name: string, minimum: number, maximum: number): number;
  hex32(name: string): Hex;
  address(name: string): Address;
  signature(name: string): Hex;
  path(name: string): string;
  bytes(name: string, maximum: number): Uint8Array;
  object(name: string): Fields;
  list(name: string, maximum: number): Fields[];
  flag(name: string): boolean;
  signed<N extends TypeName>(name: string, type: N): Signed<N>;
  raw(name: string): unknown;
  readonly all: Record<string, unknown>;
}

export function badMessage(where: string, expected: string): CairnError {
  return new CairnError(`${where} is not ${expected}`, {
    code: "bad-message",
    kind: "input",
    details: { field: where, expected },
    next: "Send the message as docs/protocol.md, section 4, gives it.",
  });
}

/** `where` names the object in errors. @throws CairnError `bad-message` when `json` is not an object. */
export function fieldsOf(where: string, json: unknown): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw badMessage(where, "an object");
  const record = json as Record<string, unknown>;
  const raw = (name: string) => (Object.hasOwn(record, name) ? record[name] : undefined);
  const text = (name: string, pattern: RegExp, maximum: number) => {
    const value = raw(name);
    if (typeof value !== "string" || value.length > maximum || !pattern.test(value)) {
      throw badMessage(`${where}.${name}`, `text of at most ${maximum} characters like ${pattern.source}`);
    }
    return value;
  };
  const hex = (name: string, bytes: number) =>
    text(name, new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`), 2 + bytes * 2).toLowerCase() as Hex;
  return {
    all: record,
    raw,
    text,
    integer(name, minimum, maximum) {
      const value = raw(name);
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum)
        return value;
      throw badMessage(`${where}.${name}`, `an integer from ${minimum} to ${maximum}`);
    },
    hex32: (name) => hex(name, 32),
    address: (name) => hex(name, 20),
    signature: (name) => hex(name, 65),
    path: (name) => text(name, PATH, 512),
    bytes: (name, maximum) => {
      const bytes = fromBase64(text(name, BASE64, Math.ceil(maximum / 3) * 4));
      if (bytes.length <= maximum) return bytes;
      throw badMessage(`${where}.${name}`, `at most ${maximum} bytes`);
    },
    object: (name) => fieldsOf(`${where}.${name}`, raw(name)),
    list(name, maximum) {
      const value = raw(name);
      if (!Array.isArray(value) || value.length > maximum) {
        throw badMessage(`${where}.${name}`, `a list of at most ${maximum}`);
      }
      return value.map((item, index) => fieldsOf(`${where}.${name}[${index}]`, item));
    },
    flag(name) {
      const value = raw(name);
      if (typeof value === "boolean") return value;
      throw badMessage(`${where}.${name}`, "true or false");
    },
    signed: (name, type) => signedFromJson(type, raw(name)),
  };
}
