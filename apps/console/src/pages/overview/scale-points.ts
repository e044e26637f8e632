export interface Point {
  /** UNIX seconds. */
  at: number;
  value: number;
}

export interface Box {
  width: number;
  height: number;
  /** White at each side, so that a line at the edge is seen whole. */
  pad: number;
}

/**
 * The points as the path of a line in a box, time to the right and value upwards. A value holds until the next point says otherwise: the line goes in
 * steps. Values that are all the same lie in the middle.
 */
export function scalePoints(points: readonly Point[], { width, height, pad }: Box): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return "";
  let [low, high] = [first.value, first.value];
  for (const { value } of points) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = last.at - first.at;
  const x = (at: number) => round(span === 0 ? pad : pad + ((at - first.at) / span) * (width - 2 * pad));
  const y = (value: number) =>
    round(high === low ? height / 2 : height - pad - ((value - low) / (high - low)) * (height - 2 * pad));
  const line = points.slice(1).map(({ at, value }) => `H${x(at)}V${y(value)}`);
  const end = span === 0 ? `H${width - pad}` : "";
  return `M${x(first.at)} ${y(first.value)}${line.join("")}${end}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
