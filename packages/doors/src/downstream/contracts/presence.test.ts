import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createBeats } from "../beats.ts";
import { downstreamMigrations } from "../migrations.ts";
import { Presence, showPresence } from "./presence.ts";
import { insertFarmers, type SharedFile, sharedFile } from "./testing/merkle-contracts.ts";

const START = 1_800_000_000;
const INTERVAL = 60;

let file: SharedFile;
let database: TestDatabase;

beforeAll(async () => {
  file = await sharedFile(createBeats(randomBytes), 2);
});
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  await insertFarmers(database.pool, file, { farmers: 2, contractsEach: 1, start: START, interval: INTERVAL });
});
afterEach(() => database.drop());

const starts = async () =>
  (await database.pool.query("select start from downstream.contracts order by id")).rows.map(
    ({ start }) => start - START,
  );
const farmers = async () =>
  (await database.pool.query("select covered_until, covered_seconds from downstream.tokens order by id")).rows.map(
    ({ covered_until, covered_seconds }) => [covered_until - START, covered_seconds],
  );

describe("showPresence", () => {
  it("moves nothing at the first sign of life, nor for pauses of a few seconds", async () => {
    expect(await showPresence(database.pool, () => START + 10)).toBe(0);
    expect(await showPresence(database.pool, () => START + 14)).toBe(0);
    expect(await showPresence(database.pool, () => START + 12)).toBe(0);
    expect(await showPresence(database.pool, () => START + 18.9)).toBe(0);
    expect(await starts()).toEqual([0, 0]);
  });

  it("moves what ran when the node was last seen by the time that it was away, and nothing else", async () => {
    await database.pool.query("update downstream.contracts set start = start - 55 where id = 2");
    await database.pool.query("update downstream.tokens set covered_until = covered_until - 55 where id = 2");
    await showPresence(database.pool, () => START + 10);
    const moved = await showPresence(database.pool, () => START + 110);
    expect(moved).toBeCloseTo(100, 3);
    expect(await starts()).toEqual([expect.closeTo(moved, 3), -55]);
    expect(await farmers()).toEqual([
      [expect.closeTo(60 + moved, 3), expect.closeTo(60 + moved, 3)],
      [5, 60],
    ]);
    expect(await showPresence(database.pool, () => START + 111)).toBe(0);
  });

  it("takes serving a farmer for a sign of life: what was served is not made good", async () => {
    await showPresence(database.pool, () => START + 10);
    expect(await showPresence(database.pool, () => START + 30, START + 28)).toBe(0);
    expect(await showPresence(database.pool, () => START + 50, START + 44)).toBeCloseTo(6, 3);
    expect((await starts())[0]).toBeCloseTo(6, 3);
  });

  it("moves once when several processes come back together", async () => {
    await showPresence(database.pool, () => START + 10);
    const moved = await Promise.all([1, 2, 3].map(() => showPresence(database.pool, () => START + 40)));
    expect(moved.filter((seconds) => seconds > 0)).toHaveLength(1);
    expect((await starts())[0]).toBeCloseTo(30, 3);
  });

  it("does not take the time that moving takes for another absence", async () => {
    await showPresence(database.pool, () => START + 10);
    const clock = [START + 40, START + 100];
    await showPresence(database.pool, () => clock.shift() ?? START + 100);
    expect(await showPresence(database.pool, () => START + 104)).toBe(0);
    expect((await starts())[0]).toBeCloseTo(30, 3);
  });

  it("is not irritated by a clock that is set back", async () => {
    await showPresence(database.pool, () => START + 1000);
    expect(await showPresence(database.pool, () => START + 10)).toBe(0);
    expect(await starts()).toEqual([0, 0]);
  });
});

describe("Presence", () => {
  it("makes an absence good before it lets anybody go on, and writes nothing when there was none", async () => {
    let now = START;
    const presence = new Presence({ pool: database.pool, now: () => now });
    const shown = async () => (await database.pool.query("select alive_at from downstream.liveness")).rows[0]?.alive_at;
    await presence.ensure();
    now += 4;
    await presence.ensure();
    expect(await shown()).toBe(START);
    expect(await presence.show()).toBe(0);
    expect(await shown()).toBe(START + 4);
    now += 30;
    await Promise.all([presence.ensure(), presence.ensure()]);
    expect((await starts())[0]).toBeCloseTo(30, 3);
  });
});
