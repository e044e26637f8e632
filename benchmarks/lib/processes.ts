import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

export interface ProcessUse {
  name: string;
  /** Largest resident memory since it began, in MiB. */
  peakMiB: number;
  /** Processor seconds since it began. */
  cpuSeconds: number;
}

/** Follows processes through /proc; what a restarted or ended one had reached is kept. */
export class ProcessWatch {
  readonly #find: () => { name: string; pid: number }[];
  readonly #seen = new Map<number, ProcessUse>();
  readonly #timer: NodeJS.Timeout;

  /** @param find the processes to follow, asked at every look */
  constructor(find: () => { name: string; pid: number }[], milliseconds = 500) {
    this.#find = find;
    this.#timer = setInterval(() => this.look(), milliseconds);
    this.#timer.unref();
  }

  look(): void {
    for (const { name, pid } of this.#find()) {
      const use = useOf(name, pid);
      // One that has just ended has no memory any more.
      const before = this.#seen.get(pid)?.peakMiB ?? 0;
      if (use !== undefined) this.#seen.set(pid, { ...use, peakMiB: Math.max(use.peakMiB, before) });
    }
  }

  /** What was seen so far, by name; processes of one name count as one, with the largest one's memory. */
  report(): ProcessUse[] {
    this.look();
    return [...Map.groupBy(this.#seen.values(), ({ name }) => name)].map(([name, uses]) => ({
      name,
      peakMiB: Math.max(...uses.map(({ peakMiB }) => peakMiB)),
      cpuSeconds: uses.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    }));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function useOf(name: string, pid: number): ProcessUse | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    return { name, peakMiB: peak / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Processor seconds of a process and of all that it began, those that have ended included. */
export function treeSeconds(pid: number): number {
  const ticks = withDescendants(pid).map((one) => {
    try {
      const fields = readFileSync(`/proc/${one}/stat`, "utf8").split(") ")[1]!.split(" ");
      // Its own time, then that of ended children.
      return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    } catch (error) {
      if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
      throw error;
    }
  });
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

/** A process and those that it began, theirs too. */
export function withDescendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const parent = Number(readFileSync(`/proc/${entry}/stat`, "utf8").split(") ")[1]!.split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch (error) {
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}
