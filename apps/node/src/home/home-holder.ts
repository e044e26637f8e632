import { readFileSync } from "node:fs";
import { join } from "node:path";
import { probeLock } from "@cairn/process/hold-lock";

export interface HomeHolder {
  /** 0 when it left no word of it. */
  pid: number;
  /** `other` has the home for a while only: a backup, say. `unknown` where the system does not show it. */
  runs: "network" | "node" | "other" | "unknown";
}

/** The process that has a home to itself now, if one has; nothing in the home is touched. */
export function homeHolder(directory: string): HomeHolder | undefined {
  const holder = probeLock(join(directory, "lock"));
  return holder === undefined ? undefined : { pid: holder.pid, runs: runsAs(holder.pid) };
}

/**
 * Whether the process that wrote a run file still has its home. One that was killed leaves the file, and anybody may listen at its address by
 * now: whoever trusts the file without asking hands the owner's token to them.
 */
export function stillHolds(directory: string, pid: number): boolean {
  const holder = homeHolder(directory);
  return holder !== undefined && (holder.pid === pid || holder.pid === 0);
}

/** By its command line: `… main.ts up …` (or `start`), `… main.ts downstream serve …`. */
function runsAs(pid: number): HomeHolder["runs"] {
  let words: string[];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return "unknown";
  }
  if (words.includes("up") || words.includes("start")) return "network";
  return words.includes("serve") ? "node" : "other";
}
