import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { downstreamMigrations } from "../migrations.ts";
import { listFarmers } from "./list-farmers.ts";
import { showFarmer } from "./show-farmer.ts";
import { seedContract, seedFarmer } from "./testing/seed.ts";

const NOW = 1_795_000_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});
afterAll(() => database.drop());

describe("showFarmer", () => {
  it("shows what the list shows, and writes nothing", async () => {
    const { token, id } = await seedFarmer(database.pool, {
      name: "one",
      createdAt: NOW - 1000,
      firstStart: NOW - 900,
      coveredUntil: NOW + 100,
      coveredSeconds: 1000,
    });
    await seedContract(database.pool, { token, size: 512, start: NOW - 500, interval: 300, answers: 1 });
    const [listed] = await listFarmers(database.pool, {
      sort: "id",
      descending: false,
      limit: null,
      page: 0,
      onlineOnly: false,
      now: NOW,
    });
    const reader = new pg.Pool({ ...database.config, options: "-c default_transaction_read_only=on" });
    reader.on("error", () => undefined);
    try {
      expect(await showFarmer(reader, id, NOW)).toEqual(listed);
    } finally {
      await reader.end();
    }
    expect(listed).toMatchObject({ uptime: 100, size: 512, contracts: 1 });
  });

  it("knows no other farmer", async () => {
    expect(await showFarmer(database.pool, "00000000000000000000", NOW)).toBeUndefined();
    expect(await showFarmer(database.pool, "'; drop table x", NOW)).toBeUndefined();
  });
});
