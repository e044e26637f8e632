import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterBreach,
  afterKept,
  type BreachKind,
  type Distrust,
  forgive,
  isBarred,
  isOwnFault,
  promiseOf,
  REMEMBERED_SECONDS,
} from "./distrust.ts";
import { emptySlot, type SlotEvent, type SlotState, stepSlot } from "./slot.ts";

const [HOUR, DAY] = [3600, 86_400];
const A = "0x00000000000000000000000000000000000000aa";

/** The back-offs of a provider that breaks its word each time as soon as it is asked again. */
function backOffs(kinds: readonly BreachKind[]): number[] {
  let known: Distrust | undefined;
  let now = 1_000_000;
  return kinds.map((kind) => {
    known = afterBreach(known, { kind, proposedAt: now, bytes: 1 }, now + 1);
    const length = known.until - now - 1;
    now = known.until;
    return length;
  });
}

describe("a provider that breaks its word", () => {
  it("is left out for longer each time, within bounds; one that fails or is full for less", () => {
    expect(backOffs(Array(6).fill("refused"))).toEqual([HOUR, 4 * HOUR, DAY, 4 * DAY, 4 * DAY, 4 * DAY]);
    expect(backOffs(Array(6).fill("failed"))).toEqual([600, HOUR, 4 * HOUR, DAY, 4 * DAY, 4 * DAY]);
    expect(backOffs(Array(6).fill("full"))).toEqual([600, HOUR, 4 * HOUR, 4 * HOUR, 4 * HOUR, 4 * HOUR]);
    expect(backOffs(["refused", "refused", "refused", "refused", "full"]).at(-1)).toBe(DAY * 4);
  });

  it("is counted once for all shards that were proposed to it before it broke it", () => {
    const first = afterBreach(undefined, { kind: "refused", proposedAt: 90, bytes: 10 }, 100);
    const more = { ...first, owed: 20 };
    expect(afterBreach(first, { kind: "refused", proposedAt: 95, bytes: 10 }, 101)).toEqual(more);
    expect(afterBreach(first, { kind: "refused", proposedAt: 100, bytes: 10 }, 101)).toEqual(more);
    expect(afterBreach(first, { kind: "refused", proposedAt: 101, bytes: 10 }, 102).level).toBe(first.level + 1);
  });

  it("is held one level less against once it kept as many bytes as it broke its word for, and dust does not add up soon", () => {
    const known = afterBreach(undefined, { kind: "refused", proposedAt: 90, bytes: 1000 }, 100);
    const at = known.until;
    expect(afterKept(known, { proposedAt: at, bytes: 999 })).toEqual({ ...known, kept: 999 });
    const better = afterKept(known, { proposedAt: at, bytes: 5000 })!;
    expect(better).toEqual({ ...known, level: 1, kept: 0 });
    expect(afterKept(better, { proposedAt: at, bytes: 127 })).toEqual({ ...better, kept: 127 });
    expect(afterKept(better, { proposedAt: at, bytes: 1000 })).toBeUndefined();
    // Broken again before: all that it broke its word for is to be made up for.
    const again = afterBreach(better, { kind: "refused", proposedAt: at, bytes: 500 }, at + 1);
    expect(again).toMatchObject({ level: 2, owed: 1500, kept: 0 });
  });

  it("makes up for nothing by what it was proposed while it was left out", () => {
    const known = afterBreach(undefined, { kind: "refused", proposedAt: 90, bytes: 10 }, 100);
    expect(afterKept(known, { proposedAt: known.until - 1, bytes: 1000 })).toBe(known);
  });

  it("begins anew when nothing was heard of it for a month", () => {
    const known: Distrust = { kind: "refused", level: 5, at: 100, until: 200, forgiven: 0, owed: 10, kept: 0 };
    expect(afterBreach(known, { kind: "refused", proposedAt: 31 * DAY, bytes: 10 }, 31 * DAY).until).toBe(
      31 * DAY + HOUR,
    );
  });

  it("is never left out for more than four days, whatever happened when", () => {
    const step = fc.tuple(fc.constantFrom<BreachKind>("refused", "failed", "full"), fc.nat(DAY), fc.boolean());
    fc.assert(
      fc.property(fc.array(step), (history) => {
        let known: Distrust | undefined;
        let now = 1_000_000;
        for (const [kind, pause, own] of history) {
          now += pause;
          known = afterBreach(known, { kind, proposedAt: now - 1, bytes: 10 }, now);
          if (own) known = forgive(known, now);
          expect(known.until).toBeLessThanOrEqual(now + 4 * DAY);
          expect(known.level).toBeGreaterThanOrEqual(0);
          expect(known.forgiven).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});

describe("a fault of the gateway's own", () => {
  it("is what three providers or more show, if they are more than those that took their shards", () => {
    expect([isOwnFault(2, 0), isOwnFault(3, 0), isOwnFault(3, 3), isOwnFault(4, 3)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it("is forgiven twice, and then no more: those who refuse together gain no more by it", () => {
    let known: Distrust | undefined;
    const barred: boolean[] = [];
    for (let now = 1000; now < 1500; now += 100) {
      known = forgive(afterBreach(known, { kind: "refused", proposedAt: now - 1, bytes: 10 }, now), now);
      barred.push(isBarred(known, now));
      if (known.until > now) break;
    }
    expect(barred).toEqual([false, false, true]);
    // A month without a breach clears that as well.
    const later = known!.at + REMEMBERED_SECONDS + 1;
    expect(afterBreach(known, { kind: "refused", proposedAt: later - 1, bytes: 10 }, later)).toMatchObject({
      forgiven: 0,
    });
  });
});

describe("promiseOf", () => {
  const times = { proposalSeconds: 900, now: 500, bytes: 127 };
  const proposed: SlotState = { ...emptySlot("spool"), phase: "PROPOSED", provider: A, deal: "0x01", deadline: 1000 };
  const of = (before: SlotState, event: SlotEvent, now = 500) =>
    promiseOf(before, event, stepSlot(before, event, now), { ...times, now });
  const failure = (more: object): SlotEvent =>
    ({ type: "provider-failed", cause: "x", hopeless: true, breach: "refused", ...more }) as SlotEvent;
  const ended: SlotEvent = { type: "chain", deal: "0x01", state: "EXPIRED" };

  it("tells a refusal, a receipt and a kept deal", () => {
    expect(of(proposed, failure({}))).toEqual({ provider: A, proposedAt: 100, bytes: 127, outcome: "refused" });
    expect(of(proposed, { type: "received" })).toMatchObject({ outcome: "served" });
    expect(of(proposed, { type: "chain", deal: "0x01", state: "ACTIVE" })).toMatchObject({ outcome: "kept" });
  });

  it("counts one refusal once, and no failure that is tried again or is nobody's", () => {
    expect(of(proposed, failure({ hopeless: false, breach: "failed" }))).toBeUndefined();
    expect(of(proposed, failure({ breach: undefined }))).toBeUndefined();
    expect(of({ ...proposed, withdrawing: true }, ended, 999)).toBeUndefined();
  });

  it("counts heals that failed three times in a row, once, and all of that time together", () => {
    const healing: SlotState = { ...emptySlot("rebuilt"), phase: "ACTIVE", provider: A, deal: "0x01", healing: true };
    const failed: SlotEvent = { type: "heal-failed", cause: "It hung" };
    const counted = Array.from({ length: 9 }, (_, failures) => of({ ...healing, failures }, failed)?.outcome);
    expect(counted).toEqual([undefined, undefined, "unhealed", ...Array(6).fill(undefined)]);
    const breach = of({ ...healing, failures: 2 }, failed) as { proposedAt: number };
    expect(breach).toEqual({ provider: A, proposedAt: -400, bytes: 127, outcome: "unhealed" });
    expect(of({ ...healing, healing: false, failures: 2 }, failed)).toBeUndefined();
  });

  it("counts a proposal that ran out only where its provider failed it", () => {
    const failed = { ...proposed, failures: 1 };
    expect(of(failed, ended, 999)).toMatchObject({ outcome: "failed" });
    expect(of(proposed, ended, 999)).toBeUndefined();
    // It signed a receipt, and failed its first proof.
    const signed = { ...proposed, phase: "RECEIPTED", recorded: true } as const;
    expect(of({ ...signed, failures: 1 }, ended, 999)).toMatchObject({ outcome: "failed" });
    expect(of(signed, ended, 999)).toBeUndefined();
    expect(of({ ...signed, failures: 1 }, { ...ended, state: "CANCELLED" } as SlotEvent, 500)).toBeUndefined();
    // Its owner ended it.
    expect(of(failed, { ...ended, state: "CANCELLED" } as SlotEvent, 500)).toBeUndefined();
  });
});
