import { stdout } from "node:process";
import { printable, printableJson } from "@cairn/core/printable";
import { asCalled, hintAsCalled } from "./as-called.ts";
import { hideBar, type ProgressMode, showBar } from "./progress.ts";

/** How a command speaks: tables and sentences to a person, one JSON document to a program. */
export interface Output {
  readonly json: boolean;
  /** How far it is shows as a bar on a terminal, as lines with --progress, and not at all with --json. */
  readonly progress: ProgressMode;
  /** Lines for people, silent with --json. Nothing in them drives the terminal: a line end within a line is escaped as well. */
  say(...lines: (string | string[])[]): void;
  /** The command's result; printed as JSON with --json. */
  result(value: unknown): void;
  /** One of a series of results, printed as one line of JSON with --json. */
  entry(value: unknown): void;
}

export interface OutputOptions {
  json?: boolean;
  /** Progress also where standard error is no terminal. */
  progress?: boolean;
}

export function createOutput(options: OutputOptions): Output {
  const json = options.json ?? false;
  return {
    json,
    progress: json ? "none" : process.stderr.isTTY ? "bar" : options.progress ? "lines" : "none",
    say(...lines) {
      if (json) return;
      hideBar();
      for (const line of lines.flat()) stdout.write(`${printable(asCalled(line))}\n`);
      showBar();
    },
    result(value) {
      if (json) stdout.write(`${printableJson(value, withDecimals, 2)}\n`);
    },
    entry(value) {
      if (json) stdout.write(`${printableJson(value, withDecimals)}\n`);
    },
  };
}

const withDecimals = (key: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : hintAsCalled(key, value);

/** A cell that is longer pushes its own row along, instead of every other row off the screen. */
const WIDEST_COLUMN = 42;

/** Rows as aligned columns under their headings, a line each. */
export function table(headings: string[], rows: string[][]): string[] {
  const shown = [headings, ...rows.map((row) => row.map(printable))];
  const widths = headings.map((_, i) =>
    shown.reduce((most, row) => Math.max(most, Math.min(row[i]?.length ?? 0, WIDEST_COLUMN)), 0),
  );
  return shown.map((cells) =>
    cells
      .map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
