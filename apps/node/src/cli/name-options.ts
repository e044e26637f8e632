import { InvalidArgumentError } from "commander";
import { list } from "./placement-flags.ts";

/** A parser of some of these names between commas, in letters of either case; each is given as it is in `names`. */
export function someOf(names: readonly string[]) {
  return (text: string): string[] =>
    list(text).map((one) => {
      const known = names.find((name) => name.toLowerCase() === one.toLowerCase());
      if (known !== undefined) return known;
      throw new InvalidArgumentError(`There is no "${one.slice(0, 40)}" among ${inWords(names)}.`);
    });
}

/** Names for a line of help, in small letters, as they may be typed. */
export const inWords = (names: readonly string[]): string => names.map((name) => name.toLowerCase()).join(", ");
