import { sha256 } from "@noble/hashes/sha2";
import { createBase58check } from "@scure/base";

const base58check = createBase58check(sha256);

/** Version byte of a main-net P2PKH address, whose text begins with 1. */
const P2PKH = 0;
/** Version byte, and the hash160 of a public key. */
const PAYLOAD_BYTES = 21;
const LONGEST_ADDRESS = 34;

/** Whether a text is an address that SJCX can be held at: base58check of version 0 and 20 bytes (Bitcoin main-net P2PKH). */
export function isSjcxAddress(text: string): boolean {
  if (text.length > LONGEST_ADDRESS) return false;
  try {
    const payload = base58check.decode(text);
    return payload.length === PAYLOAD_BYTES && payload[0] === P2PKH;
  } catch {
    return false;
  }
}
