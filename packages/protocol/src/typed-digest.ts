import type { TypedDataDomain } from "viem";
import { crypto } from "#crypto";
import { CairnError } from "./errors.ts";
import { toHex } from "./hex.ts";
import { type Message, type Quote, type SigningContext, TYPES, type TypeName } from "./typed-data.ts";
import type { Address, DealId, Hex } from "./words.ts";

const utf8 = new TextEncoder();
const WORD = 32;
const MAX_CACHED_DOMAINS = 64;

/*
 * EIP-712 for the flat structs of `TYPES` (every field is static or a string), straight into one buffer: about ten times as fast as a
 * general encoder, byte for byte the same digest.
 */

const typeHashes = new Map<TypeName, Uint8Array>();
const domainSeparators = new Map<string, Uint8Array>();

/** `Type(uint64 a,string b)`, as EIP-712 encodes a type without nested structs. */
export function encodeType(type: TypeName): string {
  return `${type}(${TYPES[type].map((field) => `${field.type} ${field.name}`).join(",")})`;
}

function unfit(type: string, field: string, expected: string): CairnError {
  return new CairnError(`${type}.${field} is not a ${expected}`, {
    code: "bad-message",
    kind: "input",
    details: { type, field, expected },
  });
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** Write the bytes of a `0x` string at `offset`; false when it is not exactly `length` bytes of hex. */
function writeHex(out: Uint8Array, offset: number, hex: unknown, length: number): boolean {
  if (typeof hex !== "string" || hex.length !== 2 + 2 * length || hex[0] !== "0" || hex[1] !== "x") return false;
  for (let i = 0; i < length; i++) {
    const value = (nibble(hex.charCodeAt(2 + 2 * i)) << 4) | nibble(hex.charCodeAt(3 + 2 * i));
    if (value < 0) return false;
    out[offset + i] = value;
  }
  return true;
}

function writeUint(view: DataView, offset: number, value: unknown, bits: number): boolean {
  if (bits <= 32) {
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= 2 ** bits) return false;
    view.setUint32(offset + 28, value as number);
    return true;
  }
  if (typeof value !== "bigint" || value < 0n || value >> BigInt(bits) !== 0n) return false;
  view.setBigUint64(offset + 24, value & 0xffff_ffff_ffff_ffffn);
  for (let word = 1; word * 64 < bits; word++) {
    view.setBigUint64(offset + 24 - 8 * word, (value >> BigInt(64 * word)) & 0xffff_ffff_ffff_ffffn);
  }
  return true;
}

function typeHash(type: TypeName): Uint8Array {
  let hash = typeHashes.get(type);
  if (hash === undefined) {
    hash = crypto.keccak(utf8.encode(encodeType(type)));
    typeHashes.set(type, hash);
  }
  return hash;
}

function structHash(type: TypeName, message: Record<string, unknown>): Uint8Array {
  const fields = TYPES[type];
  const out = new Uint8Array(WORD * (1 + fields.length));
  const view = new DataView(out.buffer);
  out.set(typeHash(type));
  fields.forEach((field, index) => {
    const offset = WORD * (1 + index);
    const value = message[field.name];
    let ok: boolean;
    if (field.type === "bytes32") ok = writeHex(out, offset, value, 32);
    else if (field.type === "address") ok = writeHex(out, offset + 12, value, 20);
    else if (field.type === "string") {
      ok = typeof value === "string";
      if (ok) out.set(crypto.keccak(utf8.encode(value as string)), offset);
    } else ok = writeUint(view, offset, value, Number(field.type.slice("uint".length)));
    if (!ok) throw unfit(type, field.name, field.type);
  });
  return crypto.keccak(out);
}

const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

function domainSeparator(chainId: number, contract: Hex): Uint8Array {
  const key = `${chainId} ${contract}`;
  const cached = domainSeparators.get(key);
  if (cached !== undefined) return cached;
  const out = new Uint8Array(WORD * 5);
  out.set(crypto.keccak(utf8.encode(DOMAIN_TYPE)));
  out.set(crypto.keccak(utf8.encode("Cairn")), WORD);
  out.set(crypto.keccak(utf8.encode("1")), 2 * WORD);
  if (!Number.isSafeInteger(chainId) || chainId < 0) throw unfit("EIP712Domain", "chainId", "uint256");
  new DataView(out.buffer).setBigUint64(3 * WORD + 24, BigInt(chainId));
  if (!writeHex(out, 4 * WORD + 12, contract, 20)) throw unfit("EIP712Domain", "verifyingContract", "address");
  const separator = crypto.keccak(out);
  if (domainSeparators.size >= MAX_CACHED_DOMAINS) domainSeparators.clear();
  domainSeparators.set(key, separator);
  return separator;
}

/**
 * The 32-byte EIP-712 digest of a message under the domain ("Cairn", "1", chainId, contract).
 *
 * @throws CairnError `bad-message` naming the first field that does not fit its type
 */
export function typedDigest(
  type: TypeName,
  message: Record<string, unknown>,
  domain: { chainId: number; contract: Hex },
): Uint8Array {
  const out = new Uint8Array(2 + 2 * WORD);
  out[0] = 0x19;
  out[1] = 0x01;
  out.set(domainSeparator(domain.chainId, domain.contract), 2);
  out.set(structHash(type, message), 2 + WORD);
  return crypto.keccak(out);
}

/** The contract in whose domain a type is signed. */
export function verifyingContract(type: TypeName, context: SigningContext): Address {
  return type === "Registration" || type === "Retirement" ? context.registry : context.deals;
}

export function domainOf(type: TypeName, context: SigningContext): TypedDataDomain {
  return {
    name: "Cairn",
    version: "1",
    chainId: context.chainId,
    verifyingContract: verifyingContract(type, context),
  };
}

/** EIP-712 digest that the signer signs; throws `bad-message` naming a field that does not fit its type. */
export function digestOf<N extends TypeName>(type: N, message: Message<N>, context: SigningContext): Hex {
  const domain = { chainId: context.chainId, contract: verifyingContract(type, context) };
  return toHex(typedDigest(type, message, domain));
}

export function dealIdOf(quote: Quote, context: SigningContext): DealId {
  return digestOf("Quote", quote, context);
}
