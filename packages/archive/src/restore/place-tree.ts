import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import type { Manifest, ManifestEntry } from "../manifest/manifest.ts";
import { atPath } from "../walk/at-path.ts";
import { joinPath, pathBytes } from "../walk/join-path.ts";
import { displayName } from "../walk/names.ts";
import { pathsOf } from "../walk/tree-paths.ts";
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
export function tasksOf(placed: PlacedEntry[], root: Uint8Array): RestoreTask[] {
  return placed.flatMap(({ entry, path }) =>
    entry.kind === "file"
      ? [
          {
            path: new Uint8Array(joinPath(root, path)),
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
export function makeDirectories(placed: PlacedEntry[], root: Uint8Array): void {
  for (const { entry, path } of placed) {
    if (entry.kind !== "directory" || path === "") continue;
    attempt(path, () => atPath(joinPath(root, path), (place) => mkdirSync(place, { mode: 0o700 })));
  }
}

/** Makes the symbolic links; after the files, so that none is ever written through one. */
export function makeLinks(placed: PlacedEntry[], root: Uint8Array): void {
  for (const { entry, path } of placed) {
    if (entry.kind !== "symlink") continue;
    attempt(path, () => atPath(joinPath(root, path), (place) => symlinkSync(pathBytes(entry.target), place)));
  }
}

/**
 * Sets the times of all but a root folder, then the modes of the directories that are not moved, deepest first: from then on they may be
 * closed to their owner. What is moved to the destination afterwards is finished already but for `finishTop`.
 */
export async function finishBelow(placed: PlacedEntry[], root: Uint8Array): Promise<{ exactTimes: boolean }> {
  const timed = placed.filter(({ entry, path }) => path !== "" || entry.kind !== "directory");
  const exactTimes = await setTimes(timed, root);
  for (let at = placed.length - 1; at >= 0; at--) {
    const { entry, path } = placed[at] as PlacedEntry;
    if (entry.kind === "directory" && path.includes("/")) setMode(entry, path, root);
  }
  return { exactTimes };
}

/** Modes of the directories that were moved: to move a directory, it must be writable. */
export function finishMoved(placed: PlacedEntry[], target: Uint8Array): void {
  for (const { entry, path } of placed) {
    if (entry.kind === "directory" && path !== "" && !path.includes("/")) setMode(entry, path, target);
  }
}

/**
 * Time and mode of a root folder, once nothing is made or removed in it any more. All of the tree is in place by then,
 * so a folder of somebody else, whose own these stay, is no failure: `rootKept` says so.
 */
export async function finishRoot(
  placed: PlacedEntry[],
  target: Uint8Array,
): Promise<{ exactTimes: boolean; rootKept: boolean }> {
  const root = placed.filter(({ entry, path }) => path === "" && entry.kind === "directory");
  try {
    const exactTimes = await setTimes(root, target);
    for (const { entry, path } of root) setMode(entry, path, target);
    return { exactTimes, rootKept: false };
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { system?: string } };
    if (code !== "EPERM" && details?.system !== "EPERM") throw error;
    return { exactTimes: true, rootKept: true };
  }
}

function setMode(entry: ManifestEntry, path: string, root: Uint8Array): void {
  attempt(path, () => atPath(joinPath(root, path), (place) => chmodSync(place, entry.mode)));
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    throw writeFailed(displayName(path), cause);
  }
}
