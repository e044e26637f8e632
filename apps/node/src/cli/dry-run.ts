import { walkFolder } from "@cairn/archive";
import { shardLength } from "@cairn/archive/erasure";
import { displayName } from "@cairn/archive/names";
import { counted, formatBytes } from "./format.ts";
import type { Output } from "./output.ts";
import { requireFiles, type Source, type SourceOptions } from "./put-source.ts";
import { walkNotes } from "./walk-notes.ts";

/** Of a piece without files, and for each file its encryption and its place in the piece: as packFolder makes them (see the test beside this). */
const EMPTY_PIECE_BYTES = 100;
const FILE_BYTES = 250;
/** For each byte, of the blocks that a long file is cut into. */
const BLOCKS_SHARE = 1e-4;

/** About how many bytes the shards of a package have together. */
export function bytesOfShards(files: number, bytes: number, { k, n }: { k: number; n: number }): number {
  const piece = EMPTY_PIECE_BYTES + files * FILE_BYTES + Math.ceil(bytes * (1 + BLOCKS_SHARE));
  return n * shardLength(piece, k);
}

/** Say what a put would take and how much it would store, and store nothing. */
export async function dryRun(
  output: Output,
  source: Source,
  { k, n, signal, allowEmpty }: { k: number; n: number; signal: AbortSignal } & Pick<SourceOptions, "allowEmpty">,
): Promise<void> {
  const walked = await walkFolder(source.path, { exclude: source.exclude, signal });
  requireFiles(walked, source, { allowEmpty });
  const { entries, skipped, excluded } = walked;
  const files = entries.filter((entry) => entry.kind === "file");
  const bytes = files.reduce((sum, entry) => sum + entry.size, 0);
  const home = source.homeLeftOut();
  const bytesOnProviders = bytesOfShards(files.length, bytes, { k, n });
  output.result({
    name: source.name,
    files: files.length,
    entries: entries.length,
    bytes,
    excluded: excluded - (home === undefined ? 0 : 1),
    homeLeftOut: home === undefined ? null : displayName(home),
    skipped,
    k,
    n,
    bytesOnProviders,
  });
  output.say(walkNotes(walked, source, "Would leave out"));
  output.say(
    `Would store ${source.name}: ${counted(files.length, "file")}, ${formatBytes(bytes)}, as ${k} of ${n} shards, about ${formatBytes(bytesOnProviders)} on the providers. Nothing was stored; \`--quote\` asks for the price.`,
  );
}
