/** Processor seconds of this process: rates by them are per core, and hold on a machine that others use too. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const wallSeconds = () => performance.now() / 1000;

/** Seconds of each contender: the median of `rounds` turns, taken in turn so that a busy machine slows all alike; one turn before to warm up. */
export async function race<Name extends string>(
  contenders: Record<Name, () => unknown>,
  rounds = 5,
  clock: () => number = wallSeconds,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const seconds = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const started = clock();
      await contenders[name]();
      if (round > 0) seconds.get(name)!.push(clock() - started);
    }
  }
  const median = (name: Name) => seconds.get(name)!.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!;
  return Object.fromEntries(names.map((name) => [name, median(name)])) as Record<Name, number>;
}

/** One line: the figure, what it is held against in the same run, and their ratio. */
export function report(what: string, figure: number, unit: string, against: string, other: number): void {
  const round = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US"));
  process.stdout.write(
    `${what}: ${[round(figure), unit].join(" ").trim()}; ${against}: ${round(other)}; ratio ${(figure / other).toFixed(2)}\n`,
  );
}

/** Whether a stated target is met, in words. */
export function judge(what: string, figure: number, least: number): void {
  process.stdout.write(
    `target: ${what} ≥ ${least.toLocaleString("en-US")}: ${figure >= least ? "met" : "MISSED"} (${figure < 100 ? figure.toFixed(2) : Math.round(figure).toLocaleString("en-US")})\n`,
  );
}
