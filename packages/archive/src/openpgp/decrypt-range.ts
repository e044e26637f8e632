import { crypto } from "#crypto";
import { concatBytes } from "../bytes.ts";
import type { StreamCipher } from "../crypto/crypto.ts";
import { LITERAL, LITERAL_FIELDS, messageLengths, PREFIX_BYTES, SEIPD } from "./compose-message.ts";
import { LENGTH_LIMITS, type LengthHeader, type LengthLimits, lengthHeaders } from "./packet-lengths.ts";
import type { SessionKey } from "./session-key.ts";

const CFB_BLOCK = 16;

/** Offset in the packet of the body byte `at`. */
function withHeaders(headers: LengthHeader[], at: number): number {
  let offset = at;
  for (const header of headers) {
    if (header.at > at) break;
    offset += header.bytes.length;
  }
  return offset;
}

/** Takes length headers out of a packet that is read from the body byte `offset` on. */
class HeaderSkipper {
  private offset: number;
  private skip = 0;
  private readonly headers: LengthHeader[];

  constructor(headers: LengthHeader[], offset: number) {
    this.headers = headers.filter((header) => header.at > offset);
    this.offset = offset;
  }

  push(bytes: Uint8Array, emit: (body: Uint8Array) => void): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.skip > 0) {
        const skipped = Math.min(this.skip, rest.length);
        this.skip -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const next = this.headers[0];
      const part = rest.subarray(0, next ? Math.min(next.at - this.offset, rest.length) : rest.length);
      emit(part);
      this.offset += part.length;
      rest = rest.subarray(part.length);
      if (next && this.offset === next.at) {
        this.skip = next.bytes.length;
        this.headers.shift();
      }
    }
  }
}

/** Which bytes of a message of ours hold plaintext [start, end), and how to decrypt them. */
export interface RangePlan {
  /** First byte of the message that is needed. */
  from: number;
  /** Byte after the last one needed. */
  to: number;
  decryptor(session: SessionKey, emit: (plaintext: Uint8Array) => void): { push(bytes: Uint8Array): void };
}

/**
 * Plans a read of plaintext [start, end), start < end ≤ size, of a message composed by `MessageComposer`.
 * CFB decrypts from any ciphertext block given the one before; the bytes must be authenticated otherwise (block CIDs).
 */
export function planRange(
  size: number,
  envelope: number,
  start: number,
  end: number,
  limits: LengthLimits = LENGTH_LIMITS,
): RangePlan {
  const { literalBody, seipdBody } = messageLengths(size, envelope, limits);
  const outer = lengthHeaders(SEIPD, seipdBody, limits);
  const inner = lengthHeaders(LITERAL, literalBody, limits);
  const firstBody = LITERAL_FIELDS.length + start;
  const streamStart = PREFIX_BYTES + withHeaders(inner, firstBody);
  const streamEnd = PREFIX_BYTES + withHeaders(inner, LITERAL_FIELDS.length + end - 1) + 1;
  const firstBlock = streamStart - (streamStart % CFB_BLOCK);
  const from = Math.max(0, firstBlock - CFB_BLOCK);
  return {
    from: envelope + withHeaders(outer, 1 + from),
    to: envelope + withHeaders(outer, streamEnd) + 1,
    decryptor(session, emit) {
      let iv = new Uint8Array(firstBlock === 0 ? CFB_BLOCK : 0);
      let decipher: StreamCipher | undefined;
      let skip = streamStart - firstBlock;
      const outerSkipper = new HeaderSkipper(outer, 1 + from);
      const innerSkipper = new HeaderSkipper(inner, firstBody);
      const decrypt = (bytes: Uint8Array): void => {
        let rest = bytes;
        if (iv.length < CFB_BLOCK) {
          const taken = rest.subarray(0, CFB_BLOCK - iv.length);
          iv = concatBytes([iv, taken]);
          rest = rest.subarray(taken.length);
        }
        if (rest.length === 0) return;
        decipher ??= crypto.decryptCfb(session.key, iv);
        const plain = decipher.update(rest);
        const wanted = plain.subarray(Math.min(skip, plain.length));
        skip -= plain.length - wanted.length;
        if (wanted.length > 0) innerSkipper.push(wanted, emit);
      };
      return { push: (bytes) => outerSkipper.push(bytes, decrypt) };
    },
  };
}
