import { ALWAYS_ON } from "@cairn/core";
import type { Address, DealId } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hearingOf } from "./hear-period.ts";
import { HELD_PERIODS, judgePeriod, silenceStrikes, type Tally } from "./judge-period.ts";
import { weighSilence } from "./weigh-silence.ts";

const hex = (kind: number, index: number) => `0x${kind}${index.toString(16).padStart(39, "0")}` as Address;
const deal = (kind: number, index: number, of: string | null) => ({
  deal: hex(kind, index) as DealId,
  provider: hex(kind, index),
  package: of as never,
});

describe("hearingOf", () => {
  it("weighs silence the same however many silent deals strangers made up", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(200), fc.boolean(), (speaking, quiet, strangers, attended) => {
        const ours = Array.from({ length: speaking + quiet }, (_, index) => deal(1, index, "a package"));
        const heard = new Set(ours.slice(0, speaking).map((one) => one.deal));
        const made = Array.from({ length: strangers }, (_, index) => deal(2, index, null));
        const weigh = (asked: typeof ours) => weighSilence(hearingOf({ asked, heard, attended, connected: [] }));
        expect(weigh([...made, ...ours])).toBe(weigh(ours));
      }),
    );
  });

  it("leaves the one that is silent among twenty to itself, with twenty silent strangers beside them", () => {
    const ours = Array.from({ length: 20 }, (_, index) => deal(1, index, "a package"));
    const strangers = Array.from({ length: 20 }, (_, index) => deal(2, index, null));
    const heard = new Set(ours.slice(1).map((one) => one.deal));
    const hearing = hearingOf({ asked: [...ours, ...strangers], heard, attended: true, connected: [] });
    expect(weighSilence(hearing)).toBe("theirs");
  });

  /** An owner may propose deals of its own package with providers of its own: those count (docs/threat-model.md). */
  it("gains an absent provider three forgiven periods, no pay and no more, when an account of ours has silent deals beside it", () => {
    const clock = { genesisTime: 0, periodSeconds: 60, graceSeconds: 6 };
    const honest = Array.from({ length: 20 }, (_, index) => deal(1, index, "a package"));
    const bought = Array.from({ length: 15 }, (_, index) => deal(2, index, "the account's own"));
    const asked = [...honest, ...bought];
    const absent = honest[0]!;
    const heard = new Set(honest.slice(1).map((one) => one.deal));
    const outcomes = new Map([...heard].map((one) => [one, "proved"] as const));
    const weight = weighSilence(hearingOf({ asked, heard, attended: true, connected: [] }));
    expect(weight).toBe("shared");
    const judged = asked.map((one) => ({ deal: one.deal, duty: ALWAYS_ON, receiptPeriod: 0, lastPeriod: 1000 }));
    let tallies = new Map<DealId, Tally>();
    const faulted = new Map<DealId, number>();
    for (let period = 1; period <= 5; period += 1) {
      const round = judgePeriod(period, judged, tallies, outcomes, clock, weight);
      for (const { leaf } of round) if (leaf.verdict === 2 && !faulted.has(leaf.deal)) faulted.set(leaf.deal, period);
      tallies = new Map(round.map(({ leaf, tally }) => [leaf.deal, tally]));
    }
    expect(faulted.get(absent.deal)).toBe(HELD_PERIODS + silenceStrikes(clock));
    expect(tallies.get(absent.deal)?.fulfilled).toBe(0);
    // The silent deals that were made for it end with it, and nobody who answered is touched.
    expect([...faulted.keys()].toSorted()).toEqual([absent, ...bought].map((one) => one.deal).toSorted());
    for (const one of heard) expect(tallies.get(one)?.fulfilled).toBe(5);
  });
});
