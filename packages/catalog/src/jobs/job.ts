import type { ErrorBody, Seconds } from "@cairn/protocol";

/** `queued`: waits for its turn, or for a pause after a failure to pass. `done`, `failed` and `cancelled` are the last. */
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

/** Work that the API or a door began for an account. */
export interface Job {
  id: string;
  account: string;
  kind: string;
  /** As it was asked for; JSON. */
  request: unknown;
  state: JobState;
  /** What its kind keeps of it over a crash; JSON. */
  progress: unknown;
  /** Of one that is done. */
  result: unknown;
  /** Why it failed, or why it waits to be tried again. */
  error: ErrorBody | null;
  /** Turns that were begun. */
  attempts: number;
  createdAt: Seconds;
  changedAt: Seconds;
}

export const JOB_CHANNEL = "cairn_jobs";

export const JOB_COLUMNS = `id, account, kind, request, state, progress, result, error, attempts,
  floor(extract(epoch from created_at))::float8 as "createdAt", floor(extract(epoch from changed_at))::float8 as "changedAt"`;
