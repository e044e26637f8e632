import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // Ended meanwhile, or another account's process: not ours to judge.
  }
}

/** Ids of the PostgreSQL processes that work in `data` (a real path): the server changes into its data directory, its children stay there. */
export function serverProcesses(data: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => linkOf(`/proc/${pid}/cwd`) === data)
    .filter((pid) => basename(linkOf(`/proc/${pid}/exe`) ?? "").startsWith("postgres"))
    .map(Number);
}

/** First line of postmaster.pid: the server's process id, or undefined. */
function recordedServer(data: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(data, "postmaster.pid"), "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function gone(data: string, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (;;) {
    if (serverProcesses(data).length === 0) return true;
    if (performance.now() > end) return false;
    await sleep(10);
  }
}

/**
 * Stop every server process left in `data` by a supervisor that is gone: a fast shutdown first, then harder. Only call it while
 * holding the lock of the directory. Returns how many there were.
 */
export async function stopOrphans(data: string): Promise<number> {
  const found = serverProcesses(data);
  if (found.length === 0) return 0;
  const postmaster = recordedServer(data);
  if (postmaster !== undefined && found.includes(postmaster)) sendSignal(postmaster, "SIGINT");
  if (await gone(data, 3_000)) return found.length;
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    for (const pid of serverProcesses(data)) sendSignal(pid, signal);
    if (await gone(data, 1_000)) break;
  }
  return found.length;
}
