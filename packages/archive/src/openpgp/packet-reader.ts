import { CairnError } from "@cairn/protocol/errors";
import { concatBytes } from "../bytes.ts";

export function corruptMessage(what: string): CairnError {
  return new CairnError(`the encrypted message is damaged: ${what}`, {
    code: "corrupt-message",
    kind: "corrupt",
    next: "Fetch the data again from other providers; if it stays so, the stored copy is damaged.",
  });
}

export interface PacketStart {
  tag: number;
  /** Bytes of tag and first length. */
  headerBytes: number;
  /** Length of the body, or of its first part. */
  length: number;
  partial: boolean;
}

/** Length octets of a new-format packet at `at`; undefined when more bytes are needed. */
function readNewLength(
  bytes: Uint8Array,
  at: number,
): { octets: number; length: number; partial: boolean } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 192) return { octets: 1, length: first, partial: false };
  if (first < 224) {
    const second = bytes[at + 1];
    return second === undefined
      ? undefined
      : { octets: 2, length: ((first - 192) << 8) + second + 192, partial: false };
  }
  if (first < 255) return { octets: 1, length: 2 ** (first & 0x1f), partial: true };
  if (bytes.length < at + 5) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { octets: 5, length: view.getUint32(at + 1), partial: false };
}

/** Header of the packet at the start of `bytes`, old or new format; undefined when more bytes are needed. */
export function readPacketStart(bytes: Uint8Array): PacketStart | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  if ((first & 0x80) === 0) throw corruptMessage("it does not start with an OpenPGP packet");
  if ((first & 0x40) !== 0) {
    const length = readNewLength(bytes, 1);
    return (
      length && { tag: first & 0x3f, headerBytes: 1 + length.octets, length: length.length, partial: length.partial }
    );
  }
  const octets = [1, 2, 4, 0][first & 3] ?? 0;
  if (octets === 0) {
    // Length type 3: up to the end of the data. Only gpg's compressed packets use it.
    return { tag: (first >> 2) & 0x0f, headerBytes: 1, length: Number.POSITIVE_INFINITY, partial: false };
  }
  if (bytes.length < 1 + octets) return undefined;
  let length = 0;
  for (let at = 1; at <= octets; at++) length = length * 256 + (bytes[at] ?? 0);
  return { tag: (first >> 2) & 0x0f, headerBytes: 1 + octets, length, partial: false };
}

/** Takes a packet's body out of a stream of bytes, following partial lengths. */
export class BodyReader {
  private left: number;
  private partial: boolean;
  private pending: Uint8Array = new Uint8Array(0);

  constructor(start: { length: number; partial: boolean }) {
    this.left = start.length;
    this.partial = start.partial;
  }

  get done(): boolean {
    return this.left === 0 && !this.partial;
  }

  /** Feeds bytes; body bytes go to `emit`. Returns what lies behind the packet's end. */
  push(bytes: Uint8Array, emit: (body: Uint8Array) => void): Uint8Array {
    let rest = this.pending.length === 0 ? bytes : concatBytes([this.pending, bytes]);
    this.pending = rest.subarray(0, 0);
    while (rest.length > 0) {
      if (this.left > 0) {
        const part = rest.subarray(0, Math.min(this.left, rest.length));
        this.left -= part.length;
        rest = rest.subarray(part.length);
        emit(part);
        continue;
      }
      if (!this.partial) return rest;
      const next = readNewLength(rest, 0);
      if (!next) {
        this.pending = rest.slice();
        return rest.subarray(rest.length);
      }
      this.left = next.length;
      this.partial = next.partial;
      rest = rest.subarray(next.octets);
    }
    return rest;
  }
}
