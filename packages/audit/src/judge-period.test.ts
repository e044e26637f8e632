import { ALWAYS_ON, type DealId } from "@cairn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EMPTY_TALLY, type JudgedDeal, judgePeriod, type Outcome, type Tally } from "./judge-period.ts";

const clock = { genesisTime: 0, periodSeconds: 60, graceSeconds: 6 };
const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const deal = (n: number, more: Partial<JudgedDeal> = {}): JudgedDeal => ({
  deal: id(n),
  piece: "p/0",
  k: 2,
  duty: ALWAYS_ON,
  receiptPeriod: 0,
  lastPeriod: 1000,
  ...more,
});
const four = [deal(1), deal(2), deal(3), deal(4)];
const all = (outcome: Outcome, except: number[] = []) =>
  new Map<DealId, Outcome>(four.filter((_, i) => !except.includes(i + 1)).map((d) => [d.deal, outcome]));

/** Judge period after period, carrying the tallies on. */
function run(deals: JudgedDeal[], rounds: Map<DealId, Outcome>[], first = 1) {
  let tallies = new Map<DealId, Tally>();
  return rounds.map((outcomes, i) => {
    const judged = judgePeriod(first + i, deals, tallies, outcomes, clock);
    tallies = new Map(judged.map((j) => [j.leaf.deal, j.tally]));
    return judged;
  });
}

describe("judgePeriod", () => {
  it("counts a proof as fulfilled and committed", () => {
    const [judged] = run(four, [all("proved")]);
    expect(judged?.map((j) => [j.leaf.fulfilled, j.leaf.committed, j.leaf.verdict])).toEqual(Array(4).fill([1, 1, 0]));
  });

  it("leaves a period proved on chain out of both counts", () => {
    const [judged] = run(four, [all("chain")]);
    expect(judged?.[0]?.leaf).toMatchObject({ fulfilled: 0, committed: 0, verdict: 0 });
  });

  it("forgives one silence while more than k shards live, and faults the second", () => {
    const rounds = run(four, [all("proved", [1]), all("proved"), all("proved", [1])]);
    expect(rounds.map((r) => r[0]?.leaf.verdict)).toEqual([1, 0, 2]);
    expect(rounds[2]?.[0]?.leaf).toMatchObject({ faultA: 1, faultB: 3 });
  });

  it("holds silence against nobody while the verifiers were away, and what came still counts", () => {
    const judged = judgePeriod(3, four, new Map(), all("proved", [1, 2, 3]), clock, false);
    expect(judged.map((j) => [j.outcome, j.leaf.verdict, j.leaf.fulfilled, j.leaf.committed])).toEqual([
      ["unheard", 0, 0, 0],
      ["unheard", 0, 0, 0],
      ["unheard", 0, 0, 0],
      ["proved", 0, 1, 1],
    ]);
    const wrong = judgePeriod(3, four, new Map(), all("wrong", [1]), clock, false);
    expect(wrong.map((j) => j.leaf.verdict)).toEqual([0, 2, 2, 2]);
  });

  it("faults the first silence when no more than k shards live", () => {
    const [judged] = run(four, [all("proved", [1, 2])]);
    expect(judged?.map((j) => j.leaf.verdict)).toEqual([2, 2, 0, 0]);
    expect(judged?.[0]?.leaf).toMatchObject({ faultA: 1, faultB: 1 });
  });

  it("faults a wrong proof at once", () => {
    const outcomes = all("proved").set(id(2), "wrong");
    const [judged] = run(four, [outcomes]);
    expect(judged?.[1]?.leaf).toMatchObject({ verdict: 2, faultA: 1, faultB: 1, fulfilled: 0, committed: 1 });
  });

  it("does not pay for a damaged shard and does not count it as silence", () => {
    const damaged = all("proved").set(id(1), "damaged");
    const rounds = run(four, [damaged, damaged, damaged]);
    expect(rounds.map((r) => r[0]?.leaf.verdict)).toEqual([1, 1, 1]);
    expect(rounds[2]?.[0]?.leaf).toMatchObject({ fulfilled: 0, committed: 3 });
  });

  it("forgets a silence that left the window of 24 scheduled periods", () => {
    const quiet = all("proved", [1]);
    const rounds = run(four, [quiet, ...Array.from({ length: 23 }, () => all("proved")), quiet]);
    expect(rounds.at(-1)?.[0]?.leaf.verdict).toBe(1);
  });

  it("asks nothing outside the duty hours, before the receipt or after the end", () => {
    const idle = [deal(1, { duty: 0n }), deal(2, { receiptPeriod: 5 }), deal(3, { lastPeriod: 3 })];
    const judged = judgePeriod(5, idle, new Map(), new Map(), clock);
    expect(judged.map((j) => [j.outcome, j.leaf.committed, j.leaf.verdict])).toEqual(Array(3).fill(["off-duty", 0, 0]));
  });

  it("never counts more fulfilled than committed, and both only grow", () => {
    const outcome = fc.constantFrom<(Outcome | undefined)[]>("proved", "chain", "wrong", "damaged", undefined);
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, outcome, outcome, outcome), { maxLength: 60 }), (script) => {
        const rounds = run(
          four,
          script.map((row) => {
            const map = new Map<DealId, Outcome>();
            row.forEach((o, i) => {
              if (o) map.set(id(i + 1), o);
            });
            return map;
          }),
        );
        let before = four.map(() => EMPTY_TALLY);
        for (const judged of rounds) {
          judged.forEach((j, i) => {
            const last = before[i] ?? EMPTY_TALLY;
            expect(j.leaf.fulfilled).toBeLessThanOrEqual(j.leaf.committed);
            expect(j.leaf.fulfilled - last.fulfilled).toBeGreaterThanOrEqual(0);
            expect(j.leaf.committed - last.committed).toBeLessThanOrEqual(1);
          });
          before = judged.map((j) => j.tally);
        }
      }),
    );
  });

  it("gives the same leaves whatever the order of the deals", () => {
    const shuffled = [four[2], four[0], four[3], four[1]].filter((d) => d !== undefined);
    expect(judgePeriod(1, shuffled, new Map(), all("proved", [3]), clock)).toEqual(
      judgePeriod(1, four, new Map(), all("proved", [3]), clock),
    );
  });
});
