import { listEvents } from "@cairn/catalog";
import type { PackageRecord } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endPackage } from "./drive/end-package.ts";
import { loadPackage } from "./package-rows.ts";
import { abandonPackage, removePackage } from "./remove-package.ts";
import { dealOf, hex, ID, MANIFEST, type MarketWorld, NOW, openMarketWorld } from "./testing/market-world.ts";

const OTHER = "2".repeat(32);
const refusal = new CairnError("not now", { code: "reverted", kind: "conflict" });

let world: MarketWorld;
let terminated: number;
let released: number;
let reserve: bigint;

beforeEach(async () => {
  world = await openMarketWorld();
  [terminated, released, reserve] = [0, 0, 7n];
  world.ledger.package = async () => ({ lastPeriod: terminated === 0 ? 0 : 5 }) as PackageRecord;
  world.ledger.terminate = async () => {
    terminated += 1;
    return { transaction: hex(1), block: 1, ok: true };
  };
  world.ledger.packageReserve = async () => reserve;
  world.ledger.releaseReserve = async () => {
    released += 1;
    reserve = 0n;
    return { transaction: hex(2), block: 2, ok: true };
  };
});
afterEach(() => world.database.drop());

const termination = (changes: { documentHash?: `0x${string}`; expiry?: bigint } = {}, key = hex(0xa)) =>
  world.sign("Termination", { documentHash: MANIFEST, expiry: BigInt(NOW + 60), ...changes }, key);
const remove = (signed = termination()) => removePackage(world.context, { id: ID, termination: signed });
const drive = async () =>
  endPackage(world.context, await loadPackage(world.context.pool, ID), new AbortController().signal);
const kinds = async () => (await listEvents(world.context.pool, { limit: 50 })).map(({ kind }) => kind).sort();

describe("abandonPackage", () => {
  it("undoes a package that is not on chain, and nothing of it twice", async () => {
    await world.addPackage("COMMITTED");
    await world.addSlots([{ phase: "EMPTY" }]);
    expect((await abandonPackage(world.context, { id: ID })).state).toBe("ABANDONED");
    expect((await abandonPackage(world.context, { id: ID })).state).toBe("ABANDONED");
    expect(await world.slots()).toEqual([]);
    expect(await kinds()).toEqual(["package-abandoned"]);
  });

  it("leaves alone what has deals", async () => {
    await world.addPackage("STORED");
    await expect(abandonPackage(world.context, { id: ID })).rejects.toMatchObject({ code: "wrong-state" });
    expect(await world.stateOf()).toBe("STORED");
  });
});

describe("removePackage", () => {
  beforeEach(async () => {
    await world.addPackage("STORED");
    await world.addSlots([{ phase: "ACTIVE" }, { phase: "ACTIVE" }]);
    for (const shard of [0, 1]) world.deals.set(dealOf(shard), { state: "ACTIVE" });
  });

  it("has the chain end the deals once, however often it is asked", async () => {
    expect((await remove()).state).toBe("ENDING");
    expect((await remove()).state).toBe("ENDING");
    expect(terminated).toBe(1);
    expect(await kinds()).toEqual(["package-ending"]);
  });

  it.each([
    ["of another package", () => termination({ documentHash: hex(77) }), "bad-termination"],
    ["whose term is over", () => termination({ expiry: BigInt(NOW) }), "bad-termination"],
    ["of somebody else", () => termination({}, hex(0xb)), "bad-signature"],
  ])("refuses a word %s", async (_, signed, code) => {
    await expect(remove(signed())).rejects.toMatchObject({ code });
    expect([await world.stateOf(), terminated]).toEqual(["STORED", 0]);
  });

  it("says when the contract refuses while deals are ACTIVE, and keeps the owner's word", async () => {
    world.ledger.terminate = async () => {
      throw refusal;
    };
    await expect(remove()).rejects.toMatchObject({ code: "reverted" });
    const row = await loadPackage(world.context.pool, ID);
    expect([row.state, row.termination?.signature]).toEqual(["ENDING", termination().signature]);
  });
});

describe("endPackage", () => {
  beforeEach(async () => {
    await world.addPackage("STORED");
    await world.addSlots([{ phase: "ACTIVE" }, { phase: "PROPOSED", proposal: "market:propose:1" }]);
    world.deals.set(dealOf(0), { state: "ACTIVE" });
    world.deals.set(dealOf(1), { state: "PROPOSED" });
    world.ledger.cancel = async (_, deals) => {
      for (const deal of deals) world.deals.set(deal, { state: "CANCELLED" });
      return { transaction: hex(3), block: 3, ok: true };
    };
    await remove();
  });

  it("withdraws what is proposed, and keeps the reserve until the last deal has closed", async () => {
    await drive();
    expect([await world.stateOf(), released]).toEqual(["ENDING", 0]);
    expect(world.deals.get(dealOf(1))?.state).toBe("CANCELLED");
    await drive();
    expect([await world.stateOf(), released]).toEqual(["ENDING", 0]);
    world.deals.set(dealOf(0), { state: "COMPLETED" });
    await drive();
    expect([await world.stateOf(), released, reserve]).toEqual(["REMOVED", 1, 0n]);
    expect(await kinds()).toEqual(expect.arrayContaining(["package-removed", "reserve-released"]));
  });

  it("withdraws more proposals than a block holds in several transactions, and one that is refused holds up no other", async () => {
    await world.addPackage("ENDING", { id: OTHER, name: 1 });
    const states = Array.from({ length: 60 }, () => ({ phase: "PROPOSED", proposal: "market:propose:2" }) as const);
    const deals = (await world.addSlots(states, OTHER)).map(({ state }) => state.deal!);
    for (const deal of deals) world.deals.set(deal, { state: "PROPOSED" });
    const sent: number[] = [];
    world.ledger.cancel = async (_, some) => {
      sent.push(some.length);
      if (some.includes(deals[50]!)) throw refusal;
      for (const deal of some) world.deals.set(deal, { state: "CANCELLED" });
      return { transaction: hex(3), block: 3, ok: true };
    };
    await endPackage(world.context, await loadPackage(world.context.pool, OTHER), new AbortController().signal);
    expect(sent).toEqual([32, 28, 14, 14, 7, 7, 4, 3, 2, 1, 1, 1]);
    const open = deals.filter((deal) => world.deals.get(deal)?.state === "PROPOSED");
    expect(open).toEqual([deals[50]]);
  });

  it("looks again when the chain does not give the reserve back yet", async () => {
    for (const shard of [0, 1]) world.deals.set(dealOf(shard), { state: "COMPLETED" });
    world.ledger.releaseReserve = async () => ({ transaction: hex(2), block: 2, ok: false, revert: "still live" });
    await drive();
    expect(await world.stateOf()).toBe("ENDING");
    expect(await kinds()).not.toContain("reserve-released");
  });
});
