import { fromBase64 } from "@cairn/protocol/wire/base64";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";
import type { PieceSoFar } from "../car/piece-cutter.ts";
import type { FoundEntry } from "../walk/found-entry.ts";
import { pathsOf } from "../walk/tree-paths.ts";
import type { FileDone } from "./messages.ts";

/** A piece's length, header included, and the chain of its blocks in hex. */
export interface PieceMark {
  length: number;
  chain: string;
}

/** A file whose blocks are all in the stream. */
interface CheckedFile extends Omit<FileDone, "entry" | "digest"> {
  /** Below what is packed, in string form (names.ts). */
  path: string;
  /** In base64. */
  digest: string;
}

/**
 * A place in a package's stream that lies between two files. With all checkpoints up to one, packing goes on behind it; each is plain JSON.
 */
export interface Checkpoint {
  /** The files since the checkpoint before, in the order of the stream. */
  files: CheckedFile[];
  /** Pieces that ended since then. */
  ended: PieceMark[];
  /** The piece under way. */
  at: PieceMark;
}

/** The pieces up to the last checkpoint, the one under way last; none for no checkpoint. */
export function piecesOf(checkpoints: readonly Checkpoint[]): PieceMark[] {
  const last = checkpoints.at(-1);
  return last === undefined ? [] : [...checkpoints.flatMap(({ ended }) => ended), last.at];
}

export function filesOf(checkpoints: readonly Checkpoint[]): CheckedFile[] {
  return checkpoints.flatMap(({ files }) => files);
}

/** The checkpoints before the first file that is not, or not certainly, what and where it was. */
export function unchangedCheckpoints(
  entries: readonly FoundEntry[],
  checkpoints: readonly Checkpoint[],
): readonly Checkpoint[] {
  const paths = pathsOf(entries);
  const found = entries.flatMap((entry, index) => (entry.kind === "file" ? [{ ...entry, path: paths[index] }] : []));
  let seen = 0;
  const isChanged = (file: CheckedFile): boolean => {
    const now = found[seen++];
    return file.version === "" || now?.version !== file.version || now.path !== file.path;
  };
  const first = checkpoints.findIndex(({ files }) => files.some(isChanged));
  return first === -1 ? checkpoints : checkpoints.slice(0, first);
}

/** What was known of the files when they were packed, by the index of their entries now. */
export function filesByEntry(
  entries: readonly FoundEntry[],
  checkpoints: readonly Checkpoint[],
): Map<number, FileDone> {
  const files = filesOf(checkpoints);
  const indices = entries.flatMap(({ kind }, index) => (kind === "file" ? [index] : []));
  return new Map(
    files.map(({ path, digest, ...file }, order) => {
      const entry = indices[order] ?? -1;
      return [entry, { ...file, entry, digest: fromBase64(digest) }];
    }),
  );
}

export const markOf = ({ length, chain }: PieceSoFar): PieceMark => ({
  length,
  chain: bytesToHex(chain),
});

export const pieceOf = ({ length, chain }: PieceMark): PieceSoFar => ({ length, chain: hexToBytes(chain) });

/** Bytes of a piece as an upload counts them: all behind its header. */
export const bodyBytes = ({ length }: { length: number }): number => length - CAR_HEADER_BYTES;
