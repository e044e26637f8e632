/** The lowest of any number of values, Infinity for none: `Math.min` of spread values overflows the stack from some 120,000 on. */
export function lowest(values: Iterable<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < found) found = value;
  return found;
}

/** The highest of any number of values, -Infinity for none. */
export function highest(values: Iterable<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > found) found = value;
  return found;
}
