/** Entries of a tree by index, each knowing its parent's index; the root is entry 0. */
export interface TreeNode {
  parent: number;
  name: string;
}

/** Path of an entry below the root, '/'-separated; the root's is "". */
export function pathOf(entries: readonly TreeNode[], index: number): string {
  const names: string[] = [];
  for (let at = index; at > 0; at = entries[at]?.parent ?? 0) names.push(entries[at]?.name ?? "");
  return names.reverse().join("/");
}

/** Paths of all entries below the root, in order. */
export function pathsOf(entries: readonly TreeNode[]): string[] {
  const paths: string[] = [""];
  for (let index = 1; index < entries.length; index++) {
    const entry = entries[index];
    const parent = paths[entry?.parent ?? 0] ?? "";
    paths.push(parent === "" ? (entry?.name ?? "") : `${parent}/${entry?.name}`);
  }
  return paths;
}
