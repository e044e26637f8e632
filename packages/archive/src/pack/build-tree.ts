import { CairnError } from "@cairn/protocol/errors";
import type { Layout } from "../manifest/manifest.ts";
import { directoryDag, type NamedLink, symlinkNode } from "../unixfs/directory-dag.ts";
import type { EmitNode } from "../unixfs/file-dag.ts";
import type { Link } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { bytesOfName, displayName, isEscaped } from "../walk/names.ts";
import { pathOf } from "../walk/tree-paths.ts";

export interface TreeEntry {
  kind: "directory" | "file" | "symlink";
  parent: number;
  name: string;
  target?: string;
}

/** Name of the file number `order` in the private layout's directory. */
function runningName(order: number): string {
  return `${order.toString(16).padStart(8, "0")}.gpg`;
}

/**
 * Builds the directories above the files, bottom-up, and returns the package's root. A single file is its own root.
 * @param files links of the files' DAGs by entry index
 */
export function buildTree(
  layout: Exclude<Layout, "car">,
  entries: readonly TreeEntry[],
  files: ReadonlyMap<number, Link>,
  profile: DagProfile,
  emit: EmitNode,
): Link {
  const single = entries[0]?.kind === "file" ? files.get(0) : undefined;
  if (single) return single;
  if (layout === "private") {
    const links = [...files.entries()].sort((a, b) => a[0] - b[0]);
    return directoryDag(
      links.map(([, link], order) => ({ name: runningName(order), link })),
      profile,
      emit,
    );
  }
  const children: NamedLink[][] = entries.map(() => []);
  // Children have larger indices than their parents, so this goes bottom-up.
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index];
    if (!entry) continue;
    const link = linkOf(layout, entry, files.get(index), children[index] ?? [], profile, emit);
    if (index === 0 && link) return link;
    if (link) children[entry.parent]?.push({ name: nameInDag(layout, entries, index), link });
  }
  throw new RangeError("a tree has a root");
}

function linkOf(
  layout: Layout,
  entry: TreeEntry,
  file: Link | undefined,
  children: NamedLink[],
  profile: DagProfile,
  emit: EmitNode,
): Link | undefined {
  if (entry.kind === "directory") return directoryDag(children, profile, emit);
  if (entry.kind === "file") return file;
  // Where a link points is content: it stands in the DAG only where contents do.
  return layout === "unencrypted" ? symlinkNode(bytesOfName(entry.target ?? ""), emit) : undefined;
}

/** Throws `name-not-utf8`: dag-pb names are UTF-8. */
export function nameInDag(layout: Layout, entries: readonly TreeEntry[], index: number): string {
  const entry = entries[index];
  const name = entry?.name ?? "";
  if (isEscaped(name)) {
    throw new CairnError(`${displayName(pathOf(entries, index))} has a name that is not UTF-8`, {
      code: "name-not-utf8",
      kind: "input",
      next: "Rename it, or use the private layout, which keeps names byte for byte.",
      details: { path: displayName(pathOf(entries, index)) },
    });
  }
  return layout === "plain" && entry?.kind === "file" ? `${name}.gpg` : name;
}
