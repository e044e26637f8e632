import type { FoundEntry } from "../walk/found-entry.ts";
import { joinPath } from "../walk/join-path.ts";
import { pathsOf } from "../walk/tree-paths.ts";
import { cutJobs } from "./cut-jobs.ts";
import type { FileTask } from "./messages.ts";

/** Cuts the files, in order and without the first `skip`, into jobs for workers. */
export function planJobs(root: Uint8Array, entries: readonly FoundEntry[], skip = 0): FileTask[][] {
  const paths = pathsOf(entries);
  return cutJobs(entries, skip).map((job) =>
    job.map((entry) => ({ entry, path: new Uint8Array(joinPath(root, paths[entry] ?? "")) })),
  );
}
