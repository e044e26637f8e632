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
