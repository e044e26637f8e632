import type { ManifestEntry } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import { counted, formatBytes, formatDuration } from "./format.ts";

/** What `get` brought back; a link, and a folder without files, are named as what they are. */
export function gotWords(
  { path, kind, files, bytes }: { path: string; kind: ManifestEntry["kind"] | undefined; files: number; bytes: number },
  seconds: number,
): string {
  const name = displayName(path);
  const what =
    kind === "symlink"
      ? `the link ${name}`
      : files === 0
        ? `the folder ${name}, in which there is no file`
        : `${counted(files, "file")}, ${formatBytes(bytes)}`;
  return `Got ${what}, in ${formatDuration(seconds)}; every block verified`;
}
