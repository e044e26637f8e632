import type { ContractBeats, Question } from "./contract-beats.ts";
import { type ContractLife, type Standing, standingAt } from "./window.ts";

/** The columns of `downstream.contracts c` that contractRow reads, in its order. */
export const CONTRACT_COLUMNS =
  "c.id, c.start, c.interval, c.answers, c.round, c.rounds, c.settled, coalesce(c.state, c.root || c.seed)";

export interface ContractRow extends ContractLife {
  /** Decimal. */
  id: string;
  /** Number of the challenge of window 0. */
  round: number;
  /** Challenges of the chunk; null for Swizzle. */
  rounds: number | null;
  settled: boolean;
  /** Merkle: root and seed, 32 bytes each; Swizzle: the encrypted state. */
  secret: Buffer;
}

/** Reads CONTRACT_COLUMNS from `at` on of a row that came as an array; undefined when an outer join found none. */
export function contractRow(columns: readonly unknown[], at: number): ContractRow | undefined {
  if (columns[at] === null) return undefined;
  const [id, start, interval, answers, round, rounds, settled, secret] = columns.slice(at) as [
    string,
    number,
    number,
    number,
    number,
    number | null,
    boolean,
    Buffer,
  ];
  const life = { id, start, interval, answers, round, rounds, settled, secret };
  return rounds === null ? life : { ...life, challenges: rounds - round };
}

/** A settled contract has ended, whatever the clock says. */
export function standingOf(row: ContractRow, now: number): Standing {
  return row.settled ? { state: "expired" } : standingAt(row, now);
}

/** What was asked in window `row.answers` (the next to answer) or in the one before it. */
export function questionOf(beats: ContractBeats, row: ContractRow, window: number): Question {
  if (row.rounds === null) return { scheme: "Swizzle", state: row.secret, key: beats.challengeKey(row.id, window) };
  const before = row.secret.subarray(32, 64);
  return {
    scheme: "Merkle",
    root: row.secret.subarray(0, 32),
    seed: window === row.answers ? beats.nextSeed(before) : before,
    index: row.round + window,
    rounds: row.rounds,
  };
}
