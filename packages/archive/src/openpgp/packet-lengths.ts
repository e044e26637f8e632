import { concatBytes } from "../bytes.ts";

/** When a packet's body is written with one length, and how long its parts are otherwise (RFC 4880, 4.2.2). */
export interface LengthLimits {
  /** Bodies of at most this many bytes get one five-octet length. */
  fixedUpTo: number;
  /** Longer ones are cut into partial bodies of 2^power bytes; 9 ≤ power ≤ 30. */
  partialPower: number;
}

export const LENGTH_LIMITS: LengthLimits = { fixedUpTo: 0xffff_0000, partialPower: 30 };

/** Header bytes that stand before the body byte number `at`. */
export interface LengthHeader {
  at: number;
  bytes: Uint8Array;
}

function fiveOctets(length: number): Uint8Array {
  return Uint8Array.of(0xff, length >>> 24, length >>> 16, length >>> 8, length);
}

/** All header bytes of a new-format packet whose body has `bodyLength` bytes, in order. */
export function lengthHeaders(tag: number, bodyLength: number, limits: LengthLimits = LENGTH_LIMITS): LengthHeader[] {
  const start = Uint8Array.of(0xc0 | tag);
  if (bodyLength <= limits.fixedUpTo) return [{ at: 0, bytes: concatBytes([start, fiveOctets(bodyLength)]) }];
  const part = 2 ** limits.partialPower;
  const marker = Uint8Array.of(224 + limits.partialPower);
  const partials = Math.ceil(bodyLength / part) - 1;
  const headers: LengthHeader[] = [];
  for (let index = 0; index < partials; index++) headers.push({ at: index * part, bytes: marker });
  headers.push({ at: partials * part, bytes: fiveOctets(bodyLength - partials * part) });
  const first = headers[0];
  if (first) first.bytes = concatBytes([start, first.bytes]);
  return headers;
}

/** Bytes of a packet: body and headers together. */
export function packetLength(bodyLength: number, limits: LengthLimits = LENGTH_LIMITS): number {
  if (bodyLength <= limits.fixedUpTo) return bodyLength + 6;
  const partials = Math.ceil(bodyLength / 2 ** limits.partialPower) - 1;
  return bodyLength + 1 + partials + 5;
}

/** Writes a packet's body through, with its length headers woven in. */
export class HeaderWeaver {
  private offset = 0;
  private next = 0;
  private readonly headers: LengthHeader[];
  private readonly emit: (bytes: Uint8Array) => void;

  constructor(headers: LengthHeader[], emit: (bytes: Uint8Array) => void) {
    this.headers = headers;
    this.emit = emit;
  }

  write(bytes: Uint8Array): void {
    let rest = bytes;
    for (let header = this.headers[this.next]; header; header = this.headers[this.next]) {
      const before = header.at - this.offset;
      if (before >= rest.length) break;
      if (before > 0) this.emit(rest.subarray(0, before));
      this.emit(header.bytes);
      rest = rest.subarray(before);
      this.offset = header.at;
      this.next++;
    }
    this.emit(rest);
    this.offset += rest.length;
  }
}
