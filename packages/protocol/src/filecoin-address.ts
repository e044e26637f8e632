import { blake2b } from "@noble/hashes/blake2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { CairnError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import type { Address } from "./words.ts";

/** RFC 4648, 6, in lower case. */
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** Protocol 4 (FIP-0048), then the namespace of the EVM, 10, as LEB128. */
const EVM = Uint8Array.of(4, 10);
const CHECKSUM_BYTES = 4;
/** A masked ID address: 0xff, eleven zeros, and the id (FIP-0055). */
const MASKED = /^0xff0{22}[0-9a-f]{16}$/;

/** How wallets and exchanges of Filecoin write a 0x address: `f410f…`, `t410f…` on test networks; `f0…` where it masks an actor's id. */
export function address0xToF410(address: Address, network: "f" | "t" = "f"): string {
  const lower = address.toLowerCase() as Address;
  if (!/^0x[0-9a-f]{40}$/.test(lower)) throw badAddress(address);
  if (MASKED.test(lower)) return `${network}0${BigInt(`0x${lower.slice(-16)}`)}`;
  const payload = fromHex(lower);
  return `${network}410f${base32(Uint8Array.of(...payload, ...checksum(payload)))}`;
}

/** The 0x address, in lower case, of itself or of a Filecoin text that stands for one. @throws CairnError `bad-address`, also where capitals are mixed in and are not EIP-55's */
export function addressOfText(text: string): Address {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) {
    const lower = text.toLowerCase() as Address;
    if (/[a-f]/.test(text) && /[A-F]/.test(text) && text !== checksummed(lower)) throw mistyped(text);
    return lower;
  }
  const id = /^[ft]0(\d{1,20})$/.exec(text)?.[1];
  if (id !== undefined && BigInt(id) < 2n ** 64n)
    return `0xff${"0".repeat(22)}${BigInt(id).toString(16).padStart(16, "0")}`;
  const digits = /^[ft]410f([a-z2-7]{39})$/.exec(text)?.[1];
  const payload = digits === undefined ? undefined : base32Bytes(digits).subarray(0, 20);
  // Written again, it is the same: checksum and spare bits are right.
  if (payload !== undefined && text.endsWith(base32(Uint8Array.of(...payload, ...checksum(payload)))))
    return toHex(payload);
  throw badAddress(text);
}

/** EIP-55: which letters are upper case says whether the digits are right. */
function checksummed(address: Address): string {
  const digits = address.slice(2);
  const hash = toHex(keccak_256(new TextEncoder().encode(digits))).slice(2);
  const cased = Array.from(digits, (digit, at) =>
    Number.parseInt(hash.charAt(at), 16) > 7 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join("")}`;
}

const checksum = (payload: Uint8Array) => blake2b(Uint8Array.of(...EVM, ...payload), { dkLen: CHECKSUM_BYTES });

function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function base32Bytes(text: string): Uint8Array {
  const bits = Array.from(text, (digit) => BASE32.indexOf(digit).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}

function mistyped(text: string): CairnError {
  return new CairnError(`the capitals of ${text} are not those of its digits: something in it is mistyped`, {
    code: "bad-address",
    kind: "input",
    next: "Copy it from where it comes from. All in small letters it is taken as it stands.",
  });
}

function badAddress(text: string): CairnError {
  return new CairnError(`${JSON.stringify(text.slice(0, 100))} is no address that a contract's chain can pay`, {
    code: "bad-address",
    kind: "input",
    next: "Give 0x and 40 hex digits, or a Filecoin address that begins with f410f (t410f on a test network) or f0.",
  });
}
