import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A process, told apart from a later one with the same id. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own words (Linux: clock ticks since boot). */
  start: string;
}

const HAS_PROC = existsSync("/proc/self/stat");

function startOf(pid: number): string | undefined {
  if (!HAS_PROC) {
    const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return stdout?.trim() || undefined;
  }
  try {
    // The name, in parentheses, may itself hold spaces and parentheses; state is field 3, start time field 22 (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined; // It has ended.
  }
}

/** undefined when no such process runs (one that waits to be reaped has ended). */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const start = startOf(pid);
  return start === undefined ? undefined : { pid, start };
}

/** Whether the very process still runs. */
export function isRunning(process: ProcessIdentity): boolean {
  return processIdentity(process.pid)?.start === process.start;
}
