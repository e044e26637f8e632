import type { FoundEntry } from "../walk/found-entry.ts";

/** A job holds small files up to this much together, or one larger file. */
const JOB_BYTES = 4_194_304;
const JOB_FILES = 256;

/** Cuts the files, in order and without the first `skip`, into jobs for workers: the indices of their entries. */
export function cutJobs(entries: readonly FoundEntry[], skip = 0): number[][] {
  const jobs: number[][] = [];
  let job: number[] = [];
  let bytes = 0;
  let files = 0;
  for (const [index, entry] of entries.entries()) {
    if (entry.kind !== "file" || files++ < skip) continue;
    if (job.length > 0 && (bytes + entry.size > JOB_BYTES || job.length === JOB_FILES)) {
      jobs.push(job);
      job = [];
      bytes = 0;
    }
    job.push(index);
    bytes += entry.size;
  }
  if (job.length > 0) jobs.push(job);
  return jobs;
}
