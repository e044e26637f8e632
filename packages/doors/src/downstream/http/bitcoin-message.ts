/**
 * Bitcoin signed messages as the original checks them (siggy 0.1.0): the header byte is ignored, every public key recoverable from the
 * signature is tried, compressed and not, and one must hash to the address.
 */
import { secp256k1 } from "@noble/curves/secp256k1";
import { ripemd160 } from "@noble/hashes/legacy";
import { sha256 } from "@noble/hashes/sha2";
import { base58check, base64 } from "@scure/base";

const PREFIX = new TextEncoder().encode("\x18Bitcoin Signed Message:\n");
const MAIN_NET = 0;
const SIGNATURE_BYTES = 65;
const checked = base58check(sha256);

/** HASH160 of the key behind a main-net P2PKH address; undefined when the text is no such address. */
function keyHashOf(address: string): Uint8Array | undefined {
  try {
    const payload = checked.decode(address);
    return payload.length === 21 && payload[0] === MAIN_NET ? payload.subarray(1) : undefined;
  } catch {
    return undefined;
  }
}

function signatureBytes(text: string): Uint8Array | undefined {
  try {
    const bytes = base64.decode(text);
    return bytes.length === SIGNATURE_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** A number as Bitcoin's variable-length integer, 1 to 5 bytes. */
function varint(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value);
  const bytes = new Uint8Array(value <= 0xffff ? 3 : 5);
  const view = new DataView(bytes.buffer);
  if (value <= 0xffff) {
    bytes[0] = 0xfd;
    view.setUint16(1, value, true);
  } else {
    bytes[0] = 0xfe;
    view.setUint32(1, value, true);
  }
  return bytes;
}

/** The 32 bytes that are signed: double SHA-256 of prefix, length in UTF-8 bytes, and message. */
export function bitcoinMessageHash(message: string): Uint8Array {
  const text = new TextEncoder().encode(message);
  return sha256(sha256(Buffer.concat([PREFIX, varint(text.length), text])));
}

/**
 * Whether the owner of a main-net P2PKH address (`1...`) signed a message.
 *
 * @param message without lone surrogates, which have no UTF-8
 * @param signature base64 of header ‖ r ‖ s, 65 bytes
 */
export function verifyBitcoinMessage(address: string, message: string, signature: string): boolean {
  const wanted = keyHashOf(address);
  const bytes = signatureBytes(signature);
  if (wanted === undefined || bytes === undefined || !message.isWellFormed()) return false;
  const hash = bitcoinMessageHash(message);
  return [0, 1].some((parity) => {
    const key = recover(bytes.subarray(1), parity, hash);
    if (key === undefined) return false;
    return [true, false].some((compressed) => {
      const found = ripemd160(sha256(key.toRawBytes(compressed)));
      return Buffer.compare(found, wanted) === 0;
    });
  });
}

function recover(signature: Uint8Array, parity: number, hash: Uint8Array) {
  try {
    return secp256k1.Signature.fromCompact(signature).addRecoveryBit(parity).recoverPublicKey(hash);
  } catch {
    return undefined; // r is no abscissa, or r or s is out of range
  }
}
