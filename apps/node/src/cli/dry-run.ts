import { walkFolder } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import { bytesOfShards } from "@cairn/owner/bytes-of-shards";
import { requireFiles } from "@cairn/owner/node/folder-source";
import { counted, formatBytes } from "./format.ts";
import type { Output } from "./output.ts";
import type { Source, SourceOptions } from "./put-source.ts";
import { walkNotes } from "./walk-notes.ts";

/** Say what a put would take and how much it would store, and store nothing. */
export async function dryRun(
  output: Output,
  source: Source,
  { k, n, signal, allowEmpty }: { k: number; n: number; signal: AbortSignal } & Pick<SourceOptions, "allowEmpty">,
): Promise<void> {
  const walked = await walkFolder(source.path, { exclude: source.exclude, signal });
  requireFiles(walked, { path: source.path, allowEmpty });
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
