import type { ManifestEntry } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import { counted } from "./format.ts";
import { ownerPorts } from "./owner-ports.ts";
import { type CommonOptions, openSession, requireOwner } from "./session.ts";

export interface Difference {
  path: string;
  /** `removed`: only in the package; `added`: only in the folder. */
  change: "removed" | "added" | "changed";
  /** What of it changed. */
  what: string[];
}

/** Say what differs between a package, or a part of it, and a folder: by names, kinds, sizes, times, modes and links. Exit code 1 when something does. */
export async function diff(target: string, folder: string, options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const owner = await requireOwner(session.home);
  const { openManifest } = await import("@cairn/owner/open-package");
  const { manifest, path } = await openManifest(ownerPorts(session, owner), target, "compare with");
  const { findEntry, pathsOf, subtreeOf, walkFolder } = await import("@cairn/archive");
  const { index } = findEntry(manifest, path);
  const { entries } = await walkFolder(folder);
  const paths = pathsOf(entries);
  const changes = differences(
    subtreeOf(manifest, index),
    entries.map((entry, at) => ({ entry, path: paths[at] ?? "" })),
  );
  session.output.result(changes);
  session.output.say(
    changes.map(
      ({ path: at, change, what }) =>
        `${SIGNS[change]} ${displayName(at) || "."}${what.length === 0 ? "" : `  (${what.join(", ")})`}`,
    ),
  );
  session.output.say(changes.length === 0 ? "No difference." : `${counted(changes.length, "difference")}.`);
  if (changes.length > 0) process.exitCode = 1;
}

const SIGNS = { removed: "-", added: "+", changed: "~" } as const;

/** What `diff` compares of an entry; a manifest's and a walk's both have it. */
type Compared = Pick<ManifestEntry, "kind" | "mode" | "seconds" | "nanoseconds"> & { size?: number; target?: string };
interface At {
  path: string;
  entry: Compared;
}

/** Differences of two trees by path, in the order of the paths. */
export function differences(stored: readonly At[], here: readonly At[]): Difference[] {
  const rest = new Map(here.map(({ path, entry }) => [path, entry]));
  const found: Difference[] = [];
  for (const { path, entry } of stored) {
    const other = rest.get(path);
    rest.delete(path);
    if (other === undefined) found.push({ path, change: "removed", what: [] });
    else {
      const what = changesOf(entry, other);
      if (what.length > 0) found.push({ path, change: "changed", what });
    }
  }
  for (const path of rest.keys()) found.push({ path, change: "added", what: [] });
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function changesOf(a: Compared, b: Compared): string[] {
  if (a.kind !== b.kind) return ["kind"];
  const what: string[] = [];
  if (a.kind === "file" && a.size !== b.size) what.push("size");
  if (a.kind === "symlink" && a.target !== b.target) what.push("target");
  // A folder's time changes with what is in it, which is listed itself.
  if (a.kind !== "directory" && (a.seconds !== b.seconds || a.nanoseconds !== b.nanoseconds)) what.push("time");
  if (a.kind !== "symlink" && a.mode !== b.mode) what.push("mode");
  return what;
}
