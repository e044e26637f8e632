import type { SlotState, SubmissionResult } from "@cairn/core";
import { CairnError, type DealId } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadPackage } from "../package-rows.ts";
import { dealOf, hex, ID, type MarketWorld, NOW, openMarketWorld } from "../testing/market-world.ts";
import { cancelSlots } from "./cancel.ts";
import { recordReceipts } from "./record-receipts.ts";

const taken: SubmissionResult = { transaction: hex(1), block: 1, ok: true };
const refusal = new CairnError("it is over", { code: "reverted", kind: "conflict" });
const away = new CairnError("the chain is away", { code: "chain-unreachable", kind: "unavailable" });

let world: MarketWorld;
/** The deals of each transaction that was tried. */
let sent: DealId[][];
let refuse: (deals: readonly DealId[]) => Error | undefined;

beforeEach(async () => {
  world = await openMarketWorld();
  [sent, refuse] = [[], () => undefined];
  const take = async (_: unknown, deals: readonly DealId[]) => {
    sent.push([...deals]);
    const error = refuse(deals);
    if (error !== undefined) throw error;
    return taken;
  };
  world.ledger.recordReceipts = take;
  world.ledger.cancel = take;
  await world.addPackage("PLACING");
});
afterEach(() => world.database.drop());

const all = [0, 1, 2].map(dealOf);
const received: Partial<SlotState> = { phase: "RECEIPTED", provider: hex(9, 20) };
const run = async (step: typeof recordReceipts, states: readonly Partial<SlotState>[]) => {
  const slots = await world.addSlots(states);
  await step(world.context, await loadPackage(world.context.pool, ID), slots);
  return world.slots();
};

describe("recordReceipts", () => {
  it("puts all receipts on chain in one transaction", async () => {
    const slots = await run(recordReceipts, [received, received, received]);
    expect(sent).toEqual([all]);
    expect(slots.map(({ state }) => state.recorded)).toEqual([true, true, true]);
  });

  it("lets a bad receipt hold up no other, and takes the shard from its provider", async () => {
    for (const deal of all) world.deals.set(deal, { state: "PROPOSED" });
    refuse = (deals) => (deals.includes(dealOf(1)) ? refusal : undefined);
    const slots = await run(recordReceipts, [received, received, received]);
    expect(sent).toEqual([all, all.slice(0, 2), [dealOf(2)], [dealOf(0)], [dealOf(1)]]);
    expect(slots.map(({ state }) => [state.recorded, state.withdrawing])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
    expect(slots[1]?.state.cause).toBe("The contract refused its receipt: it is over");
  });

  it("takes over what the chain decided meanwhile, and sends only what is still open", async () => {
    world.deals.set(dealOf(0), { state: "PROPOSED", receiptTime: NOW });
    world.deals.set(dealOf(1), { state: "EXPIRED" });
    world.deals.set(dealOf(2), { state: "PROPOSED" });
    refuse = (deals) => (deals.length > 1 ? refusal : undefined);
    const slots = await run(recordReceipts, [received, received, received]);
    expect(slots.map(({ state }) => [state.phase, state.recorded])).toEqual([
      ["RECEIPTED", true],
      ["EMPTY", false],
      ["RECEIPTED", true],
    ]);
    expect(sent).toEqual([all, [dealOf(2)]]);
    expect(slots[2]?.state.withdrawing).toBe(false);
  });

  it("keeps what was taken alone when the chain goes away before the rest", async () => {
    for (const deal of all) world.deals.set(deal, { state: "PROPOSED" });
    refuse = (deals) => (deals.length > 1 ? refusal : deals.includes(dealOf(1)) ? away : undefined);
    const slots = await run(recordReceipts, [received, received, received]);
    expect(sent).toEqual([all, all.slice(0, 2), [dealOf(2)], [dealOf(0)], [dealOf(1)]]);
    expect(slots.map(({ state }) => [state.recorded, state.withdrawing, state.cause])).toEqual([
      [true, false, null],
      [false, false, "the chain is away"],
      [true, false, null],
    ]);
  });

  it("loses nothing while the chain is away", async () => {
    refuse = () => away;
    const slots = await run(recordReceipts, [received, received]);
    expect(sent).toEqual([all.slice(0, 2)]);
    for (const { state } of slots) {
      expect([state.phase, state.recorded, state.withdrawing]).toEqual(["RECEIPTED", false, false]);
      expect([state.cause, state.next, state.dueAt]).toEqual(["the chain is away", away.next, NOW + 5]);
    }
  });
});

describe("cancelSlots", () => {
  const withdrawing: Partial<SlotState> = { phase: "PROPOSED", withdrawing: true };

  it("frees the slots whose proposals were withdrawn", async () => {
    const slots = await run(cancelSlots, [withdrawing, withdrawing]);
    expect(sent).toEqual([all.slice(0, 2)]);
    expect(slots.map(({ state }) => [state.phase, state.deal])).toEqual([
      ["EMPTY", null],
      ["EMPTY", null],
    ]);
  });

  it("keeps the slot of a deal that became ACTIVE before it could be withdrawn", async () => {
    world.deals.set(dealOf(0), { state: "ACTIVE" });
    world.deals.set(dealOf(1), { state: "PROPOSED" });
    world.deals.set(dealOf(2), { state: "PROPOSED" });
    refuse = (deals) => (deals.includes(dealOf(0)) ? refusal : undefined);
    const slots = await run(cancelSlots, [withdrawing, withdrawing, withdrawing]);
    expect(sent).toEqual([all, all.slice(1)]);
    expect(slots.map(({ state }) => state.phase)).toEqual(["ACTIVE", "EMPTY", "EMPTY"]);
  });
});
