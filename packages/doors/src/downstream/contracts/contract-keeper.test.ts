import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Beats, createBeats } from "../beats.ts";
import { downstreamMigrations } from "../migrations.ts";
import { contractBeats } from "./contract-beats.ts";
import { ContractKeeper } from "./contract-keeper.ts";
import { insertChunks, insertFarmers, type SharedFile, sharedFile } from "./testing/merkle-contracts.ts";

const START = 1_800_000_000;
const INTERVAL = 60;
const DAY = 86_400;

let beats: Beats;
let file: SharedFile;
let database: TestDatabase;

beforeAll(async () => {
  beats = createBeats(randomBytes);
  file = await sharedFile(beats, 4);
});
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  await insertFarmers(database.pool, file, { farmers: 2, contractsEach: 2, start: START, interval: INTERVAL });
  await insertChunks(database.pool);
});
afterEach(() => database.drop());

const all = async (text: string) => (await database.pool.query({ text, rowMode: "array" })).rows;

describe("ContractKeeper", () => {
  it("settles, drops tags, keeps each day's counters and cleans up, all by itself", async () => {
    let now = START + 10;
    const said: string[] = [];
    const log = {
      info: (_: object, message: string) => said.push(message),
      warn: (_: object, message: string) => said.push(message),
    };
    await database.pool.query("update downstream.contracts set answers = 1 where id = 1");
    const keeper = new ContractKeeper({ pool: database.pool, beats: contractBeats(beats, 0.01), now: () => now, log });
    await keeper.start();
    try {
      await expect.poll(() => all("select count(*)::int from downstream.chunks"), { timeout: 60_000 }).toEqual([[3]]);
      expect(await all("select count(*)::int from downstream.contracts where settled")).toEqual([[0]]);
      // In steps that are no absence, past the first window of all.
      for (; now < START + INTERVAL + 10; now += 4) await keeper.presence.show();
      await expect
        .poll(() => all("select missed::int from downstream.tokens order by id"), { timeout: 60_000 })
        .toEqual([[1], [2]]);
      // The sign of life first: the jump is no absence.
      await database.pool.query("update downstream.liveness set alive_at = $1", [now + 2 * DAY]);
      now += 2 * DAY;
      await expect
        .poll(() => all("select count(*)::int from downstream.contracts"), { timeout: 60_000 })
        .toEqual([[0]]);
      expect(await all("select count(distinct day)::int from downstream.days")).toEqual([[1]]);
      expect(said).toEqual([]);
    } finally {
      await keeper.stop();
    }
  });

  it("goes on after a failure, and says so", async () => {
    const said: string[] = [];
    const log = { info: () => undefined, warn: (_: object, message: string) => said.push(message) };
    const keeper = new ContractKeeper({
      pool: database.pool,
      beats: contractBeats(beats, 0.01),
      now: () => START + INTERVAL + 10,
      log,
    });
    await keeper.start();
    try {
      await database.pool.query("alter table downstream.contracts rename to elsewhere");
      await expect.poll(() => said.length, { timeout: 60_000 }).toBeGreaterThan(0);
      await database.pool.query("alter table downstream.elsewhere rename to contracts");
      await expect
        .poll(() => all("select count(*)::int from downstream.contracts where settled"), { timeout: 60_000 })
        .toEqual([[4]]);
    } finally {
      await keeper.stop();
    }
  });
});
