import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiryOf, standingAt } from "./window.ts";

/** The original's contract, stepped request by request as its life cycle is written down: a stored due, an answered flag and a challenge counter. */
class OriginalContract {
  readonly #interval: number;
  readonly #challenges: number;
  #due: number;
  #answered = true;
  #made = 0;

  constructor(start: number, interval: number, challenges: number) {
    this.#interval = interval;
    this.#challenges = challenges;
    this.#due = start;
    this.#insertNext();
  }

  get #expiration() {
    return this.#answered ? this.#due + this.#interval : this.#due;
  }

  #insertNext(): boolean {
    if (this.#made === this.#challenges) return false;
    this.#made += 1;
    this.#due = this.#expiration;
    this.#answered = false;
    return true;
  }

  challenge(now: number) {
    if (now >= this.#expiration) return "expired";
    if (now >= this.#due && !this.#insertNext()) return "exhausted";
    return { answered: this.#answered, due: this.#due, number: this.#made - 1 };
  }

  answer(now: number) {
    if (now >= this.#expiration) return "expired";
    if (this.#answered) return "answered";
    this.#answered = true;
    return "ok";
  }
}

const requests = fc.array(
  fc.record({ kind: fc.constantFrom("challenge", "answer" as const), wait: fc.integer({ min: 0, max: 14 }) }),
  { maxLength: 60 },
);

describe("standingAt", () => {
  it("says at every request what the original's stored state says", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000_000_000 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 6 }),
        requests,
        (start, interval, challenges, sequence) => {
          const original = new OriginalContract(start, interval, challenges);
          let answers = 0;
          let now = start;
          for (const { kind, wait } of sequence) {
            now += wait;
            const standing = standingAt({ start, interval, answers, challenges }, now);
            // A farmer answers a challenge that it has just asked for.
            const shown = original.challenge(now);
            if (standing.state === "open" || standing.state === "answered") {
              expect(shown).toEqual({
                answered: standing.state === "answered",
                due: standing.due,
                number: standing.window,
              });
            } else {
              expect(shown).toBe(standing.state);
            }
            if (kind === "challenge") continue;
            const outcome = original.answer(now);
            expect(outcome).toBe(
              { open: "ok", answered: "answered", exhausted: "answered", expired: "expired" }[standing.state],
            );
            if (outcome === "ok") answers += 1;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("gives the first window whole, also while the clock is set back", () => {
    const life = { start: 1000, interval: 15, answers: 0 };
    expect(standingAt(life, 990)).toEqual({ state: "open", window: 0, due: 1015 });
    expect(standingAt(life, 1014.999)).toEqual({ state: "open", window: 0, due: 1015 });
    expect(standingAt(life, 1015)).toEqual({ state: "expired" });
  });

  it("ends a contract with its last challenge's second interval", () => {
    const life = { start: 0, interval: 10, answers: 256, challenges: 256 };
    expect(standingAt(life, 2559)).toEqual({ state: "answered", window: 255, due: 2560 });
    expect(standingAt(life, 2560)).toEqual({ state: "exhausted" });
    expect(standingAt(life, expiryOf(life))).toEqual({ state: "expired" });
  });
});
