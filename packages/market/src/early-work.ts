import type { PackageId } from "@cairn/protocol";
import { commitmentRequest } from "./complete-package.ts";
import { hashLaterUnits, type UnitRoots } from "./compute-commitments.ts";
import type { Context } from "./context.ts";
import { indexPiece } from "./index-piece.ts";
import type { PackageRow, PieceRow } from "./package-rows.ts";

type Piece = Pick<PieceRow, "number" | "length">;

interface Work {
  length: number;
  stop: AbortController;
  roots: Promise<UnitRoots | undefined>;
  /** Data bytes of the roots that are there. */
  hashed: number;
  /** Who follows them. */
  onHashed: (bytes: number) => void;
  indexed: Promise<boolean>;
}

/**
 * What can be known of a piece before its package is complete, done while later pieces still come: its block index, and every unit root
 * that does not hang on the header. Kept in memory only: after a restart, or when a piece was sent anew, completing the upload does it all.
 */
export class EarlyWork {
  readonly #works = new Map<PackageId, Map<number, Work>>();

  /** Begin for a piece that has all its bytes, unless that was done. */
  begin(context: Context, row: PackageRow, piece: Piece): void {
    const works = this.#works.get(row.id) ?? new Map<number, Work>();
    this.#works.set(row.id, works);
    if (works.has(piece.number)) return;
    const stop = new AbortController();
    const failed = (error: unknown) => {
      if (!stop.signal.aborted)
        context.log.warn({ package: row.id, error: String(error) }, "completing the upload will do it again");
    };
    const advance = (bytes: number) => {
      work.hashed += bytes;
      work.onHashed(bytes);
    };
    const work: Work = {
      length: piece.length,
      stop,
      hashed: 0,
      onHashed: () => undefined,
      roots: hashLaterUnits(commitmentRequest(context, row, piece), context.kernels, stop.signal, advance).catch(
        (error: unknown) => {
          failed(error);
          return undefined;
        },
      ),
      indexed: indexPiece(context, row.id, piece.number, stop.signal).then(
        () => true,
        (error: unknown) => {
          failed(error);
          return false;
        },
      ),
    };
    works.set(piece.number, work);
  }

  /** Roots of all units but the first, if they were computed from a piece of this length; `onProgress` gets the data bytes of them as they come. */
  async rootsOf(id: PackageId, piece: Piece, onProgress: (bytes: number) => void): Promise<UnitRoots | undefined> {
    const work = this.#works.get(id)?.get(piece.number);
    if (work?.length !== piece.length) return undefined;
    onProgress(work.hashed);
    work.onHashed = onProgress;
    const roots = await work.roots;
    if (roots === undefined) {
      // All of it is to be done again.
      work.onHashed = () => undefined;
      onProgress(-work.hashed);
    }
    return roots;
  }

  /** Whether the piece's blocks were verified and its index written. */
  async wasIndexed(id: PackageId, piece: Piece): Promise<boolean> {
    const work = this.#works.get(id)?.get(piece.number);
    return work?.length === piece.length && (await work.indexed);
  }

  /** Forget a piece whose bytes change, or a whole package; resolves when nothing of it is read or written any more. */
  async drop(id: PackageId, piece?: number): Promise<void> {
    const works = this.#works.get(id);
    if (works === undefined) return;
    const dropped = [...works].filter(([number]) => piece === undefined || number === piece);
    for (const [number, work] of dropped) {
      works.delete(number);
      work.stop.abort();
    }
    if (works.size === 0) this.#works.delete(id);
    await Promise.all(dropped.flatMap(([, work]) => [work.roots, work.indexed]));
  }
}
