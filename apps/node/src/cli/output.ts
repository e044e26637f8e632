import { stdout } from "node:process";

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
