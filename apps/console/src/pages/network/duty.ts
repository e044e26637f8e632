/** 168 bits of the API as hours of the week, 0 = Monday 00:00 UTC: 1 where it is on duty. */
export function hoursOf(duty: string): number[] {
  const bits = BigInt(duty);
  return Array.from({ length: 168 }, (_, hour) => Number((bits >> BigInt(hour)) & 1n));
}

/** The hour of the week that a time is in. @param at UNIX seconds; the epoch was a Thursday */
export const hourOfWeek = (at: number): number => (Math.floor(at / 3600) + 72) % 168;

/** How many are on duty in each hour of the week. */
export function onDuty(duties: readonly string[]): number[] {
  const counts = new Array<number>(168).fill(0);
  for (const duty of duties) for (const [hour, on] of hoursOf(duty).entries()) counts[hour]! += on;
  return counts;
}

/** From 0, nobody, to 4, all: how a cell of the week is shaded. Only nobody is 0 and only all are 4. */
export const levelOf = (on: number, all: number): number =>
  on === 0 ? 0 : on >= all ? 4 : 1 + Math.min(2, Math.floor((on / all) * 3));
