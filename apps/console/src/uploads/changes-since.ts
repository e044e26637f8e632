import type { FoundEntry } from "@cairn/archive/browser";
import { displayName, pathsOf } from "@cairn/archive/browser";

/** How files differ from what was picked: their paths below it, as they are shown. */
export interface Changes {
  gone: readonly string[];
  /** Another size or time. */
  changed: readonly string[];
  added: readonly string[];
}

/** Of files alone, by the paths, sizes and times of two listings; undefined where nothing differs. */
export function changesSince(picked: readonly FoundEntry[], now: readonly FoundEntry[]): Changes | undefined {
  const before = versionsOf(picked);
  const after = versionsOf(now);
  const shown = (paths: Iterable<string>) => [...paths].map(displayName);
  const gone = shown([...before.keys()].filter((path) => !after.has(path)));
  const added = shown([...after.keys()].filter((path) => !before.has(path)));
  const changed = shown(
    [...before].filter(([path, version]) => after.has(path) && after.get(path) !== version).map(([path]) => path),
  );
  return gone.length + changed.length + added.length === 0 ? undefined : { gone, changed, added };
}

/** `version` of each file by its path. A file that was picked by itself is called by its name. */
function versionsOf(entries: readonly FoundEntry[]): Map<string, string | undefined> {
  const paths = pathsOf(entries);
  return new Map(
    entries.flatMap(({ kind, name, version }, index) =>
      kind === "file" ? [[paths[index] || name, version] as const] : [],
    ),
  );
}
