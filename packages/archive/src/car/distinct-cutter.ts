import { CID_BYTES } from "../unixfs/links.ts";
import { PieceCutter } from "./piece-cutter.ts";

/** Leaves out blocks that it has written before: each stands once in all pieces together. Keeps some 100 bytes of memory for each. */
export class DistinctCutter extends PieceCutter {
  private readonly seen = new Set<string>();

  override async frames(bytes: Uint8Array, lengths: Iterable<number>): Promise<void> {
    let from = 0;
    let to = 0;
    let kept: number[] = [];
    for (const length of lengths) {
      const cid = cidOfFrame(bytes, to);
      if (this.seen.has(cid)) {
        await super.frames(bytes.subarray(from, to), kept);
        from = to + length;
        to = from;
        kept = [];
      } else {
        this.seen.add(cid);
        to += length;
        kept.push(length);
      }
    }
    await super.frames(bytes.subarray(from, to), kept);
  }
}

/** The bytes of a frame's CID, one a character. */
function cidOfFrame(bytes: Uint8Array, at: number): string {
  let cid = at;
  while (((bytes[cid] ?? 0) & 128) !== 0) cid += 1;
  return Array.from(bytes.subarray(cid + 1, cid + 1 + CID_BYTES), (byte) => String.fromCharCode(byte)).join("");
}
