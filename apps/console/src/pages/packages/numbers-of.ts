/** Piece numbers as typed, `0, 2`: undefined where that is none, or one of them is beyond the last. */
export function numbersOf(text: string, last: number): number[] | undefined {
  const parts = text.split(/[\s,]+/).filter((one) => one !== "");
  const numbers = [...new Set(parts.map(Number))];
  const isGood = parts.length > 0 && parts.every((one) => /^\d{1,6}$/.test(one)) && numbers.every((one) => one <= last);
  return isGood ? numbers.toSorted((a, b) => a - b) : undefined;
}
