import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, type ProcessIdentity } from "@cairn/process";

export type ChildRecord = ProcessIdentity & { name: string };

/** Note which children run, for the next supervisor should this one be killed. */
export function recordChildren(file: string, children: ChildRecord[]): void {
  if (children.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  writeFileSync(`${file}.new`, JSON.stringify(children), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function isRecord(value: unknown): value is ChildRecord {
  const { pid, start, name } = (value ?? {}) as Partial<ChildRecord>;
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof start === "string" && typeof name === "string";
}

function recordedChildren(file: string): ChildRecord[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  try {
    const children: unknown = JSON.parse(text);
    return Array.isArray(children) ? children.filter(isRecord) : [];
  } catch {
    return []; // Torn by a power cut, after which no child runs either.
  }
}

function signalGroup({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * End the children of a killed supervisor that still run, so that the new ones find their ports and files free. They have been told
 * already (their parent pipe closed); after `graceMilliseconds` they are killed. Only call it while holding the home's lock.
 *
 * @returns the names of those that still ran
 */
export async function endLeftovers(file: string, graceMilliseconds = 4_000): Promise<string[]> {
  const found = recordedChildren(file).filter(isRunning);
  const end = performance.now() + graceMilliseconds;
  while (found.some(isRunning) && performance.now() < end) await sleep(20);
  for (const child of found.filter(isRunning)) signalGroup(child, "SIGKILL");
  while (found.some(isRunning)) await sleep(10);
  rmSync(file, { force: true });
  return found.map(({ name }) => name);
}
