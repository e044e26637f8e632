import { hashUnit, joinUnits, UNIT_BYTES } from "@cairn/proofs";
import type { Hex } from "@cairn/protocol";

const NODE_BYTES = 32;

/** The commitment of a masked shard that comes in windows, each of which begins at a whole unit and all of which come once, in any order. */
export class ShardRoots {
  readonly #length: number;
  readonly #roots: Uint8Array;

  constructor(length: number) {
    this.#length = length;
    this.#roots = new Uint8Array(Math.ceil(length / UNIT_BYTES) * NODE_BYTES);
  }

  add(bytes: Uint8Array, at: number): void {
    for (let from = 0; from < bytes.length; from += UNIT_BYTES) {
      const unit = bytes.subarray(from, Math.min(bytes.length, from + UNIT_BYTES));
      this.#roots.set(hashUnit(unit, { pieceLength: this.#length }), ((at + from) / UNIT_BYTES) * NODE_BYTES);
    }
  }

  commitment(): Hex {
    return `0x${Buffer.from(joinUnits(this.#roots, this.#length).root).toString("hex")}`;
  }
}
