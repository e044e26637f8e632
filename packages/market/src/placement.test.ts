import { forgetAsks, listAsks } from "@cairn/catalog";
import { ALWAYS_ON, type ManualClock, type PlacementTerms, placementToJson, type Transport } from "@cairn/core";
import { type Address, addressOfKey, CairnError, type Quote, signTyped } from "@cairn/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPackage } from "./open-package.ts";
import { loadPackage } from "./package-rows.ts";
import { requestQuotes } from "./request-quotes.ts";
import { loadSlots } from "./slot-rows.ts";
import { hex, ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";

const KEYS = Array.from({ length: 6 }, (_, i) => hex(0x100 + i));
const PROVIDERS = KEYS.map((key) => addressOfKey(key).toLowerCase() as Address);
const REGIONS = ["CA one", "NL two", "US three", "CA four", "somewhere", "NL six"];
/** Wei per GiB-day, by which of the six it is. */
const price = (i: number) => 1000n + BigInt(i);

let world: MarketWorld;
/** Who answers a quote with a refusal. */
let refusing: Address[];

beforeEach(async () => {
  world = await openMarketWorld();
  refusing = [];
  const clock = world.context.clock as ManualClock;
  for (const [i, provider] of PROVIDERS.entries()) {
    await world.database.pool.query(
      `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint,
         active, updated_block) values ($1, $1, $1, 100000, $3, 0, $2, $4, '', true, 1)`,
      [provider, ALWAYS_ON.toString(), price(i).toString(), REGIONS[i]],
    );
  }
  let nonces = 0;
  const request = async (provider: Address, asked: Record<string, unknown>) => {
    if (refusing.includes(provider)) throw new CairnError("not today", { code: "refused", kind: "conflict" });
    const { type: _, ...terms } = asked;
    const quote = {
      ...{ ...(terms as object), rawLength: 127n, provider, pricePerPeriod: 1n, egressPrice: 0n, duty: ALWAYS_ON },
      ...{ expiry: BigInt(clock.now() + 300), nonce: hex(++nonces) },
    } as Quote;
    return {
      quote,
      signature: signTyped("Quote", quote, world.context.deployment, KEYS[PROVIDERS.indexOf(provider)]!),
    };
  };
  Object.assign(world.context, {
    transport: { reachable: () => true, seek: async () => undefined, request } as unknown as Transport,
    ...{ profile: { operatorGroups: false, providers: 0 }, startedAt: -1e9, stopping: new AbortController().signal },
  });
});
afterEach(() => world.database.drop());

/** Providers by number, in the order of the three shards. */
async function place(terms: PlacementTerms): Promise<number[]> {
  const { context, database } = world;
  await world.addPackage("PLACING");
  await world.addSlots([{ phase: "EMPTY" }, { phase: "EMPTY" }, { phase: "EMPTY" }]);
  await database.pool.query("update catalog.slots set commitment = $1", [hex(5)]);
  await database.pool.query("update catalog.packages set placement = $1", [placementToJson(terms)]);
  const slots = await loadSlots(database.pool, ID);
  const { placed } = await requestQuotes(context, await loadPackage(database.pool, ID), slots, slots, 86_400);
  return placed
    .toSorted((a, b) => a.slot.shard - b.slot.shard)
    .map(({ candidate }) => PROVIDERS.indexOf(candidate.provider));
}

describe("quotes under an owner's terms", () => {
  it("never asks who is dearer than the maximum by one, is blocked, or is in another country", async () => {
    expect(await place({ maxPrice: price(3), blocked: [PROVIDERS[1]!] })).toEqual(expect.arrayContaining([0, 2, 3]));
    const { asks } = await listAsks(world.database.pool, ID);
    const passed = asks.filter(({ verdict }) => verdict === "passed-over");
    expect(passed.map(({ provider, reason }) => [PROVIDERS.indexOf(provider), reason]).toSorted()).toEqual([
      [1, "It is among those that you block."],
      [4, "It asks more than <0.000001 CAIRN per GiB and month."],
      [5, "It asks more than <0.000001 CAIRN per GiB and month."],
    ]);
    expect(asks.filter(({ verdict }) => verdict === "quoted")).toHaveLength(3);
  });

  it("gives each copy its country, and another there when one refuses", async () => {
    refusing = [PROVIDERS[0]!];
    expect(await place({ shardCountries: ["CA", "NL", "US"], rank: "price" })).toEqual([3, 1, 2]);
    const { asks } = await listAsks(world.database.pool, ID);
    expect(asks).toContainEqual(
      expect.objectContaining({ provider: PROVIDERS[0], shard: 0, verdict: "refused", reason: "not today" }),
    );
  });

  it("names the rules when too few are left, and notes who was passed over once, however often it is tried", async () => {
    const tried = place({ countries: ["US", "CA"] });
    expect(await tried).toHaveLength(3);
    const row = await loadPackage(world.database.pool, ID);
    const slots = await loadSlots(world.database.pool, ID);
    const strict = { ...row, placement: { countries: ["CA"] } };
    for (let i = 0; i < 3; i += 1) {
      await expect(requestQuotes(world.context, strict, slots, slots, 86_400)).rejects.toMatchObject({
        code: "too-few-providers",
        message: expect.stringContaining("4 are not in CA"),
      });
    }
    const { asks } = await listAsks(world.database.pool, ID);
    expect(asks.filter(({ verdict }) => verdict === "passed-over")).toHaveLength(4);
    await world.database.pool.query("update catalog.asks set at = now() - interval '2 days' where verdict = 'quoted'");
    await forgetAsks(world.database.pool, 86_400);
    expect(new Set((await listAsks(world.database.pool, ID)).asks.map(({ verdict }) => verdict))).toEqual(
      new Set(["passed-over"]),
    );
  });

  it("is refused before anything is uploaded when too few qualify, and keeps the terms otherwise", async () => {
    const request = {
      ...{ account: "local", owner: hex(0xa, 20), id: ID, nameHash: hex(1), label: new Uint8Array(), k: 1, n: 3 },
      ...{ mask: "none" as const, layout: "private" as const, days: 1, repairKey: new Uint8Array(32) },
    };
    world.context.spool.prepare = async () => undefined;
    await expect(openPackage(world.context, { ...request, placement: { countries: ["NL"] } })).rejects.toMatchObject({
      code: "too-few-providers",
      message: expect.stringContaining("there are 2 that qualify (4 are not in NL)"),
    });
    await expect(openPackage(world.context, { ...request, placement: { countries: ["nl"] } })).rejects.toMatchObject({
      code: "bad-placement",
    });
    const terms: PlacementTerms = { maxPrice: 2000n, countries: ["NL", "CA"] };
    expect((await openPackage(world.context, { ...request, placement: terms })).placement).toEqual(terms);
  });
});
