/** What a contract's life follows from: seconds since 1970 of its start, seconds of a window, and how many windows were answered. */
export interface ContractLife {
  start: number;
  interval: number;
  answers: number;
  /** How many windows there is a challenge for; undefined when they never run out. */
  challenges?: number;
}

/**
 * Where a contract stands: `open` asks for an answer to `window` until `due`; `answered` has had it, and the next window begins at
 * `due`; `exhausted` has no challenge left and runs out by itself; `expired` has ended.
 */
export type Standing =
  | { state: "open" | "answered"; window: number; due: number }
  | { state: "exhausted" }
  | { state: "expired" };

/** When the contract ends unless another window is answered, in seconds since 1970. */
export function expiryOf({ start, interval, answers }: ContractLife): number {
  return start + (answers + 1) * interval;
}

/**
 * The life cycle of the original (a challenge is made when the present one was answered and is due; due moves on by one interval; an answer
 * earns one interval after due), told from the clock instead of from requests.
 */
export function standingAt(life: ContractLife, now: number): Standing {
  const { start, interval, answers, challenges = Number.POSITIVE_INFINITY } = life;
  if (now >= expiryOf(life)) return { state: "expired" };
  const beganWindow = start + answers * interval;
  if (answers > 0 && now < beganWindow) return { state: "answered", window: answers - 1, due: beganWindow };
  if (answers >= challenges) return { state: "exhausted" };
  return { state: "open", window: answers, due: expiryOf(life) };
}
