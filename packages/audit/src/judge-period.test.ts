import { ALWAYS_ON } from "@cairn/core";
import type { DealId } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  damageForgiven,
  EMPTY_TALLY,
  type JudgedDeal,
  judgePeriod,
  type Outcome,
  silenceStrikes,
  type Tally,
} from "./judge-period.ts";
import type { Weight } from "./weigh-silence.ts";

const clock = { genesisTime: 0, periodSeconds: 60, graceSeconds: 6 };
const id = (n: number): DealId => `0x${n.toString(16).padStart(64, "0")}`;
const deal = (n: number, more: Partial<JudgedDeal> = {}): JudgedDeal => ({
  deal: id(n),
  duty: ALWAYS_ON,
  receiptPeriod: 0,
  lastPeriod: 1000,
  ...more,
});
const four = [deal(1), deal(2), deal(3), deal(4)];
const all = (outcome: Outcome, except: number[] = []) =>
  new Map<DealId, Outcome>(four.filter((_, i) => !except.includes(i + 1)).map((d) => [d.deal, outcome]));

/** Judge period after period, carrying the tallies on. */
function run(deals: JudgedDeal[], rounds: Map<DealId, Outcome>[], first = 1, silence: Weight = "theirs") {
  let tallies = new Map<DealId, Tally>();
  return rounds.map((outcomes, i) => {
    const judged = judgePeriod(first + i, deals, tallies, outcomes, clock, silence);
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

  it("forgives one silence, and faults the second", () => {
    const rounds = run(four, [all("proved", [1]), all("proved"), all("proved", [1])]);
    expect(rounds.map((r) => r[0]?.leaf.verdict)).toEqual([1, 0, 2]);
    expect(rounds[2]?.[0]?.leaf).toMatchObject({ faultA: 1, faultB: 3 });
  });

  it("holds silence against nobody while the verifiers were away, and what came still counts", () => {
    const judged = judgePeriod(3, four, new Map(), all("proved", [1, 2, 3]), clock, "ours");
    expect(judged.map((j) => [j.outcome, j.leaf.verdict, j.leaf.fulfilled, j.leaf.committed])).toEqual([
      ["unheard", 0, 0, 0],
      ["unheard", 0, 0, 0],
      ["unheard", 0, 0, 0],
      ["proved", 0, 1, 1],
    ]);
    const wrong = judgePeriod(3, four, new Map(), all("wrong", [1]), clock, "ours");
    expect(wrong.map((j) => j.leaf.verdict)).toEqual([0, 2, 2, 2]);
  });

  it("repeats a fault that nobody acted on in the leaves of 24 later periods, with all that was proved meanwhile", () => {
    const wrong = run(four, [all("wrong", [2, 3, 4]), ...Array.from({ length: 30 }, () => all("proved"))]);
    const leaves = wrong.map((round) => round[0]!.leaf);
    expect(leaves.map(({ verdict }) => verdict)).toEqual([...Array(25).fill(2), ...Array(6).fill(0)]);
    expect(leaves[24]).toMatchObject({ fulfilled: 24, committed: 25, faultA: 1, faultB: 1 });
    expect(leaves[25]).toMatchObject({ fulfilled: 25, faultA: 0, faultB: 0 });
    expect(wrong.flatMap((round) => round.slice(1)).filter(({ leaf }) => leaf.verdict === 2)).toEqual([]);
    // Also where the verifiers were away, or many were silent at once.
    const tallies = new Map([[id(1), { ...EMPTY_TALLY, fault: [3, 5], recent: [3, 4, 5] }]]);
    for (const silence of ["ours", "shared"] as const) {
      const [judged] = judgePeriod(6, four.slice(0, 1), tallies, new Map(), clock, silence);
      expect(judged?.leaf).toMatchObject({ verdict: 2, faultA: 3, faultB: 5, fulfilled: 0 });
    }
  });

  it("faults no first silence, however few shards live", () => {
    const [judged] = run(four, [all("proved", [1, 2])]);
    expect(judged?.map((j) => j.leaf.verdict)).toEqual([1, 1, 0, 0]);
  });

  it("neither pays nor counts silence that is shared, three times in the window, and faults what goes on", () => {
    const quiet = all("proved", [1, 2]);
    const rounds = run(four, [quiet, quiet, quiet, quiet, quiet], 1, "shared");
    expect(rounds.map((r) => r[0]?.outcome)).toEqual(["held", "held", "held", "silent", "silent"]);
    expect(rounds.map((r) => r[0]?.leaf.verdict)).toEqual([0, 0, 0, 1, 2]);
    expect(rounds[4]?.[0]?.leaf).toMatchObject({ fulfilled: 0, committed: 2, faultA: 4, faultB: 5 });
    expect(rounds[4]?.[3]?.leaf).toMatchObject({ fulfilled: 5, committed: 5, verdict: 0 });
  });

  it("does not pay a late proof and does not count it as silence", () => {
    const rounds = run(
      four,
      Array.from({ length: 30 }, () => all("proved").set(id(1), "late")),
    );
    expect(rounds.map((r) => r[0]?.leaf.verdict)).toEqual(Array(30).fill(1));
    expect(rounds.at(-1)?.[0]?.leaf).toMatchObject({ fulfilled: 0, committed: 30 });
  });

  it("takes more misses where periods are of few seconds: a quarter of a minute of them", () => {
    expect([1, 5, 7, 8, 60, 3600].map((periodSeconds) => silenceStrikes({ periodSeconds }))).toEqual([
      15, 3, 3, 2, 2, 2,
    ]);
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

  describe("damage that is reported period after period", () => {
    const often = (count: number, outcome: Outcome) => {
      let tally = EMPTY_TALLY;
      return Array.from({ length: count }, (_, i) => {
        const reported = new Set([id(1)]);
        const heard = new Map([[id(1), outcome]]);
        const [judged] = judgePeriod(1 + i, [deal(1)], new Map([[id(1), tally]]), heard, clock, "theirs", reported);
        tally = judged!.tally;
        return judged!;
      });
    };

    it("is a miss from the fourth of 24 periods on, and a fault with the fifth, also where the rest is proved", () => {
      for (const outcome of ["damaged", "late", "proved"] as const) {
        const rounds = often(8, outcome);
        const early = outcome === "proved" ? 0 : 1;
        expect(rounds.map(({ leaf }) => leaf.verdict)).toEqual([early, early, early, 1, 2, 2, 2, 2]);
        expect(rounds[4]?.leaf).toMatchObject({ faultA: 4, faultB: 5, fulfilled: outcome === "proved" ? 3 : 0 });
        expect(rounds.at(-1)?.leaf.fulfilled).toBe(outcome === "proved" ? 3 : 0);
        expect(rounds.slice(3).map((judged) => judged.outcome)).toEqual(Array(5).fill("damaged"));
      }
    });

    it("takes nothing from what was proved on chain, and adds to silence", () => {
      expect(often(30, "chain").map(({ leaf }) => leaf.verdict)).toEqual(Array(30).fill(0));
      const rounds = run(
        [deal(1)],
        [...Array<Outcome>(4).fill("damaged"), undefined].map((o) => new Map(o ? [[id(1), o]] : [])),
      );
      expect(rounds.map((r) => r[0]?.leaf.verdict)).toEqual([1, 1, 1, 1, 2]);
    });

    it("fails nobody whose copy is rewritten in time: three periods of any 24, whatever they are", () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.nat(8), fc.boolean()), { maxLength: 12 }), (gaps) => {
          // Of each 24 periods three are damaged, anywhere.
          const rounds = Array.from({ length: 12 * 24 }, () => new Map<DealId, Outcome>([[id(1), "proved"]]));
          for (const [i, [gap, proves]] of gaps.entries())
            if (!proves) for (let j = 0; j < 3; j++) rounds[i * 32 + gap + j]?.set(id(1), "damaged");
          for (const round of run([deal(1)], rounds)) expect(round[0]?.leaf.verdict).not.toBe(2);
        }),
      );
    });

    it("is forgiven for a minute of short periods, and never for the whole window", () => {
      const forgiven = [1, 5, 10, 60, 3600].map((periodSeconds) => damageForgiven({ periodSeconds }));
      expect(forgiven).toEqual([9, 12, 6, 3, 3]);
    });
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
    const outcome = fc.constantFrom<(Outcome | undefined)[]>("proved", "chain", "wrong", "damaged", "late", undefined);
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
