const format = new Intl.NumberFormat("en-GB");

/** A count with separators: `12,345`. */
export const number = (value: number | bigint): string => format.format(value);

/** `1 file`, `2 files`. */
export const counted = (value: number, word: string, plural = `${word}s`): string =>
  `${number(value)} ${value === 1 ? word : plural}`;
