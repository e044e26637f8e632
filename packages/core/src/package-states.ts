/**
 * RECEIVING pieces → COMMITTING (commitments are computed) → COMMITTED (waits for the owner's mandate) → PLACING → STORED; then DEGRADED while
 * shards are missing, ENDING and REMOVED on the owner's word, EXPIRED when its deals ran out, LOST when fewer than k shards live.
 * ABANDONED: undone before anything was on chain.
 */
export const PACKAGE_STATES = [
  "RECEIVING",
  "COMMITTING",
  "COMMITTED",
  "PLACING",
  "STORED",
  "DEGRADED",
  "LOST",
  "ENDING",
  "REMOVED",
  "EXPIRED",
  "ABANDONED",
] as const;
export type PackageState = (typeof PACKAGE_STATES)[number];

/** Nothing is on chain: it can be undone. */
export const BEFORE_CHAIN: readonly PackageState[] = ["RECEIVING", "COMMITTING", "COMMITTED"];
/** Signed for, and going on. */
export const AGREED: readonly PackageState[] = ["PLACING", "STORED", "DEGRADED", "LOST"];
/** Nothing can be got of it any more. */
export const OVER: readonly PackageState[] = ["REMOVED", "ABANDONED", "EXPIRED"];

/** Its slots are driven. */
export const DRIVEN: readonly PackageState[] = [...AGREED, "ENDING"];
/** It can be read, from the spool or from providers. */
export const READABLE: readonly PackageState[] = ["COMMITTED", ...AGREED];
/** The spooled pieces are needed. */
export const SPOOLED: readonly PackageState[] = [...BEFORE_CHAIN, "PLACING"];
