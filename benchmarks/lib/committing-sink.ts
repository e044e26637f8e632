import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { carHeader, type PieceSink } from "@cairn/archive";
import { hashUnit, joinUnits, UNIT_BYTES } from "@cairn/proofs";

const HEADER_BYTES = 59;

interface Piece {
  length: number;
  /** Kept until the header is known. */
  first: Buffer;
  roots: Uint8Array[];
  /** The unit that is being filled; unit 0 is `first`. */
  unit: Buffer;
  filled: number;
  file: FileHandle | undefined;
}

/** Computes each piece's CommP as it is written, and keeps the CAR files if it gets a folder for them. */
export class CommittingSink implements PieceSink {
  readonly commitments: Uint8Array[] = [];
  private readonly pieces: Piece[] = [];
  private readonly folder: string | undefined;

  constructor(folder?: string) {
    this.folder = folder;
  }

  async write(index: number, bytes: Uint8Array): Promise<void> {
    const piece = this.pieces[index] ?? (await this.begin(index));
    this.pieces[index] = piece;
    const writing = piece.file?.write(bytes, 0, bytes.length, piece.length);
    piece.length += bytes.length;
    for (let rest = bytes; rest.length > 0; ) {
      const part = rest.subarray(0, UNIT_BYTES - piece.filled);
      piece.unit.set(part, piece.filled);
      piece.filled += part.length;
      rest = rest.subarray(part.length);
      if (piece.filled === UNIT_BYTES) this.closeUnit(piece);
    }
    await writing;
  }

  async cut(index: number): Promise<void> {
    const piece = this.pieces[index];
    if (!piece) throw new RangeError("a piece has bytes");
    if (piece.unit !== piece.first && piece.filled > 0) {
      piece.roots.push(hashUnit(piece.unit.subarray(0, piece.filled), { pieceLength: piece.length }));
    }
    piece.unit = piece.first;
    await piece.file?.datasync();
  }

  /** Writes the headers and computes what hung on them. */
  async finish(root: Parameters<typeof carHeader>[0]): Promise<void> {
    const header = carHeader(root);
    for (const piece of this.pieces) {
      piece.first.set(header);
      const first = hashUnit(piece.first.subarray(0, Math.min(piece.length, UNIT_BYTES)), {
        pieceLength: piece.length,
      });
      this.commitments.push(joinUnits(Buffer.concat([first, ...piece.roots]), piece.length).root);
      await piece.file?.write(header, 0, HEADER_BYTES, 0);
      await piece.file?.datasync();
      await piece.file?.close();
    }
  }

  private async begin(index: number): Promise<Piece> {
    const first = Buffer.alloc(UNIT_BYTES);
    const file = this.folder === undefined ? undefined : await open(join(this.folder, `${index}.car`), "w");
    return { length: HEADER_BYTES, first, roots: [], unit: first, filled: HEADER_BYTES, file };
  }

  private closeUnit(piece: Piece): void {
    if (piece.unit === piece.first) piece.unit = Buffer.alloc(UNIT_BYTES);
    else piece.roots.push(hashUnit(piece.unit));
    piece.filled = 0;
  }
}
