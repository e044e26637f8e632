import { unsafe } from "@noble/ciphers/aes";
import { cfbByKernel } from "./cipher-kernel.ts";
import type { StreamCipher } from "./crypto.ts";
import { subtleOf } from "./subtle.ts";

const BLOCK = 16;
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Asking the platform takes some 0.1 ms, in which a kernel encrypts as much as this. */
const LONG = 32_768;
const ZEROS = new Uint8Array(BLOCK);

/**
 * AES in full-block cipher feedback (NIST SP 800-38A, 6.3), fed any number of bytes at a time: by a kernel, or in JavaScript where a page's policy
 * allows none; encrypting long parts also by the platform's AES-CBC.
 */
export class CfbCipher implements StreamCipher {
  private readonly key: Uint32Array;
  private readonly rawKey: Uint8Array;
  private cbc: Promise<object> | undefined;
  /** The ciphertext block before, as far as it is there. */
  private readonly block = new Uint8Array(BLOCK);
  private readonly words = new Uint32Array(this.block.buffer);
  private readonly stream = new Uint8Array(BLOCK);
  private readonly streamWords = new Uint32Array(this.stream.buffer);
  /** Bytes of the current block that are done; BLOCK when the next byte needs a new one. */
  private done = BLOCK;
  private readonly decrypts: boolean;

  constructor(key: Uint8Array, iv: Uint8Array, decrypts: boolean) {
    if (iv.length !== BLOCK) throw new RangeError("the IV of AES-CFB has 16 bytes");
    // Words are those of the platform, and the tables those of little-endian ones: all that browsers run on.
    if (!isLittleEndian) throw new Error("AES in JavaScript needs a little-endian platform");
    this.key = unsafe.expandKeyLE(key);
    this.rawKey = key;
    this.block.set(iv);
    this.decrypts = decrypts;
  }

  update(bytes: Uint8Array): Uint8Array {
    const lead = Math.min(BLOCK - this.done, bytes.length);
    const blocks = Math.floor((bytes.length - lead) / BLOCK);
    // The whole blocks of the result lie on a border of words.
    const shift = -lead & 3;
    const out = new Uint8Array(new ArrayBuffer(shift + bytes.length), shift);
    this.single(bytes, out, 0, lead);
    if (blocks > 0) this.whole(bytes.subarray(lead, lead + blocks * BLOCK), out, lead);
    this.single(bytes, out, lead + blocks * BLOCK, bytes.length);
    return out;
  }

  /**
   * CFB is CBC of other blocks: with X_i = E(C_{i-1}), C_i = P_i ^ X_i, and so X_{i+1} = E(P_i ^ X_i), which is what CBC makes of the blocks P_i.
   * Behind C_{s-1} as its first block and an IV of zeros, it gives X_s, X_{s+1}, …
   */
  async updateSoon(bytes: Uint8Array): Promise<Uint8Array> {
    const subtle = subtleOf();
    if (this.decrypts || subtle === undefined || bytes.length < LONG) return this.update(bytes);
    const lead = (BLOCK - this.done) % BLOCK;
    const whole = (bytes.length - lead) & -BLOCK;
    // The block before, what is encrypted, and room for what is behind it; the lead is put before it once the block there is of no use.
    const fed = new Uint8Array(new ArrayBuffer(BLOCK + whole + BLOCK));
    const out = fed.subarray(BLOCK - lead, BLOCK - lead + bytes.length);
    const before = new Uint8Array(lead);
    this.single(bytes, before, 0, lead);
    fed.set(this.block);
    fed.set(bytes.subarray(lead, lead + whole), BLOCK);
    this.cbc ??= subtle.importKey("raw", this.rawKey, "AES-CBC", false, ["encrypt"]);
    const algorithm = { name: "AES-CBC", iv: ZEROS };
    const stream = new Uint32Array(await subtle.encrypt(algorithm, await this.cbc, fed.subarray(0, whole)));
    const plain = new Uint32Array(fed.buffer, BLOCK, whole / 4);
    for (let word = 0; word < plain.length; word++) plain[word] = (plain[word] as number) ^ (stream[word] as number);
    out.set(before);
    this.block.set(fed.subarray(whole, whole + BLOCK));
    this.done = BLOCK;
    this.single(bytes, out, lead + whole, bytes.length);
    return out;
  }

  private single(bytes: Uint8Array, out: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (this.done === BLOCK) this.next();
      const byte = bytes[at] ?? 0;
      const other = byte ^ (this.stream[this.done] ?? 0);
      out[at] = other;
      this.block[this.done++] = this.decrypts ? byte : other;
    }
  }

  private next(): void {
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = this.words;
    const { s0, s1, s2, s3 } = unsafe.encrypt(this.key, w0, w1, w2, w3);
    this.streamWords[0] = s0;
    this.streamWords[1] = s1;
    this.streamWords[2] = s2;
    this.streamWords[3] = s3;
    this.done = 0;
  }

  private whole(bytes: Uint8Array, out: Uint8Array, at: number): void {
    if (cfbByKernel(this.key, this.block, bytes, out.subarray(at, at + bytes.length), this.decrypts)) return;
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    const source = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
    const target = new Uint32Array(out.buffer, out.byteOffset + at, source.length);
    const fed = this.decrypts ? source : target;
    const { key } = this;
    let [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = this.words;
    for (let word = 0; word < source.length; word += 4) {
      const { s0, s1, s2, s3 } = unsafe.encrypt(key, w0, w1, w2, w3);
      target[word] = (source[word] as number) ^ s0;
      target[word + 1] = (source[word + 1] as number) ^ s1;
      target[word + 2] = (source[word + 2] as number) ^ s2;
      target[word + 3] = (source[word + 3] as number) ^ s3;
      w0 = fed[word] as number;
      w1 = fed[word + 1] as number;
      w2 = fed[word + 2] as number;
      w3 = fed[word + 3] as number;
    }
    this.words[0] = w0;
    this.words[1] = w1;
    this.words[2] = w2;
    this.words[3] = w3;
  }
}
