/** First second of a day such as 2026-11-29 in the person's own time zone, `later` days after it; undefined where the text is no day. */
export function secondsOfDay(text: string | undefined, later = 0): number | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  if (parts === null) return undefined;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const at = new Date(year, month - 1, day);
  // The 31st of a month that has 30 is no day.
  if (at.getMonth() !== month - 1 || at.getDate() !== day || year < 1970) return undefined;
  return Math.floor(new Date(year, month - 1, day + later).getTime() / 1000);
}

/** UNIX seconds, half-open, of the days that were chosen: the last one is in it. */
export function rangeOfDays({ from, until }: { from?: string | undefined; until?: string | undefined }) {
  const [first, end] = [secondsOfDay(from), secondsOfDay(until, 1)];
  return { ...(first === undefined ? {} : { from: first }), ...(end === undefined ? {} : { before: end }) };
}
