import {
  bytesOfName,
  displayName,
  type FoundEntry,
  type ListedTree,
  nameFault,
  splitMilliseconds,
} from "@cairn/archive/browser";
import { CairnError } from "@cairn/protocol/errors";
import type { PageFile } from "./platform.ts";

/** A folder or file as a page came by it. */
export type PageNode = { name: string; file: PageFile } | PageFolder;

export interface PageFolder {
  name: string;
  children: PageNode[];
}

/** What a page was given, ready to be packed. */
export interface PageTree extends ListedTree {
  entries: FoundEntry[];
  bytes: number;
}

const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * Lists as `walkFolder` does: a folder's entries by the bytes of their names, then what its folders hold, one after the other. Browsers tell no
 * modes, and no times of folders: a folder has that of the newest file below it, or of the folder that it is in.
 * @throws CairnError `bad-package` for a name that no package can hold
 */
export function treeOf(root: PageNode): PageTree {
  const tree: PageTree & { blobs: Map<number, Blob> } = { entries: [], blobs: new Map(), bytes: 0 };
  add(tree, root, 0);
  const pending = "children" in root ? [{ folder: root, index: 0 }] : [];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { index } = next;
    const children = next.folder.children.map((node) => ({ node, bytes: bytesOfName(node.name) }));
    children.sort((a, b) => compare(a.bytes, b.bytes));
    const folders: typeof pending = [];
    for (const [place, { node, bytes }] of children.entries()) {
      const before = children[place - 1]?.bytes;
      const fault =
        nameFault(bytes) ?? (before && compare(before, bytes) === 0 ? "stands twice in its folder" : undefined);
      if (fault !== undefined) throw badName(node.name, fault);
      const at = add(tree, node, index);
      if ("children" in node) folders.push({ folder: node, index: at });
    }
    for (const inner of folders.reverse()) pending.push(inner);
  }
  timeFolders(tree.entries);
  return tree;
}

/** What Chromium says of a file of the first instant of 1970: its own "no time", the first of 1601, in milliseconds. */
const NO_TIME = -11_644_473_600_000;

function add(tree: PageTree & { blobs: Map<number, Blob> }, node: PageNode, parent: number): number {
  const { name } = node;
  if ("children" in node) {
    return (
      tree.entries.push({ kind: "directory", parent, name, mode: FOLDER_MODE, seconds: 0, nanoseconds: 0, size: 0 }) - 1
    );
  }
  const { file } = node;
  const { size } = file;
  const lastModified = file.lastModified === NO_TIME ? 0 : file.lastModified;
  const time = splitMilliseconds(lastModified);
  const version = `${size} ${lastModified}`;
  const index = tree.entries.push({ kind: "file", parent, name, mode: FILE_MODE, ...time, size, version }) - 1;
  tree.blobs.set(index, file);
  tree.bytes += size;
  return index;
}

/** From the last entry on, as children stand behind their folders; then from the first, so that a folder with no file below it has the time of the one above. */
function timeFolders(entries: FoundEntry[]): void {
  const known = new Set<number>();
  for (let index = entries.length - 1; index > 0; index--) {
    const entry = entries[index] as FoundEntry;
    if (entry.kind === "directory" && !known.has(index)) continue;
    const above = entries[entry.parent] as FoundEntry;
    if (above.kind !== "directory") continue;
    const newer = entry.seconds - above.seconds || entry.nanoseconds - above.nanoseconds;
    if (known.has(entry.parent) && newer <= 0) continue;
    known.add(entry.parent);
    above.seconds = entry.seconds;
    above.nanoseconds = entry.nanoseconds;
  }
  for (const [index, entry] of entries.entries()) {
    if (entry.kind !== "directory" || known.has(index) || index === 0) continue;
    const { seconds, nanoseconds } = entries[entry.parent] as FoundEntry;
    Object.assign(entry, { seconds, nanoseconds });
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function badName(name: string, fault: string): CairnError {
  const shown = displayName(name);
  return new CairnError(`"${shown}" cannot be stored: its name ${fault}`, {
    code: "bad-package",
    kind: "input",
    next: "Rename it, or leave it out.",
    details: { path: shown },
  });
}
