import { describe, expect, it } from "vitest";
import { ALWAYS_ON } from "./periods.ts";
import { failureIn, formatSafety, lostWithin, type SafetyHolder, SafetyModel, type SafetyPiece } from "./safety.ts";

/** Mulberry32: the same numbers in each run. */
function drawer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const always = (failure: number, group?: string): SafetyHolder => ({ duty: ALWAYS_ON, failure, group });

/** How often the package could not be read, in trials drawn one by one from what the model says of holders and groups. */
function simulate(
  holders: readonly SafetyHolder[],
  pieces: readonly SafetyPiece[],
  groupFailure: number,
  trials: number,
) {
  const draw = drawer(7);
  let failed = 0;
  for (let trial = 0; trial < trials; trial++) {
    const groups = new Map<string, boolean>();
    const up = holders.map(({ failure, group }) => {
      if (group !== undefined && !groups.has(group)) groups.set(group, draw() < groupFailure);
      const alone = draw() >= failure;
      return alone && (group === undefined || groups.get(group) === false);
    });
    if (pieces.some(({ k, holders: of }) => of.filter((holder) => up[holder]).length < k)) failed += 1;
  }
  return {
    share: failed / trials,
    deviation: Math.sqrt((failed / trials) * (1 - failed / trials)) / Math.sqrt(trials),
  };
}

const TRIALS = 200_000;
/** Eight providers of four operators, and 40 pieces of 2 of 4 over them. */
const HOLDERS = Array.from({ length: 8 }, (_, i) => always(0.05 + 0.02 * i, `operator ${i % 4}`));
const draw = drawer(1);
const PIECES = Array.from({ length: 40 }, () => {
  const holders = HOLDERS.map((_, i) => i).sort(() => draw() - 0.5);
  return { k: 2, holders: holders.slice(0, 4) };
});

describe("the probability that a package cannot be read", () => {
  it("is exactly that of too few of one piece's holders answering", () => {
    const holders = [0.1, 0.2, 0.3].map((failure) => always(failure));
    const { most, least } = new SafetyModel(holders, [{ k: 2, holders: [0, 1, 2] }]).inHour(0);
    // All three fail, or all but one.
    const expected = 0.1 * 0.2 * 0.3 + 0.9 * 0.2 * 0.3 + 0.1 * 0.8 * 0.3 + 0.1 * 0.2 * 0.7;
    expect(most).toBeCloseTo(expected, 14);
    expect(least).toBe(most);
  });

  it.each([0, 0.1])("is what trials come to when pieces share providers, and groups fail with %f", (groupFailure) => {
    const { share, deviation } = simulate(HOLDERS, PIECES, groupFailure, TRIALS);
    const exact = new SafetyModel(HOLDERS, PIECES, { groupFailure }).inHour(5);
    expect(exact.least).toBe(exact.most);
    expect(Math.abs(exact.most - share)).toBeLessThan(4 * deviation);
    const bounded = new SafetyModel(HOLDERS, PIECES, { groupFailure, exactSteps: 0 }).inHour(5);
    expect(bounded.least).toBeLessThan(exact.least);
    expect(bounded.most).toBeGreaterThan(exact.most);
  });

  it("of one piece is the same by the distribution as by every state, groups included", () => {
    for (const [k, count] of [
      [1, 8],
      [3, 7],
      [8, 8],
    ] as const) {
      const piece = { k, holders: HOLDERS.map((_, i) => i).slice(0, count) };
      const by = (exactSteps?: number) =>
        new SafetyModel(HOLDERS, [piece], { groupFailure: 0.07, ...(exactSteps === 0 ? { exactSteps } : {}) }).inHour(
          0,
        );
      expect(by(0).most).toBeCloseTo(by().most, 13);
      expect(by(0).least).toBeCloseTo(by().least, 13);
    }
  });

  it("is kept where it is far below the precision of 1", () => {
    const holders = Array.from({ length: 12 }, () => always(0.001));
    const piece = { k: 1, holders: holders.map((_, i) => i) };
    for (const exactSteps of [undefined, 0]) {
      const model = new SafetyModel(holders, [piece], exactSteps === undefined ? {} : { exactSteps });
      expect(model.inHour(0).most / 1e-36).toBeCloseTo(1, 6);
    }
  });

  it("goes by who is awake, and is certain where too few are", () => {
    const day = (1n << 12n) - 1n;
    const holders = [always(0), { duty: day, failure: 0.25 }, { duty: day, failure: 0.5 }];
    const model = new SafetyModel(holders, [{ k: 2, holders: [0, 1, 2] }]);
    expect(model.hours().map((hours) => hours.length)).toEqual([12, 156]);
    expect(model.inHour(3).most).toBeCloseTo(0.125, 14);
    expect(model.inHour(12)).toEqual({ most: 1, least: 1 });
    expect(model.failure((holder) => holder > 0).most).toBeCloseTo(1 - 0.375, 14);
  });

  it("is bounded for a thousand pieces over many providers", () => {
    const many = Array.from({ length: 200 }, (_, i) => always(0.02, `operator ${i % 50}`));
    const choose = drawer(3);
    const pieces = Array.from({ length: 1000 }, () => {
      const holders = new Set<number>();
      while (holders.size < 6) holders.add(Math.floor(choose() * many.length));
      return { k: 3, holders: [...holders] };
    });
    const model = new SafetyModel(many, pieces, { groupFailure: 0.01 });
    const { most, least } = model.inHour(0);
    const { share, deviation } = simulate(many, pieces, 0.01, 4000);
    expect(share).toBeGreaterThan(least - 4 * deviation);
    expect(share).toBeLessThan(most + 4 * deviation);
    expect(model.hours()).toHaveLength(1);
  });
});

it("spreads what is lost in a year over its hours", () => {
  expect(lostWithin(0.05, 8760)).toBeCloseTo(0.05, 14);
  expect(lostWithin(0.05, 24)).toBeCloseTo(1 - 0.95 ** (24 / 8760), 14);
  expect(lostWithin(1, 24)).toBe(1);
  expect(failureIn({ hourly: 0.1, yearly: 0, repairHours: 24 })).toBeCloseTo(0.1, 14);
});

it("writes as many nines as there are, and never one too many", () => {
  const texts = [0, 2e-6, 2.3e-6, 0.01, 0.0101, 0.1, 0.5, 1, 1e-30].map(formatSafety);
  expect(texts).toEqual([
    ...["100 %", "99.9998 %", "99.9997 %", "99 %", "98 %", "90 %", "50 %", "0 %", "99.999999999999 %"],
  ]);
});
