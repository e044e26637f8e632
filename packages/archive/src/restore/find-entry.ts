import { CairnError } from "@cairn/protocol/errors";
import type { Manifest, ManifestEntry } from "../manifest/manifest.ts";
import { displayName, namesOfText } from "../walk/names.ts";

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** The entry at a '/'-separated path below what was put; "" is the root. Throws `path-not-found`. */
export function findEntry(manifest: Manifest, path: string): { index: number; entry: ManifestEntry } {
  const { entries } = manifest;
  let index = 0;
  for (const segment of segmentsOf(path)) {
    const parent = index;
    index = entries.findIndex((entry, at) => at > 0 && entry.parent === parent && entry.name === segment);
    if (index < 0) break;
  }
  const entry = entries[index];
  if (entry) return { index, entry };
  throw new CairnError(`${manifest.name} has no ${displayName(path)}`, {
    code: "path-not-found",
    kind: "missing",
    next: `\`cairn show ${manifest.package} --files\` lists what is in it.`,
    details: { path: displayName(path) },
  });
}

/** The path that a person means by `text` (`namesOfText`). Throws `path-not-found`. */
export function pathOfText(manifest: Manifest, text: string): string {
  const [first = text, second] = namesOfText(text);
  if (second === undefined) return first;
  try {
    findEntry(manifest, first);
    return first;
  } catch {
    findEntry(manifest, second);
    return second;
  }
}

/** The entry at `index` and all below it, with paths relative to it. */
export function subtreeOf(manifest: Manifest, index: number): { entry: ManifestEntry; path: string }[] {
  const paths = new Map<number, string>();
  const placed: { entry: ManifestEntry; path: string }[] = [];
  for (const [at, entry] of manifest.entries.entries()) {
    if (at < index) continue;
    const above = paths.get(entry.parent);
    if (at !== index && (above === undefined || at === 0)) continue;
    const path = at === index ? "" : above === "" || above === undefined ? entry.name : `${above}/${entry.name}`;
    paths.set(at, path);
    placed.push({ entry, path });
  }
  return placed;
}
