import { InvalidArgumentError } from "commander";
import { counted } from "./format.ts";

const UNITS: [string, number][] = [
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
];
const NAMES = new Map<string, number>([
  ...UNITS,
  ...UNITS.map(([name, seconds]): [string, number] => [`${name}s`, seconds]),
  ["month", 30 * 86_400],
  ["months", 30 * 86_400],
  ["year", 365 * 86_400],
]);

/** How often: `day`, `week`, `month`, `12 hours`, `2weeks`. @returns seconds */
export function parseEvery(text: string): number {
  const [, count = "1", name = ""] = /^\s*(\d{1,5})?\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const unit = NAMES.get(name.toLowerCase());
  const seconds = Number(count) * (unit ?? 0);
  if (seconds > 0 && seconds <= 10 * 365 * 86_400) return seconds;
  throw new InvalidArgumentError("It is a number of hours, days, weeks or months, such as week or 12hours.");
}

export function everyWords(seconds: number): string {
  const [name, unit] = UNITS.find(([, length]) => seconds % length === 0) ?? ["second", 1];
  return seconds === unit ? `every ${name}` : `every ${counted(seconds / unit, name)}`;
}
