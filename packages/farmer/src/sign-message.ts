import { CairnError } from "@cairn/protocol";
import { secp256k1 } from "@noble/curves/secp256k1";
import { ripemd160 } from "@noble/hashes/legacy";
import { sha256 } from "@noble/hashes/sha2";
import { createBase58check } from "@scure/base";

const MAGIC = "Bitcoin Signed Message:\n";
/** Version bytes of main-net P2PKH addresses and private keys. */
const ADDRESS_VERSION = 0;
const WIF_VERSION = 0x80;
const base58check = createBase58check(sha256);

export interface BitcoinKey {
  address: string;
  /** A Bitcoin signed message: 65 bytes as base64, 88 characters. */
  sign(message: string): string;
}

/**
 * A private key as 64 hex characters or in wallet import format.
 * @throws CairnError `bad-key`; its message never repeats the text
 */
export function bitcoinKey(text: string): BitcoinKey {
  const { key, compressed } = parseKey(text.trim());
  if (!secp256k1.utils.isValidPrivateKey(key)) throw badKey();
  const hash = ripemd160(sha256(secp256k1.getPublicKey(key, compressed)));
  return {
    address: base58check.encode(Uint8Array.of(ADDRESS_VERSION, ...hash)),
    sign(message) {
      const signature = secp256k1.sign(messageDigest(message), key, { prehash: false, lowS: true });
      const header = 27 + signature.recovery + (compressed ? 4 : 0);
      return Buffer.from([header, ...signature.toCompactRawBytes()]).toString("base64");
    },
  };
}

function parseKey(text: string): { key: Uint8Array; compressed: boolean } {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return { key: new Uint8Array(Buffer.from(text, "hex")), compressed: true };
  let bytes: Uint8Array;
  try {
    bytes = base58check.decode(text);
  } catch {
    throw badKey();
  }
  const compressed = bytes.length === 34 && bytes[33] === 1;
  if (bytes[0] !== WIF_VERSION || !(compressed || bytes.length === 33)) throw badKey();
  return { key: bytes.subarray(1, 33), compressed };
}

function badKey(): CairnError {
  return new CairnError("the key file holds no Bitcoin private key", {
    code: "bad-key",
    kind: "input",
    next: "Its first line must be a private key in wallet import format (5…, K…, L…) or 64 hex characters.",
  });
}

/** SHA-256 twice over the magic text and the message, each behind its length as Bitcoin's variable integer. */
function messageDigest(message: string): Uint8Array {
  const magic = Buffer.from(MAGIC, "utf8");
  const text = Buffer.from(message, "utf8");
  return sha256(sha256(Buffer.concat([variableInteger(magic.length), magic, variableInteger(text.length), text])));
}

function variableInteger(value: number): Buffer {
  if (value < 0xfd) return Buffer.from([value]);
  const bytes = Buffer.alloc(value <= 0xffff ? 3 : 5);
  bytes[0] = value <= 0xffff ? 0xfd : 0xfe;
  if (value <= 0xffff) bytes.writeUInt16LE(value, 1);
  else bytes.writeUInt32LE(value, 1);
  return bytes;
}
