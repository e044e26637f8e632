import { ALWAYS_ON } from "@cairn/core";
import type { DealId } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  HELD_PERIODS,
  type JudgedDeal,
  judgePeriod,
  type Outcome,
  SILENCE_WINDOW,
  silenceStrikes,
  type Tally,
} from "./judge-period.ts";
import { type Hearing, weighSilence } from "./weigh-silence.ts";

const clock = { genesisTime: 0, periodSeconds: 60, graceSeconds: 6 };
const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const hearing = (expected: number, silent: number, more: Partial<Hearing> = {}): Hearing => ({
  attended: true,
  expected,
  silent,
  answersExpected: expected,
  answersMissing: silent,
  witnesses: 0,
  ...more,
});

describe("weighSilence", () => {
  it("takes one silent provider at its silence, and several of a few for a fault of the line", () => {
    expect(weighSilence(hearing(6, 1))).toBe("theirs");
    expect(weighSilence(hearing(2, 1))).toBe("theirs");
    expect(weighSilence(hearing(4, 2))).toBe("shared");
    expect(weighSilence(hearing(100, 10))).toBe("theirs");
    expect(weighSilence(hearing(100, 11))).toBe("shared");
  });

  it("finds nothing proved where most are missing, unless others are heard", () => {
    expect(weighSilence(hearing(1, 1))).toBe("ours");
    expect(weighSilence(hearing(4, 3))).toBe("ours");
    expect(weighSilence(hearing(4, 3, { witnesses: 2 }))).toBe("shared");
    expect(weighSilence(hearing(1, 1, { witnesses: 1 }))).toBe("theirs");
    expect(weighSilence(hearing(100, 1, { attended: false }))).toBe("ours");
  });

  it("counts answers too: two that hold much of the network are no small share", () => {
    expect(weighSilence(hearing(100, 2, { answersExpected: 1000, answersMissing: 400 }))).toBe("shared");
  });
});

/** Providers with one deal each, judged period after period; `heard(provider, period)` says what came of each. */
function simulate(
  providers: number,
  periods: number,
  heard: (provider: number, period: number) => boolean,
  attended: (period: number) => boolean = () => true,
): Map<number, number> {
  const deals: JudgedDeal[] = Array.from({ length: providers }, (_, i) => ({
    deal: id(i),
    duty: ALWAYS_ON,
    receiptPeriod: 0,
    lastPeriod: periods,
  }));
  let tallies = new Map<DealId, Tally>();
  const failed = new Map<number, number>();
  for (let period = 1; period <= periods; period += 1) {
    const live = deals.filter((_, i) => !failed.has(i));
    const outcomes = new Map<DealId, Outcome>();
    live.forEach((deal) => {
      if (heard(Number(deal.deal), period)) outcomes.set(deal.deal, "proved");
    });
    const silent = live.length - outcomes.size;
    const weight = weighSilence(hearing(live.length, silent, { attended: attended(period) }));
    const judged = judgePeriod(period, live, tallies, outcomes, clock, weight);
    tallies = new Map(judged.map((j) => [j.leaf.deal, j.tally]));
    for (const { leaf } of judged) if (leaf.verdict === 2) failed.set(Number(leaf.deal), period);
  }
  return failed;
}

describe("the verifiers' own silence", () => {
  it("fails no honest provider, whatever keeps the verifiers from hearing most of them, and for however long", () => {
    // In each period the line is cut to more than half, at random, or the verifiers know that they were away; so many liars add to it.
    const cut = fc.record({
      known: fc.boolean(),
      seed: fc.integer(),
      share: fc.double({ min: 0.51, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.option(cut, { nil: undefined }), { minLength: 1, maxLength: 60 }),
        (providers, cuts) => {
          const order = (seed: number, provider: number) => Math.abs(Math.sin(seed * 7919 + provider * 104_729));
          const missing = (provider: number, period: number) => {
            const now = cuts[period - 1];
            if (now === undefined) return false;
            if (now.known) return order(now.seed, provider) < now.share;
            const ranked = Array.from({ length: providers }, (_, i) => i).sort(
              (a, b) => order(now.seed, a) - order(now.seed, b),
            );
            return ranked.indexOf(provider) < Math.floor(providers / 2) + 1;
          };
          const failed = simulate(
            providers,
            cuts.length,
            (provider, period) => !missing(provider, period),
            (period) => cuts[period - 1]?.known !== true,
          );
          expect([...failed]).toEqual([]);
        },
      ),
    );
  });

  it("forgives what some share in up to three periods of a window, and the next alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 1, max: 400 }), (providers, from) => {
        const some = (provider: number) => provider < Math.max(2, Math.floor(providers / 3));
        const periods = from + 60;
        const quiet = new Set([from, from + 5, from + 11].slice(0, HELD_PERIODS));
        const failed = simulate(providers, periods, (provider, period) => !(some(provider) && quiet.has(period)));
        expect([...failed]).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("liars of up to half of the providers", () => {
  it("are failed within five of their silent periods of any window, whenever and with whomever they are silent", () => {
    const bound = HELD_PERIODS + silenceStrikes(clock);
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 14 }).chain((providers) =>
          fc.record({
            providers: fc.constant(providers),
            scripts: fc.array(fc.array(fc.boolean(), { minLength: 48, maxLength: 48 }), {
              minLength: 1,
              maxLength: Math.floor(providers / 2),
            }),
          }),
        ),
        ({ providers, scripts }) => {
          const silent = (liar: number, period: number) => scripts[liar]?.[period - 1] === true;
          const failed = simulate(providers, 48, (provider, period) => !silent(provider, period));
          scripts.forEach((script, liar) => {
            const caught = failed.get(liar) ?? 49;
            for (let last = 1; last < caught && last <= 48; last += 1) {
              const window = script.slice(Math.max(0, last - SILENCE_WINDOW), last).filter(Boolean).length;
              expect(window).toBeLessThan(bound);
            }
          });
          for (const provider of failed.keys()) expect(provider).toBeLessThan(scripts.length);
        },
      ),
    );
  });
});
