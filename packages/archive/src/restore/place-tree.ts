import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import type { Manifest, ManifestEntry } from "../manifest/manifest.ts";
import { bytesOfName, displayName } from "../walk/names.ts";
import { joinPath, pathsOf } from "../walk/tree-paths.ts";
import { writeFailed } from "./errors.ts";
import type { RestoreTask } from "./messages.ts";
import { setTimes } from "./set-times.ts";

/** An entry of the manifest and its path below what is restored; "" for the root of it. */
export interface PlacedEntry {
  entry: ManifestEntry;
  path: string;
}

/** The whole tree. */
export function placeAll(manifest: Manifest): PlacedEntry[] {
  const paths = pathsOf(manifest.entries);
  return manifest.entries.map((entry, index) => ({ entry, path: paths[index] ?? "" }));
}

/** The files among the entries as tasks below `root`. */
export function tasksOf(placed: PlacedEntry[], root: string): RestoreTask[] {
  const base = Buffer.from(root);
  return placed.flatMap(({ entry, path }) =>
    entry.kind === "file"
      ? [
          {
            path: new Uint8Array(joinPath(base, path)),
            size: entry.size,
            stored: entry.stored,
            digest: entry.digest,
            mode: entry.mode,
          },
        ]
      : [],
  );
}

/** Makes the directories, writable by their owner for now. The root's own folder exists. */
export function makeDirectories(placed: PlacedEntry[], root: string): void {
  const base = Buffer.from(root);
  for (const { entry, path } of placed) {
    if (entry.kind !== "directory" || path === "") continue;
    attempt(path, () => mkdirSync(joinPath(base, path), { mode: 0o700 }));
  }
}

/** Makes the symbolic links; after the files, so that none is ever written through one. */
export function makeLinks(placed: PlacedEntry[], root: string): void {
  const base = Buffer.from(root);
  for (const { entry, path } of placed) {
    if (entry.kind !== "symlink") continue;
    attempt(path, () => symlinkSync(bytesOfName(entry.target), joinPath(base, path)));
  }
}

/** Sets all times, then the directories' modes, deepest first: from then on they may be closed to their owner. */
export async function finishTree(placed: PlacedEntry[], root: string): Promise<{ exactTimes: boolean }> {
  const base = Buffer.from(root);
  const exactTimes = await setTimes(
    placed.map(({ entry, path }) => ({
      path: joinPath(base, path),
      seconds: entry.seconds,
      nanoseconds: entry.nanoseconds,
    })),
  );
  for (const { entry, path } of placed.toReversed()) {
    if (entry.kind === "directory") attempt(path, () => chmodSync(joinPath(base, path), entry.mode));
  }
  return { exactTimes };
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    throw writeFailed(displayName(path), cause);
  }
}
