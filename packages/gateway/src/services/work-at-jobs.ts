import { type JobsOptions, runJobs } from "@cairn/catalog";
import type { Service } from "../services.ts";

/** Works at the jobs of the doors until it is stopped; each turn ends at its next step then, and is taken up at the next start. */
export function workAtJobs(options: Omit<JobsOptions, "signal">): Service<void> {
  const stopping = new AbortController();
  let ended: Promise<void> | undefined;
  return {
    name: "jobs",
    start() {
      ended = runJobs({ ...options, signal: stopping.signal });
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
