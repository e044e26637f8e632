import { concatBytes } from "@cairn/archive/bytes";
import { crypto } from "@cairn/archive/crypto";
import type { Owner } from "./ports.ts";

const CONTEXT = "cairn/put/1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const utf8 = new TextEncoder();

/** Encrypts the lines of a put's record under a key of the account, each bound to its record and its place: none can stand in another's. */
export class JournalLines {
  readonly #key: Uint8Array;
  readonly #record: string;

  /** @param record the hash of the package's name, without its prefix */
  constructor({ lookupKey }: Pick<Owner, "lookupKey">, record: string) {
    this.#key = crypto.hkdfSha256(lookupKey, CONTEXT, 32);
    this.#record = record;
  }

  /** nonce ‖ ciphertext ‖ tag of the value as JSON. */
  encrypt(value: unknown, line: number): Uint8Array {
    const nonce = crypto.randomBytes(NONCE_BYTES);
    const text = utf8.encode(JSON.stringify(value));
    return concatBytes([nonce, crypto.encryptGcm({ key: this.#key, nonce, aad: this.#aad(line) }, text)]);
  }

  /** Undefined for what this account did not write at this place. */
  open(bytes: Uint8Array, line: number): unknown {
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const gcm = { key: this.#key, nonce: bytes.subarray(0, NONCE_BYTES), aad: this.#aad(line) };
    try {
      return JSON.parse(new TextDecoder().decode(crypto.decryptGcm(gcm, bytes.subarray(NONCE_BYTES))));
    } catch {
      return undefined;
    }
  }

  #aad(line: number): Uint8Array {
    return utf8.encode(`${CONTEXT}\0${this.#record}\0${line}`);
  }
}
