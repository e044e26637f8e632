/**
 * Whose silence it is when answers are missing: the provider's own, nobody knows whose, or the verifiers'. Pure. A verifier cannot see its
 * own broken line; it sees that many are missing at once. So what counts is how much of the network it can show to have heard.
 */

/** What the verifiers heard of one period, by the time that it is judged and those who were missing have been asked again. */
export interface Hearing {
  /** The verifiers listened, by their own account, for long enough (attendance.ts). */
  attended: boolean;
  /** Providers that owed an answer, and how many of them are missing one or more. */
  expected: number;
  silent: number;
  /** Answers owed, and missing. */
  answersExpected: number;
  answersMissing: number;
  /** Providers that owed nothing and are connected now: they are heard too. */
  witnesses: number;
}

/** `theirs`: counts against the silent. `shared`: forgiven, a few times. `ours`: proves nothing, however often. */
export type Weight = "theirs" | "shared" | "ours";

/** More missing than this of providers or of answers, from two providers or more, is no coincidence. */
const COMMON_SHARE = 0.1;

export function weighSilence(hearing: Hearing): Weight {
  const { attended, expected, silent, answersExpected, answersMissing, witnesses } = hearing;
  if (!attended) return "ours";
  if (silent === 0) return "theirs";
  const known = expected + witnesses;
  // Without half of the others, there is nothing to show that we hear anybody.
  if (silent * 2 > known) return "ours";
  const common = silent > known * COMMON_SHARE || answersMissing > answersExpected * COMMON_SHARE;
  return silent > 1 && common ? "shared" : "theirs";
}
