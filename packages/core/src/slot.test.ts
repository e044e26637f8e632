import { DEAL_STATES } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  avoidedNow,
  emptySlot,
  LONGEST_PAUSE_SECONDS,
  quoteUsable,
  type SlotEvent,
  type SlotState,
  slotCommand,
  stepSlot,
} from "./slot.ts";

const A = "0x00000000000000000000000000000000000000aa";
const B = "0x00000000000000000000000000000000000000bb";
const deal = (i: number): `0x${string}` => `0x${i.toString(16).padStart(64, "0")}`;

const event: fc.Arbitrary<SlotEvent> = fc.oneof(
  fc.record({
    type: fc.constant("quoted" as const),
    provider: fc.constantFrom<`0x${string}`>(A, B),
    deal: fc.nat(3).map(deal),
    expiry: fc.nat(2000),
  }),
  fc.constant<SlotEvent>({ type: "provider-lied", deal: deal(1) }),
  fc.constant<SlotEvent>({ type: "quote-failed", cause: "full", next: null }),
  fc.constant<SlotEvent>({ type: "proposing", proposal: "p" }),
  fc.record({ type: fc.constant("proposed" as const), deadline: fc.nat(3000) }),
  fc.record({ type: fc.constant("proposal-refused" as const), cause: fc.constant("no") }),
  fc.constant<SlotEvent>({ type: "proposal-put-off", cause: "paused", next: "wait", retrySeconds: 5 }),
  fc.constant<SlotEvent>({ type: "quote-lapsed", cause: "late" }),
  fc.constant<SlotEvent>({ type: "received" }),
  fc.constant<SlotEvent>({ type: "receipt-recorded" }),
  fc.record({
    type: fc.constant("provider-failed" as const),
    cause: fc.constant("x"),
    hopeless: fc.boolean(),
    never: fc.boolean(),
  }),
  fc.constant<SlotEvent>({ type: "blocked", cause: "y", next: null, retrySeconds: 5 }),
  fc.record({
    type: fc.constant("chain" as const),
    deal: fc.nat(3).map(deal),
    state: fc.constantFrom(...DEAL_STATES),
    deadline: fc.nat(3000),
  }),
  fc.constant<SlotEvent>({ type: "heal-requested", cause: "damage" }),
  fc.constant<SlotEvent>({ type: "heal-failed", cause: "It hung" }),
  fc.constant<SlotEvent>({ type: "healed" }),
  fc.constantFrom<SlotEvent[]>(
    { type: "spare-wanted", why: "silent", cause: "quiet" },
    { type: "spare-wanted", why: "refuses", cause: "shut" },
    { type: "spare-dropped" },
  ),
  fc.constant<SlotEvent>({ type: "source-ready" }),
  fc.constant<SlotEvent>({ type: "source-gone" }),
  fc.constant<SlotEvent>({ type: "unaffordable", cause: "dear", next: "wait" }),
  fc.constant<SlotEvent>({ type: "term-over" }),
  fc.constant<SlotEvent>({ type: "resume" }),
);

const ORDER = ["EMPTY", "QUOTED", "PROPOSED", "RECEIPTED", "ACTIVE", "ENDED"];
const run = (slot: SlotState, events: SlotEvent[], now = 100) =>
  events.reduce((state, one) => stepSlot(state, one, now), slot);

describe("stepSlot", () => {
  it("keeps a deal while one may stand on chain, and never skips or repeats a step", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(40)), { maxLength: 60 }), (history) => {
        let slot = emptySlot("spool");
        let now = 0;
        for (const [one, pause] of history) {
          now += pause;
          const before = slot;
          slot = stepSlot(before, one, now);
          const from = ORDER.indexOf(before.phase);
          const to = ORDER.indexOf(slot.phase);
          const byChain = one.type === "chain" && one.deal === before.deal;
          if (to > from + 1) expect(byChain || one.type === "term-over").toBe(true);
          if (slot.phase === "EMPTY") {
            expect(slot.deal).toBeNull();
            if (before.phase !== "EMPTY" && before.proposal !== null) {
              const unsent = ["proposal-refused", "unaffordable", "quote-lapsed"];
              expect(byChain || unsent.includes(one.type)).toBe(true);
            }
          } else if (slot.phase !== "ENDED") {
            expect(slot.deal).not.toBeNull();
            if (before.phase !== "EMPTY") expect(slot.deal).toBe(before.deal);
          }
          for (const a of before.avoided) {
            if (a.until === null) expect(slot.avoided).toContainEqual(a);
          }
        }
      }),
    );
  });

  it("changes nothing when an event comes twice, but for pauses and counts", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), event, (history, last) => {
        const counted = ["quote-failed", "provider-failed"];
        fc.pre(!counted.includes(last.type));
        const once = run(emptySlot("none"), [...history, last]);
        const twice = stepSlot(once, last, 100);
        if (once.phase === "EMPTY") expect(twice.phase).toBe(once.phase);
        else expect(twice).toEqual(once);
      }),
    );
  });

  it("goes the whole way", () => {
    let slot = emptySlot("spool");
    expect(slotCommand(slot, 100)).toBe("quote");
    slot = run(slot, [{ type: "quoted", provider: A, deal: deal(1), expiry: 200 }]);
    expect(slotCommand(slot, 100)).toBe("propose");
    expect(quoteUsable(slot, 100)).toBe(true);
    expect(quoteUsable(slot, 199)).toBe(false);
    slot = run(slot, [
      { type: "proposing", proposal: "p" },
      { type: "proposed", deadline: 1000 },
    ]);
    expect(slotCommand(slot, 100)).toBe("store");
    slot = run(slot, [{ type: "received" }]);
    expect(slotCommand(slot, 100)).toBe("record-receipt");
    slot = run(slot, [{ type: "receipt-recorded" }]);
    expect(slotCommand(slot, 100)).toBe("activate");
    slot = run(slot, [{ type: "chain", deal: deal(1), state: "ACTIVE" }]);
    expect(slot.phase).toBe("ACTIVE");
    expect(slotCommand(slot, 100)).toBeUndefined();
  });

  it("withdraws after two failures and passes that provider over for a while", () => {
    const proposed = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
    ]);
    const failed: SlotEvent = { type: "provider-failed", cause: "silent", hopeless: false };
    const once = stepSlot(proposed, failed, 100);
    expect(slotCommand(once, 100)).toBeUndefined();
    expect(slotCommand(once, 103)).toBe("store");
    // The clock was set back an hour since.
    expect(slotCommand(once, 100 - 3600)).toBe("store");
    expect(slotCommand(once, once.dueAt - LONGEST_PAUSE_SECONDS)).toBeUndefined();
    const twice = stepSlot(once, failed, 103);
    expect(slotCommand(twice, 103)).toBe("cancel");
    const again = stepSlot(twice, { type: "chain", deal: deal(1), state: "CANCELLED" }, 104);
    expect(again.phase).toBe("EMPTY");
    expect(avoidedNow(again, 105).rather).toEqual(new Set([A]));
    expect(avoidedNow(again, 1000).rather).toEqual(new Set());
  });

  it("has a copy at hand while its holder is in doubt, and gives the shard elsewhere from it at once", () => {
    const active = run(emptySlot("none"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
      { type: "received" },
      { type: "chain", deal: deal(1), state: "ACTIVE" },
    ]);
    const doubted = stepSlot(active, { type: "spare-wanted", why: "silent", cause: "quiet" }, 100);
    expect(doubted.phase).toBe("ACTIVE");
    expect(slotCommand(doubted, 100)).toBe("rebuild");
    const spared = stepSlot(doubted, { type: "source-ready" }, 100);
    expect(slotCommand(spared, 100)).toBeUndefined();
    expect(slotCommand(stepSlot(spared, { type: "spare-dropped" }, 100), 100)).toBe("drop-source");
    const failed = stepSlot(spared, { type: "chain", deal: deal(1), state: "FAILED" }, 100);
    expect(slotCommand(failed, 100)).toBe("quote");
    const refusing = run(spared, [
      { type: "spare-wanted", why: "refuses", cause: "shut" },
      { type: "spare-wanted", why: "silent", cause: "quiet" },
    ]);
    expect(refusing.spare).toBe("refuses");
    expect(avoidedNow(refusing, 1e9).never).toEqual(new Set([A]));
  });

  it("tries again what waits when it is told to, and forgets no failure", () => {
    const healing: SlotState = { ...emptySlot("rebuilt"), phase: "ACTIVE", provider: A, deal: deal(1), healing: true };
    const hung = run(healing, Array(4).fill({ type: "heal-failed", cause: "It hung" }));
    expect(stepSlot(hung, { type: "resume" }, 101)).toMatchObject({ failures: 4, dueAt: 101, healing: true });
    const proposed = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
      { type: "provider-failed", cause: "It hung", hopeless: false },
    ]);
    expect(stepSlot(proposed, { type: "resume" }, 101)).toMatchObject({ failures: 1, dueAt: 101 });
    // A quote reserves space: none is asked for sooner while the money does not reach.
    const poor = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "unaffordable", cause: "dear", next: "wait" },
    ]);
    expect(stepSlot(poor, { type: "resume" }, 101)).toBe(poor);
    const refused = stepSlot(emptySlot("spool"), { type: "quote-failed", cause: "none", next: null }, 100);
    expect(slotCommand(stepSlot(refused, { type: "resume" }, 101), 101)).toBe("quote");
    const blocked = stepSlot(emptySlot("none"), { type: "blocked", cause: "x", next: null, retrySeconds: 600 }, 100);
    expect(slotCommand(stepSlot(blocked, { type: "resume" }, 101), 101)).toBe("rebuild");
  });

  it("keeps a quote whose proposal is put off, for as long as it lasts, and passes its provider over for nothing", () => {
    const quoted = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposing", proposal: "p" },
    ]);
    const putOff = stepSlot(quoted, { type: "proposal-put-off", cause: "paused", next: "wait", retrySeconds: 60 }, 100);
    expect(slotCommand(putOff, 159)).toBeUndefined();
    expect(slotCommand(putOff, 160)).toBe("propose");
    expect([quoteUsable(putOff, 160), quoteUsable(putOff, 200)]).toEqual([true, false]);
    const lapsed = stepSlot(putOff, { type: "quote-lapsed", cause: "late" }, 200);
    expect([lapsed.phase, lapsed.avoided]).toEqual(["EMPTY", []]);
  });

  it("never asks a liar again", () => {
    const lied = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
      { type: "received" },
      { type: "provider-failed", cause: "wrong proof", hopeless: true, never: true },
      { type: "chain", deal: deal(1), state: "CANCELLED" },
    ]);
    expect(lied.phase).toBe("EMPTY");
    expect(avoidedNow(lied, 1e9).never).toEqual(new Set([A]));
  });

  it("withdraws when the deadline is near", () => {
    const proposed = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
    ]);
    expect(slotCommand(proposed, 994)).toBe("store");
    expect(slotCommand(proposed, 995)).toBe("cancel");
  });

  it("rebuilds a failed shard elsewhere: later or for want of others on one that was silent, never on a liar", () => {
    const active = run(emptySlot("spool"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
      { type: "received" },
      { type: "chain", deal: deal(1), state: "ACTIVE" },
      { type: "source-gone" },
    ]);
    const failed = stepSlot(active, { type: "chain", deal: deal(1), state: "FAILED" }, 500);
    expect(slotCommand(failed, 500)).toBe("rebuild");
    expect(avoidedNow(failed, 501)).toEqual({ never: new Set(), rather: new Set([A]) });
    const lied = stepSlot(active, { type: "provider-lied", deal: deal(1) }, 400);
    const caught = stepSlot(lied, { type: "chain", deal: deal(1), state: "FAILED" }, 500);
    expect(avoidedNow(caught, 1e9).never).toEqual(new Set([A]));
    expect(stepSlot(active, { type: "provider-lied", deal: deal(2) }, 400)).toEqual(active);
    expect(slotCommand(stepSlot(failed, { type: "source-ready" }, 501), 501)).toBe("quote");
  });

  it("heals on the same provider under the same deal", () => {
    let slot = run(emptySlot("none"), [
      { type: "quoted", provider: A, deal: deal(1), expiry: 200 },
      { type: "proposed", deadline: 1000 },
      { type: "received" },
      { type: "chain", deal: deal(1), state: "ACTIVE" },
      { type: "heal-requested", cause: "1 damaged range" },
    ]);
    expect(slotCommand(slot, 100)).toBe("rebuild");
    slot = stepSlot(slot, { type: "source-ready" }, 100);
    expect(slotCommand(slot, 100)).toBe("heal");
    slot = stepSlot(slot, { type: "heal-failed", cause: "It hung" }, 100);
    slot = stepSlot(slot, { type: "heal-failed", cause: "It hung" }, 110);
    expect(slot).toMatchObject({ healing: true, failures: 2, dueAt: 130 });
    // Reported again it is not begun anew.
    expect(stepSlot(slot, { type: "heal-requested", cause: "1 damaged range" }, 111)).toBe(slot);
    slot = stepSlot(slot, { type: "healed" }, 130);
    expect(slot).toMatchObject({ phase: "ACTIVE", deal: deal(1), healing: false, failures: 0 });
    expect(stepSlot(slot, { type: "heal-failed", cause: "It hung" }, 100)).toBe(slot);
    expect(slotCommand(slot, 100)).toBe("drop-source");
  });

  it("keeps a copy, and never gives the shard back, once its provider let six heals in a row fail; until one is taken", () => {
    const healing: SlotState = { ...emptySlot("rebuilt"), phase: "ACTIVE", provider: A, deal: deal(1), healing: true };
    const failed: SlotEvent = { type: "heal-failed", cause: "It hung" };
    expect(run(healing, Array(5).fill(failed)).spare).toBeNull();
    const spared = run(healing, Array(6).fill(failed));
    expect(spared).toMatchObject({ spare: "unhealed", healing: true, source: "rebuilt" });
    expect(avoidedNow(spared, 1e9).never).toEqual(new Set([A]));
    expect(slotCommand(spared, spared.dueAt)).toBe("heal");
    // Neither silence, nor its end, nor a source made anew makes it the first again, or forgets it.
    for (const event of [
      { type: "spare-wanted", why: "silent", cause: "quiet" },
      { type: "spare-dropped" },
      { type: "source-ready" },
    ] satisfies SlotEvent[])
      expect(stepSlot(spared, event, 100)).toMatchObject({ spare: "unhealed", healing: true, failures: 6 });
    const quiet = stepSlot(
      run(healing, [failed, failed]),
      { type: "spare-wanted", why: "silent", cause: "quiet" },
      100,
    );
    expect(quiet).toMatchObject({ spare: "silent", failures: 2 });
    expect(quiet.dueAt).toBeGreaterThan(100);
    expect(stepSlot(spared, { type: "healed" }, 100)).toMatchObject({ spare: null, healing: false, failures: 0 });
  });
});
