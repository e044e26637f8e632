import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NOWHERE } from "../location/location.ts";
import { downstreamMigrations } from "../migrations.ts";
import { readOverview, readTotals } from "./overview.ts";
import { seedContract, seedFarmer } from "./testing/seed.ts";

const NOW = 1_795_000_000;
let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});
afterEach(() => database.drop());

const oslo = { ...NOWHERE, country: "Norway", city: "Oslo", lat: 59.91, lon: 10.75 };

async function seed(name: string, online: boolean, location = NOWHERE) {
  const coveredUntil = online ? NOW + 100 : NOW - 100;
  const start = NOW - 1000;
  return seedFarmer(database.pool, {
    name,
    location,
    createdAt: start,
    firstStart: start,
    coveredUntil,
    heartbeats: 5,
  });
}

describe("readOverview", () => {
  it("is all zeros at first", async () => {
    expect(await readOverview(database.pool, NOW)).toEqual({
      totals: {
        farmers: 0,
        online: 0,
        contracts: 0,
        bytes: 0,
        heartbeats: 0,
        wanted: 0,
        held: 0,
        pool: { chunks: 0, bytes: 0 },
      },
      loads: new Map(),
      places: [],
      unplaced: 0,
    });
  });

  it("sums up farmers, contracts, copies, the pool and places", async () => {
    const one = await seed("one", true, oslo);
    await seed("two", false, oslo);
    await seed("three", true);
    await seedContract(database.pool, { token: one.token, size: 700, start: NOW - 500, interval: 300, answers: 1 });
    await seedContract(database.pool, { token: one.token, size: 90, start: NOW - 1000, interval: 300, answers: 1 });
    await database.pool.query(
      `insert into downstream.chunks (file_id, scheme, tag) select id, 'Merkle', '' from downstream.files where size = 90`,
    );
    const { totals, places, unplaced, loads } = await readOverview(database.pool, NOW);
    expect(totals).toEqual({
      farmers: 3,
      online: 2,
      contracts: 1,
      bytes: 700,
      heartbeats: 15,
      wanted: 4,
      held: 2,
      pool: { chunks: 1, bytes: 90 },
    });
    expect(places).toEqual([{ lat: 59.91, lon: 10.75, name: "Oslo, Norway", farmers: 2, online: 1 }]);
    expect(unplaced).toBe(1);
    expect(loads.get(one.token)).toMatchObject({ farmerId: one.id, contracts: 1, size: 700, due: NOW + 100 });
  });

  it("is shared for a few seconds by the caller's clock, and no longer", async () => {
    const [first, beside] = await Promise.all([readOverview(database.pool, NOW), readOverview(database.pool, NOW + 1)]);
    expect(beside).toBe(first);
    await seed("one", true);
    expect(await readOverview(database.pool, NOW + 2)).toBe(first);
    expect((await readTotals(database.pool, NOW + 600)).farmers).toBe(1);
  });

  it("does not keep a failure", async () => {
    await database.pool.query("alter schema downstream rename to away");
    await expect(readOverview(database.pool, NOW)).rejects.toThrow();
    await database.pool.query("alter schema away rename to downstream");
    expect((await readTotals(database.pool, NOW)).farmers).toBe(0);
  });
});
