import { stderr } from "node:process";
import { formatBytes, formatDuration } from "./format.ts";

/** A bar on a terminal, lines elsewhere when asked for, or nothing. */
export type ProgressMode = "bar" | "lines" | "none";

export interface Progress {
  /** Absolute position; `total` may grow while it is learnt. */
  update(done: number, total: number): void;
}

const REDRAW_MILLISECONDS = 100;
const LINE_MILLISECONDS = 5_000;
const BAR_WIDTH = { most: 30, least: 5 };

/** What is drawn now. Nothing but one line of text is ever sent to the terminal: no mode is switched that a killed command could leave. */
let current: { draw(width: number): string } | undefined;
let drawn = false;

/** Take the bar off its line, for words that go to the same terminal. */
export function hideBar(): void {
  if (!drawn) return;
  drawn = false;
  stderr.write("\r\x1b[K");
}

export function showBar(): void {
  if (current === undefined) return;
  // A terminal that does not say how wide it is has 0 columns. The last column stays free: a full line would wrap.
  const width = Math.max(1, (stderr.columns || 80) - 1);
  stderr.write(`\r${current.draw(width).slice(0, width)}\x1b[K`);
  drawn = true;
}

/**
 * Show how far `work` is for exactly as long as it goes on: with rate and time left, on standard error. Whatever ends the work ends the
 * bar, which stays as it was last, on a line of its own.
 */
export async function withProgress<T>(
  output: { progress: ProgressMode },
  label: string,
  unit: "bytes" | "items",
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = beginProgress(output, label, unit);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

/** The same for work whose end is told by `end`. */
export function beginProgress(
  output: { progress: ProgressMode },
  label: string,
  unit: "bytes" | "items",
): Progress & { end(): void } {
  if (output.progress === "none") return { update() {}, end() {} };
  const amount = (value: number) => (unit === "bytes" ? formatBytes(Math.round(value)) : String(Math.round(value)));
  const started = performance.now();
  let done = 0;
  let total = 0;
  const words = () => {
    const seconds = (performance.now() - started) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const left = rate > 0 && total > done ? `, ${formatDuration((total - done) / rate)} left` : "";
    const pace = unit === "bytes" ? `, ${amount(rate)}/s` : "";
    return total === 0 ? "…" : `${amount(done)} of ${amount(total)}${pace}${left}`;
  };
  const bar = (width: number) => {
    const text = words();
    const room = Math.min(BAR_WIDTH.most, width - label.length - text.length - 2);
    if (room >= BAR_WIDTH.least) {
      const filled = total === 0 ? 0 : Math.floor((room * done) / total);
      return `${label} ${"█".repeat(filled)}${"░".repeat(room - filled)} ${text}`;
    }
    const percent = total === 0 ? "…" : `${Math.floor((100 * done) / total)} %`;
    return [`${label} ${text}`, `${label} ${percent}`].find((line) => line.length <= width) ?? percent;
  };
  const update = (at: number, of: number) => {
    done = at;
    total = Math.max(at, of);
  };
  const outer = current;
  const onTerminal = output.progress === "bar";
  const line = () => void stderr.write(`${label}: ${words()}\n`);
  if (onTerminal) {
    current = { draw: bar };
    showBar();
  }
  const timer = setInterval(onTerminal ? showBar : line, onTerminal ? REDRAW_MILLISECONDS : LINE_MILLISECONDS);
  timer.unref();
  const end = () => {
    clearInterval(timer);
    if (onTerminal) {
      showBar();
      endBar();
      current = outer;
    } else line();
  };
  return { update, end };
}

/** Leave the bar as it is and go on below it; for whoever ends the process at once. */
export function endBar(): void {
  current = undefined;
  if (!drawn) return;
  drawn = false;
  stderr.write("\n");
}
