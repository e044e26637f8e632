import { sha256 } from "@noble/hashes/sha2";
import { createBase58check } from "@scure/base";

const base58check = createBase58check(sha256);

/** Version byte, and the hash160 of a public key. */
const PAYLOAD_BYTES = 21;
const LONGEST_ADDRESS = 35;

/**
 * Whether a text is an address that SJCX can be held at: base58check of a version byte and 20 bytes, of whatever kind (a public key's hash, a
 * script's). Only the owner of a public key's hash can sign for it.
 */
export function isSjcxAddress(text: string): boolean {
  if (text.length > LONGEST_ADDRESS) return false;
  try {
    return base58check.decode(text).length === PAYLOAD_BYTES;
  } catch {
    return false;
  }
}
