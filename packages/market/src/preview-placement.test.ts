import { ALWAYS_ON, PROFILES } from "@cairn/core";
import { type Address, addressOfKey, GIB } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPackage } from "./open-package.ts";
import { packageSafety } from "./package-safety.ts";
import { previewPlacement } from "./preview-placement.ts";
import { hex, ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";

const PROVIDERS = Array.from({ length: 6 }, (_, i) => addressOfKey(hex(0x100 + i)).toLowerCase() as Address);
const REGIONS = ["CA one", "NL two", "US three", "CA four", "somewhere", "NL six"];
const DAY_PRICE = 10n ** 15n;

let world: MarketWorld;
let connected: Address[];

beforeAll(async () => {
  world = await openMarketWorld();
  for (const [i, provider] of PROVIDERS.entries()) {
    await world.database.pool.query(
      `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint,
         active, updated_block) values ($1, $1, $5, $6, $3, 0, $2, $4, '', true, 1)`,
      // The first two are one operator's; the sixth has no room.
      [
        ...[
          provider,
          i === 4 ? (2n ** 24n - 1n).toString() : ALWAYS_ON.toString(),
          (DAY_PRICE * BigInt(i + 1)).toString(),
        ],
        ...[REGIONS[i], PROVIDERS[i < 2 ? 0 : i], i === 5 ? "1000" : (100 * GIB).toString()],
      ],
    );
  }
  Object.assign(world.context, {
    transport: { reachable: (provider: Address) => connected.includes(provider) },
    ...{ profile: { ...PROFILES.local, operatorGroups: false }, startedAt: -1e9, pieceLimit: GIB },
  });
});
afterAll(() => world.database.drop());

const number = (provider: string) => PROVIDERS.indexOf(provider as Address);

describe("a preview of settings", () => {
  it("says who qualifies now, and by which rule each other one does not", async () => {
    connected = PROVIDERS.filter((_, i) => i !== 3);
    const found = await previewPlacement(world.context, {
      ...{ k: 1, n: 2, days: 30, bytes: GIB },
      placement: { maxPrice: DAY_PRICE * 3n, blocked: [PROVIDERS[1]!] },
    });
    expect(found).toMatchObject({ summary: "2 of 6 providers qualify.", registered: 6, qualified: 2, enough: true });
    expect(found.providers.map(({ provider, rule }) => [number(provider), rule])).toEqual([
      ...[
        [0, null],
        [2, null],
        [1, "blocked"],
        [3, "away"],
        [4, "price"],
        [5, "price"],
      ],
    ]);
    expect(found.providers.map(({ reason }) => reason)).toEqual([
      ...[null, null, "It is among those that you block.", "It is not connected to this gateway now."],
      ...Array(2).fill(expect.stringContaining("asks more than 0.09 CAIRN per GiB and month")),
    ]);
    expect(found.providers.map(({ country }) => country)).toEqual(["CA", "US", "NL", "CA", null, "NL"]);
    // 1 GiB in one piece, rounded up to whole quads, for 30 days at 1 and at 3 per GiB and day.
    const { expected, least, most } = found.price;
    expect(Number(expected! / 10n ** 9n) / 10 ** 6).toBeCloseTo(120, 3);
    expect([least, most]).toEqual([expected, expected]);
  });

  it("says that countries cannot be met one by one, though enough qualify, and what a put would say", async () => {
    connected = PROVIDERS;
    const terms = { k: 1, n: 3, days: 1, bytes: 100_000, placement: { shardCountries: ["US", "US", "CA"] } };
    const found = await previewPlacement(world.context, terms);
    expect(found).toMatchObject({ qualified: 3, enough: false, price: { expected: null } });
    expect(found.cause).toContain("are in US");
    expect(found.summary).toBe("3 of 6 providers qualify, too few for 3 copies.");
    world.context.spool.prepare = async () => undefined;
    const put = { account: "local", owner: hex(0xa, 20), id: ID, nameHash: hex(1), label: new Uint8Array() };
    await expect(
      openPackage(world.context, { ...put, ...terms, mask: "none", layout: "private", repairKey: new Uint8Array() }),
    ).rejects.toMatchObject({ code: "too-few-providers" });
  });

  it("leaves out who has no room, and multiplies pieces", async () => {
    connected = PROVIDERS;
    const found = await previewPlacement(world.context, { k: 1, n: 5, days: 1, bytes: 4 * GIB });
    expect(found.providers.at(-1)).toMatchObject({ rule: "full", reason: "It has no room for a shard of this size." });
    expect(found.enough).toBe(true);
    // 4 GiB for a day with all five; the fifth is on duty for a day of the week, which is rounded up to 21 periods of 144.
    expect(Number(found.price.expected! / 10n ** 9n) / 10 ** 6).toBeCloseTo(4 * (1 + 2 + 3 + 4 + (5 * 21) / 144), 3);
    expect(found.providers.flatMap(({ shard }) => shard ?? []).toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  it("refuses what no package can have, by field", async () => {
    const refused = (settings: object, field: string) =>
      expect(previewPlacement(world.context, { k: 1, n: 2, days: 1, ...settings })).rejects.toMatchObject({
        details: { field, allowed: expect.any(String) },
      });
    await refused({ k: 3 }, "k");
    await refused({ days: 0 }, "days");
    await refused({ placement: { countries: ["nl"] } }, "countries");
  });
});

describe("how safe a package is", () => {
  it("follows from its live shards, their holders' hours and failures, and who fails together", async () => {
    connected = PROVIDERS.filter((_, i) => i !== 2);
    const { pool } = world.database;
    await world.addPackage("STORED");
    await pool.query(
      "insert into catalog.pieces (package, number, length, comm_p, indexed) values ($1, 0, 100, '', true)",
      [ID],
    );
    await world.addSlots([{ phase: "ACTIVE" }, { phase: "ACTIVE" }, { phase: "ACTIVE", spare: "refuses" }]);
    for (const [shard, i] of [0, 2, 4].entries())
      await pool.query("update catalog.slots set provider = $2 where package = $1 and shard = $3", [
        ID,
        PROVIDERS[i],
        shard,
      ]);
    const request = { id: ID, account: "local", hourly: 0.1, yearly: 0, together: "none" } as const;
    const both = await packageSafety(world.context, request);
    expect(both).toMatchObject({ exact: true, pieces: 1, strength: { live: 2, needed: 1, full: 3 } });
    expect(both.hours).toHaveLength(168);
    expect(both.hours[100]).toBeCloseTo(0.01, 12);
    // The third provider is not connected now.
    expect(both.now).toBeCloseTo(0.1, 12);
    expect(both.sentence).toBe("Readable at any hour with 99 %.");
    // One operator's: whatever becomes of each, both are gone with it.
    await pool.query("update catalog.providers set payout = $1 where provider = $2", [PROVIDERS[0], PROVIDERS[2]]);
    const grouped = await packageSafety(world.context, {
      ...request,
      together: "operator",
      groupYearly: 0.5,
      repairHours: 8760,
    });
    expect(grouped.hours[0]).toBeCloseTo(0.5 + 0.5 * 0.01, 12);
    expect(new Set(grouped.holders.map(({ group }) => group)).size).toBe(1);
    const apart = await packageSafety(world.context, {
      ...request,
      together: "country",
      groupYearly: 0.5,
      repairHours: 8760,
    });
    expect(apart.hours[0]).toBeCloseTo((0.5 + 0.5 * 0.1) ** 2, 12);
    await expect(packageSafety(world.context, { ...request, account: "other" })).rejects.toMatchObject({
      code: "unknown-package",
    });
    await pool.query("update catalog.packages set state = 'REMOVED' where id = $1", [ID]);
    await expect(packageSafety(world.context, request)).rejects.toMatchObject({ code: "wrong-state" });
  });
});
