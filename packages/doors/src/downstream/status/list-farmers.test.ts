import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { downstreamMigrations } from "../migrations.ts";
import { type FarmerQuery, isSortKey, listFarmers, SORT_KEYS } from "./list-farmers.ts";
import { seedContract, seedFarmer } from "./testing/seed.ts";

const NOW = 1_795_000_000;
const HOUR = 3600;
const everyone: FarmerQuery = {
  sort: "id",
  descending: false,
  limit: null,
  page: 0,
  onlineOnly: false,
  now: NOW,
};

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});
afterEach(() => database.drop());

/** Ten hours with the node; covered for `hours` of them, and still when online. */
async function seed(name: string, hours: number, online: boolean, sizes: number[], heartbeats = 0) {
  const farmer = await seedFarmer(database.pool, {
    name,
    address: `1${name}`,
    createdAt: NOW - 11 * HOUR,
    heartbeats,
    firstStart: NOW - 10 * HOUR,
    coveredUntil: online ? NOW + 100 : NOW - 100,
    coveredSeconds: hours * HOUR + (online ? 100 : 0),
  });
  for (const size of sizes) {
    await seedContract(database.pool, { token: farmer.token, size, start: NOW - 500, interval: 300, answers: 1 });
  }
  return farmer;
}

describe("listFarmers", () => {
  it("shows a farmer with the keys and units of the wire", async () => {
    const location = { country: "Iceland", state: null, city: "Reykjavik", zip: "101", lat: 64.14, lon: -21.9 };
    const { token, id } = await seedFarmer(database.pool, {
      name: "one",
      address: "1One",
      location,
      createdAt: NOW - HOUR,
      heartbeats: 7,
      firstStart: NOW - 3000,
      coveredUntil: NOW + 100,
      coveredSeconds: 2100,
    });
    // In its second window of 300 s, answered once: due in 100 s. Expired, settled and unfinished contracts do not count.
    await seedContract(database.pool, { token, size: 1000, start: NOW - 500, interval: 300, answers: 1 });
    await seedContract(database.pool, { token, size: 200, start: NOW - 700, interval: 300, answers: 3 });
    await seedContract(database.pool, { token, size: 30, start: NOW - 600, interval: 300, answers: 1 });
    await seedContract(database.pool, { token, size: 4, start: NOW, interval: 300, answers: 0, settled: true });
    await seedContract(database.pool, { token, size: 5, start: NOW, interval: 300, answers: 0, firm: false });
    expect(await listFarmers(database.pool, everyone)).toEqual([
      {
        id,
        address: "1One",
        location,
        uptime: 66.67,
        heartbeats: 7,
        contracts: 2,
        size: 1200,
        online: true,
        last_due: new Date((NOW + 200) * 1000).toISOString().slice(0, 19),
        ip: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it("shows a farmer without contracts as offline, never up and never due", async () => {
    await seedFarmer(database.pool, { name: "idle", createdAt: NOW - HOUR });
    expect(await listFarmers(database.pool, everyone)).toMatchObject([
      { uptime: 0, heartbeats: 0, contracts: 0, size: 0, online: false, last_due: null },
    ]);
  });

  it("shows a farmer in the instant of its first contract as up, and one that left with the end of its last contract", async () => {
    await seedFarmer(database.pool, {
      name: "new",
      createdAt: NOW,
      firstStart: NOW,
      coveredUntil: NOW + 300,
      coveredSeconds: 300,
    });
    await seed("gone", 5, false, []);
    const farmers = await listFarmers(database.pool, { ...everyone, sort: "uptime" });
    expect(farmers).toMatchObject([
      { uptime: 50, online: false, last_due: new Date((NOW - 100) * 1000).toISOString().slice(0, 19) },
      { uptime: 100, online: true },
    ]);
  });

  it("orders by each key, both ways, equals by id", async () => {
    await seed("a", 9, true, [1, 1, 1], 5);
    await seed("b", 2, false, [], 9);
    await seed("c", 9, true, [700], 5);
    await seed("D", 4, false, [], 0);
    const ofFarmer = {
      id: "id",
      address: "address",
      uptime: "uptime",
      heartbeats: "heartbeats",
      contracts: "contracts",
      size: "size",
      online: "online",
    } as const;
    for (const sort of SORT_KEYS) {
      for (const descending of [false, true]) {
        const farmers = await listFarmers(database.pool, { ...everyone, sort, descending });
        const expected = farmers.toSorted((x, y) => {
          const [a, b] = [x[ofFarmer[sort]], y[ofFarmer[sort]]];
          if (a === b) return x.id < y.id ? -1 : 1;
          return a < b === descending ? 1 : -1;
        });
        expect(farmers, `${sort} ${descending}`).toEqual(expected);
        expect(farmers).toHaveLength(4);
      }
    }
    const byAddress = await listFarmers(database.pool, { ...everyone, sort: "address" });
    expect(byAddress.map(({ address }) => address)).toEqual(["1D", "1a", "1b", "1c"]);
  });

  it("filters before it limits, and gives pages from 0", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await seed(name, 5, name !== "c", []);
    const page = (limit: number, number: number, onlineOnly: boolean) =>
      listFarmers(database.pool, { ...everyone, sort: "address", limit, page: number, onlineOnly }).then((farmers) =>
        farmers.map(({ address }) => address),
      );
    expect(await page(2, 1, false)).toEqual(["1c", "1d"]);
    expect(await page(2, 1, true)).toEqual(["1d", "1e"]);
    expect(await page(4, 0, true)).toEqual(["1a", "1b", "1d", "1e"]);
    expect(await page(2, 9, true)).toEqual([]);
    expect(await page(0, 0, false)).toEqual([]);
    expect(await page(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, false)).toEqual([]);
  });

  it("answers for hundreds of farmers as for few, in every order", async () => {
    for (let index = 0; index < 210; index++) {
      const sizes = Array.from({ length: index % 4 }, (_, number) => 1 + ((index * 31 + number) % 90));
      await seed(`farmer ${index}`, index % 9, index % 3 !== 0, sizes, index % 17);
    }
    const all = await listFarmers(database.pool, everyone);
    expect(all).toHaveLength(210);
    for (const sort of ["contracts", "size", "uptime"] as const) {
      for (const descending of [false, true]) {
        for (const onlineOnly of [false, true]) {
          const query = { ...everyone, sort, descending, onlineOnly, limit: 20, page: 2 };
          const expected = all
            .filter(({ online }) => online || !onlineOnly)
            .sort((a, b) => (descending ? b[sort] - a[sort] : a[sort] - b[sort]) || (a.id < b.id ? -1 : 1))
            .slice(40, 60);
          expect(await listFarmers(database.pool, query), `${sort} ${descending} ${onlineOnly}`).toEqual(expected);
        }
      }
    }
  });

  it("writes nothing", async () => {
    await seed("a", 5, true, [5]);
    const reader = new pg.Pool({ ...database.config, options: "-c default_transaction_read_only=on" });
    reader.on("error", () => undefined);
    try {
      for (const sort of SORT_KEYS) expect(await listFarmers(reader, { ...everyone, sort })).toHaveLength(1);
    } finally {
      await reader.end();
    }
  });
});

describe("isSortKey", () => {
  it("knows the keys of the wire and nothing else", () => {
    expect(SORT_KEYS.every(isSortKey)).toBe(true);
    expect(["", "ip", "last_due", "constructor", "id "].some(isSortKey)).toBe(false);
  });
});
