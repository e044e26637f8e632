import { InvalidArgumentError } from "commander";

/** A parser of whole numbers within a range, for options and arguments. */
export function wholeNumber(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** A parser of numbers above 0. */
export function positive(maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!(value > 0 && value <= maximum)) throw new InvalidArgumentError(`It must be above 0 and at most ${maximum}.`);
    return value;
  };
}

/** A parser of amounts in coins, as wei. */
export function coins(text: string): bigint {
  const match = /^(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError("It must be an amount of coins, such as 1.5.");
  return BigInt(match[1] ?? 0) * 10n ** 18n + BigInt((match[2] ?? "").padEnd(18, "0"));
}

/** A parser of days, or times of a day, as UNIX seconds; without a zone a day begins at 00:00 UTC. */
export function day(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError("It must be a day, such as 2026-11-01, or a time as ISO 8601 has it.");
  return Math.floor(time / 1000);
}

/** A parser of numbers of pieces, joined by commas. */
export function pieceNumbers(text: string): number[] {
  if (/^\d{1,6}(,\d{1,6}){0,499}$/.test(text)) return text.split(",").map(Number);
  throw new InvalidArgumentError("It must be numbers of pieces, such as 0,2.");
}
