import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { downstreamMigrations } from "../migrations.ts";
import { farmerHistory } from "./farmer-history.ts";
import { recordDay } from "./record-day.ts";
import { seedFarmer } from "./testing/seed.ts";

const DAY = 86_400;
/** 2026-11-19T00:00:00Z */
const FIRST = 20_776 * DAY;
let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});
afterEach(() => database.drop());

async function set(id: string, heartbeats: number, missed: number, coveredUntil: number, coveredSeconds: number) {
  await database.pool.query(
    `update downstream.tokens set heartbeats = $2, missed = $3, covered_until = $4, covered_seconds = $5
     where farmer_id = $1`,
    [id, heartbeats, missed, coveredUntil, coveredSeconds],
  );
}

describe("farmerHistory", () => {
  it("tells by day what was accepted, missed and covered", async () => {
    const noon = FIRST + DAY / 2;
    const { id } = await seedFarmer(database.pool, { name: "one", createdAt: noon, firstStart: noon });
    // Covered from noon on, without a gap, past midnight.
    await set(id, 144, 0, FIRST + DAY + 300, DAY / 2 + 300);
    expect(await recordDay(database.pool, FIRST + DAY + 2)).toBe(1);
    // On the second day until 18:00, with two windows missed.
    await set(id, 300, 2, FIRST + 1.75 * DAY, 1.25 * DAY);
    expect(await recordDay(database.pool, FIRST + 2 * DAY + 1)).toBe(1);
    expect(await recordDay(database.pool, FIRST + 2 * DAY + 60)).toBe(0);
    // Back on the third day at 06:00, seen at 12:00.
    const now = FIRST + 2.5 * DAY;
    await set(id, 372, 2, now + 300, 1.5 * DAY + 300);
    const days = [
      { day: "2026-11-19", accepted: 144, missed: 0, uptime: 100 },
      { day: "2026-11-20", accepted: 156, missed: 2, uptime: 75 },
      { day: "2026-11-21", accepted: 72, missed: 0, uptime: 50 },
    ];
    expect(await farmerHistory(database.pool, id, 30, now)).toEqual(days);
    expect(await farmerHistory(database.pool, id, 2, now)).toEqual(days.slice(1));
    expect(await farmerHistory(database.pool, id, 1, now)).toEqual(days.slice(2));
    expect(await farmerHistory(database.pool, id, 0, now)).toEqual(days.slice(2));
    expect(await farmerHistory(database.pool, id, 1e12, now)).toEqual(days);
  });

  it("keeps a farmer that came after midnight for the next day only", async () => {
    const { id } = await seedFarmer(database.pool, { name: "new", createdAt: FIRST + 60 });
    expect(await recordDay(database.pool, FIRST + 120)).toBe(0);
    expect(await farmerHistory(database.pool, id, 30, FIRST + 120)).toEqual([
      { day: "2026-11-19", accepted: 0, missed: 0, uptime: null },
    ]);
  });

  it("says nothing of the uptime of days on which the node was away", async () => {
    const { id } = await seedFarmer(database.pool, { name: "one", createdAt: FIRST, firstStart: FIRST });
    await set(id, 100, 0, FIRST + DAY, DAY);
    // Away from the first evening to the third day.
    expect(await recordDay(database.pool, FIRST + 2.2 * DAY)).toBe(1);
    expect(await farmerHistory(database.pool, id, 30, FIRST + 2.3 * DAY)).toEqual([
      { day: "2026-11-19", accepted: 100, missed: 0, uptime: 100 },
      { day: "2026-11-20", accepted: 0, missed: 0, uptime: null },
      { day: "2026-11-21", accepted: 0, missed: 0, uptime: 0 },
    ]);
  });

  it("knows no other farmer", async () => {
    expect(await farmerHistory(database.pool, "00000000000000000000", 30, FIRST)).toBeUndefined();
  });
});
