import { describe, expect, it } from "vitest";
import { newcomerLimit } from "./selection.ts";
import { type OwnersWork, standingOf } from "./standing.ts";
import { type Attack, runScenario } from "./testing/sybil-model.ts";

const owner = (i: number): `0x${string}` => `0x${i.toString(16).padStart(40, "0")}`;
const work = (i: number, fulfilled: bigint, committed: bigint, paid = 1n): OwnersWork => ({
  owner: owner(i),
  fulfilled,
  committed,
  paid,
});
const known = new Set([owner(1)]);

describe("a provider's standing", () => {
  it("is a newcomer's without work, with work that nobody paid for, and with any amount of strangers' work", () => {
    expect(standingOf([], known)).toEqual({ score: 9000, counted: 0n, newcomer: true });
    expect(standingOf([work(1, 1_000_000n, 1_000_000n, 0n)], known)).toMatchObject({ score: 9000, newcomer: true });
    const crowd = Array.from({ length: 1000 }, (_, i) => work(i + 2, 1_000_000n, 1_000_000n, 10n ** 18n));
    expect(standingOf(crowd, known)).toMatchObject({ counted: 12n, newcomer: true });
  });

  it("grows with what known owners paid for, each to two weeks of hours", () => {
    expect(standingOf([work(1, 24n, 24n)], known)).toEqual({ score: 9500, counted: 24n, newcomer: false });
    expect(standingOf([work(1, 9000n, 9000n)], known).score).toBe(standingOf([work(1, 336n, 336n)], known).score);
  });

  it("suffers from what was missed in proportion, paid or not", () => {
    const honest = standingOf([work(1, 336n, 336n)], known).score;
    expect(standingOf([work(1, 3000n, 6000n)], known).score).toBeLessThan(6000);
    expect(standingOf([work(1, 8751n, 8760n)], known).score).toBeGreaterThan(honest - 40);
    expect(standingOf([work(9, 0n, 500n, 0n)], known).score).toBeLessThan(1000);
  });
});

describe("sybils", () => {
  const made: Attack[] = [
    { kind: "own-set" },
    { kind: "free", periods: 1_000_000 },
    { kind: "paid", periods: 1000, owners: 100 },
    { kind: "served", periods: 24 },
  ];
  it.each(made)("never hold k of n shards where enough others have a history, however many: $kind", (attack) => {
    for (const [sybils, packages] of [
      [4, 40],
      [40, 10],
      [300, 2],
    ] as const) {
      const outcome = runScenario({ honest: 20, served: 4, sybils, attack, k: 2, n: 4 }, packages);
      expect(outcome).toMatchObject({ taken: 0, warned: 0 });
    }
  });

  it("win where nobody has a history, and owners are warned of it", () => {
    const network = { honest: 20, served: 0, sybils: 100, attack: { kind: "own-set" }, k: 2, n: 4 } as const;
    const outcome = runScenario(network, 10);
    expect(outcome.warned).toBe(1);
    expect(outcome.taken).toBeGreaterThan(0.5);
  });

  it("hold no more of a piece than newcomers may: fewer than restore it, and than losing it takes", () => {
    expect(
      [
        [2, 4],
        [4, 12],
        [10, 12],
        [1, 3],
        [3, 3],
      ].map(([k, n]) => newcomerLimit(k!, n!)),
    ).toEqual([1, 3, 2, 1, 0]);
  });
});
