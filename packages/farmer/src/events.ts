import type { FileHash } from "./wire.ts";

/** What a farmer tells while it runs. */
export type FarmerEvent =
  | { event: "ready"; node: string; address: string | undefined; farmer: string; contracts: number; bytes: number }
  | { event: "contracts"; added: number; bytes: number; contracts: number; total: number }
  | { event: "answers"; accepted: number; refused: number }
  /** `missed`: a window passed without an accepted answer. */
  | { event: "dropped"; hash: FileHash; reason: string; missed: boolean }
  | { event: "restored"; hash: FileHash; reason: string }
  | { event: "waiting"; reason: string; seconds: number }
  | { event: "token"; farmer: string; reason: "new" | "rotated" | "lost" };

/** How a farmer is doing. */
export interface FarmerProgress {
  contracts: number;
  bytes: number;
  wanted: number;
  accepted: number;
  missed: number;
  dropped: number;
  /** Seconds until the next answer must be in; undefined without contracts. */
  nextDue: number | undefined;
  /** Why it waits for the node; undefined when all is well. */
  trouble: string | undefined;
}
