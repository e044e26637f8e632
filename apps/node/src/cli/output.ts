import { stderr, stdout } from "node:process";
import { Format, Presets, SingleBar } from "cli-progress";

/** How a command speaks: tables and sentences to a person, one JSON document to a program. */
export interface Output {
  readonly json: boolean;
  /** A line for people; silent with --json. */
  say(line: string): void;
  /** The command's result; printed as JSON with --json. */
  result(value: unknown): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    say(line) {
      if (!json) stdout.write(`${line}\n`);
    },
    result(value) {
      if (json) {
        stdout.write(`${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v), 2)}\n`);
      }
    },
  };
}

/** Rows as aligned columns under their headings. */
export function table(headings: string[], rows: string[][]): string {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(headings), ...rows.map(line)].join("\n");
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Wei as coins, up to 6 significant decimals. */
export function formatCoins(wei: bigint): string {
  const whole = wei / 10n ** 18n;
  const fraction = (wei % 10n ** 18n).toString().padStart(18, "0");
  const firstDigit = fraction.search(/[1-9]/);
  if (firstDigit === -1) return `${whole} CAIRN`;
  const digits = fraction.slice(0, whole > 0n ? 6 : Math.min(18, firstDigit + 6)).replace(/0+$/, "");
  return `${whole}.${digits === "" ? "0" : digits} CAIRN`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`;
  if (seconds < 2 * 86_400) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export interface Progress {
  /** Absolute position; `total` may grow while it is learnt. */
  update(done: number, total: number): void;
  stop(): void;
}

/** A bar with rate and time left on a terminal's standard error; nothing elsewhere. */
export function startProgress(label: string, unit: "bytes" | "items", quiet: boolean): Progress {
  if (quiet || !stderr.isTTY) return { update() {}, stop() {} };
  const amount = (value: number) => (unit === "bytes" ? formatBytes(value) : String(Math.round(value)));
  const started = performance.now();
  const bar = new SingleBar(
    {
      stream: stderr,
      clearOnComplete: false,
      hideCursor: true,
      format: (options, params) => {
        const seconds = (performance.now() - started) / 1000;
        const rate = seconds > 0 ? params.value / seconds : 0;
        const left = rate > 0 ? `, ${formatDuration((params.total - params.value) / rate)} left` : "";
        const drawn = Format.BarFormat(params.progress, options);
        return `${label} ${drawn} ${amount(params.value)} of ${amount(params.total)}, ${amount(rate)}/s${left}`;
      },
    },
    Presets.shades_classic,
  );
  bar.start(1, 0);
  return {
    update(done, total) {
      bar.setTotal(Math.max(total, done, 1));
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
