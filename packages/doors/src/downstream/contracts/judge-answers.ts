import type { AnswerOutcome } from "../verification-node.ts";
import type { ContractBeats } from "./contract-beats.ts";
import { type ContractRow, questionOf, standingOf } from "./contract-row.ts";

/** An answer on its way through the batcher. */
export interface PendingAnswer {
  proof: unknown;
  /** When it counts as received, in seconds since 1970. */
  at: number;
  /** `answers` that the contract has if an update whose result was never heard did count this one. */
  mayHaveCounted?: { contract: string; answers: number };
}

/** An answer that is to be counted, if its contract still stands at `row.answers` by then. */
interface AcceptedAnswer<Item> {
  row: ContractRow;
  item: Item;
  /** For a Merkle contract: the seed before that of the next challenge. */
  seed: Buffer | undefined;
  /** Answers after it to the same contract, whose outcomes suppose that it counts. */
  followers: Item[];
}

export interface Judgement<Item> {
  outcomes: Map<Item, AnswerOutcome>;
  accepted: AcceptedAnswer<Item>[];
  /** Answers to the window after one that this judgement accepts: they wait until that one is counted. */
  deferred: Item[];
}

/** Verifying goes on without a pause for this many milliseconds at most. */
const LONGEST_TURN_MS = 10;
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Judge answers in the order of their arrival, each with its contract as it was read (undefined: no such contract of that token). The order of
 * checks is the original's: unknown, unreadable, expired, already answered, wrong. A wrong one changes nothing; of several right ones
 * the first is accepted. An answer to the next window before that has begun is right, too: only who was given its challenge can make one, so the
 * window had begun before the node's own absence moved it.
 */
export async function judgeAnswers<Item extends PendingAnswer>(
  beats: ContractBeats,
  answers: readonly { item: Item; row: ContractRow | undefined }[],
): Promise<Judgement<Item>> {
  const outcomes = new Map<Item, AnswerOutcome>();
  const accepted = new Map<string, AcceptedAnswer<Item>>();
  const deferred: Item[] = [];
  let turnBegan = performance.now();
  for (const { item, row } of answers) {
    if (performance.now() - turnBegan > LONGEST_TURN_MS) {
      await pause();
      turnBegan = performance.now();
    }
    if (row === undefined) {
      outcomes.set(item, "missing");
      continue;
    }
    if (item.mayHaveCounted?.contract === row.id && item.mayHaveCounted.answers === row.answers) {
      outcomes.set(item, "ok");
      continue;
    }
    const first = accepted.get(row.id);
    const standing = standingOf(first === undefined ? row : { ...row, answers: row.answers + 1 }, item.at);
    if (first !== undefined) {
      if (standing.state === "open") deferred.push(item);
      else first.followers.push(item);
    }
    if (standing.state === "answered" && first === undefined && isNext(beats, row, item)) {
      accepted.set(row.id, { row, item, seed: nextSeedOf(beats, row), followers: [] });
      outcomes.set(item, "ok");
      continue;
    }
    if (standing.state !== "open") {
      const readable = beats.readable(row.rounds === null ? "Swizzle" : "Merkle", item.proof);
      const ended = standing.state === "expired" ? "expired" : "answered";
      outcomes.set(item, readable ? ended : "corrupted");
      continue;
    }
    if (first !== undefined) continue;
    const verdict = beats.verify(questionOf(beats, row, row.answers), item.proof);
    outcomes.set(item, verdict);
    if (verdict === "ok") accepted.set(row.id, { row, item, seed: nextSeedOf(beats, row), followers: [] });
  }
  return { outcomes, accepted: [...accepted.values()], deferred };
}

/** Whether a proof answers the window that the contract has not come to yet. */
function isNext(beats: ContractBeats, row: ContractRow, { proof }: PendingAnswer): boolean {
  if (row.answers >= (row.challenges ?? Number.POSITIVE_INFINITY)) return false;
  return beats.verify(questionOf(beats, row, row.answers), proof) === "ok";
}

/** What the contract's seed becomes when window `row.answers` is counted; undefined for Swizzle. */
function nextSeedOf(beats: ContractBeats, row: ContractRow): Buffer | undefined {
  const question = questionOf(beats, row, row.answers);
  return question.scheme === "Merkle" ? question.seed : undefined;
}
