import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { nextSeed } from "@cairn/proofs/heartbeat";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Beats, createBeats } from "../beats.ts";
import { downstreamMigrations } from "../migrations.ts";
import { cleanUp } from "./clean-up.ts";
import { type ContractBeats, contractBeats } from "./contract-beats.ts";
import { dropAnsweredTags } from "./drop-answered-tags.ts";
import { settleContracts } from "./settle-contracts.ts";
import { insertChunks, insertFarmers, type SharedFile, sharedFile } from "./testing/merkle-contracts.ts";

const START = 1_800_000_000;
const INTERVAL = 60;
const ROUNDS = 3;
/** Past the first window and the grace for answers on their way. */
const AFTER_FIRST = START + INTERVAL + 6;

let secrets: Beats;
let beats: ContractBeats;
let file: SharedFile;
let database: TestDatabase;

beforeAll(async () => {
  secrets = createBeats(randomBytes);
  beats = contractBeats(secrets, 0.01);
  file = await sharedFile(secrets, ROUNDS);
});
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  await insertFarmers(database.pool, file, { farmers: 2, contractsEach: 3, start: START, interval: INTERVAL });
  await insertChunks(database.pool);
});
afterEach(() => database.drop());

const all = async (text: string) => (await database.pool.query({ text, rowMode: "array" })).rows;
const change = (text: string) => database.pool.query(text);

describe("settleContracts", () => {
  it("leaves contracts alone that run, or have ended only just now", async () => {
    expect(await settleContracts(database.pool, beats, START + INTERVAL - 1)).toEqual({
      ended: 0,
      missed: 0,
      returned: 0,
    });
    expect(await settleContracts(database.pool, beats, START + INTERVAL + 1)).toEqual({
      ended: 0,
      missed: 0,
      returned: 0,
    });
  });

  it("counts each end once: the miss, the copy, and the chunk that goes back past the challenge that was shown", async () => {
    expect(await settleContracts(database.pool, beats, AFTER_FIRST)).toEqual({ ended: 6, missed: 6, returned: 6 });
    expect(await settleContracts(database.pool, beats, AFTER_FIRST)).toEqual({ ended: 0, missed: 0, returned: 0 });
    expect(await all("select missed::int from downstream.tokens")).toEqual([[3], [3]]);
    expect(await all("select distinct held from downstream.files")).toEqual([[0]]);
    const next = nextSeed(secrets.merkleKey, file.rootSeed);
    expect(await all("select distinct round, seed, contract_id from downstream.chunks")).toEqual([[1, next, null]]);
  });

  it("blames nobody when challenges ran out, or the contract may never have come through", async () => {
    await change(`update downstream.contracts set answers = ${ROUNDS} where id = 1`);
    await change("update downstream.contracts set firm = false where id = 2");
    await change("update downstream.contracts set answers = 1 where id = 3");
    expect(await settleContracts(database.pool, beats, AFTER_FIRST + 10 * INTERVAL)).toEqual({
      ended: 6,
      missed: 4,
      returned: 4,
    });
    expect(
      await all("select contract_id::int from downstream.chunks where contract_id is not null order by 1"),
    ).toEqual([[1], [3]]);
  });

  it("gives no chunk back whose only challenge was shown", async () => {
    await change(`update downstream.contracts set round = ${ROUNDS - 1} where id = 1`);
    expect(await settleContracts(database.pool, beats, AFTER_FIRST)).toMatchObject({
      ended: 6,
      missed: 6,
      returned: 5,
    });
    expect(await dropAnsweredTags(database.pool)).toBe(1);
  });

  it("settles part of the table", async () => {
    expect(await settleContracts(database.pool, beats, AFTER_FIRST, { from: 1, until: 9 })).toMatchObject({ ended: 0 });
    expect(await settleContracts(database.pool, beats, AFTER_FIRST, { from: 0, until: 1 })).toMatchObject({ ended: 6 });
  });

  it("counts each end once when two processes sweep", async () => {
    await insertFarmers(database.pool, file, {
      farmers: 30,
      contractsEach: 40,
      start: START,
      interval: INTERVAL,
      first: 10,
    });
    const sweeps = await Promise.all([1, 2, 3].map(() => settleContracts(database.pool, beats, AFTER_FIRST)));
    expect(sweeps.reduce((sum, { ended }) => sum + ended, 0)).toBe(1206);
    expect(await all("select sum(missed)::int from downstream.tokens")).toEqual([[1206]]);
    expect(await all("select distinct held from downstream.files")).toEqual([[0]]);
  });
});

describe("dropAnsweredTags", () => {
  it("keeps a tag until its farmer has answered", async () => {
    expect(await dropAnsweredTags(database.pool)).toBe(0);
    await change("update downstream.contracts set answers = 1 where id <= 2");
    await change("delete from downstream.contracts where id = 3");
    expect(await dropAnsweredTags(database.pool)).toBe(3);
    expect(await all("select contract_id::int from downstream.chunks order by 1")).toEqual([[4], [5], [6]]);
  });
});

describe("cleanUp", () => {
  it("deletes contracts that ended long ago and files that nothing refers to", async () => {
    await change("update downstream.contracts set answers = 9 where id = 6");
    await change("delete from downstream.chunks where contract_id in (1, 2)");
    await change(
      "insert into downstream.files (hash, source, size, interval, wanted, added_at) values ('\\x00', 'shard', 1, 1, 1, 0)",
    );
    await settleContracts(database.pool, beats, AFTER_FIRST);
    expect(await cleanUp(database.pool, AFTER_FIRST)).toEqual({ contracts: 0, files: 0 });
    expect(await cleanUp(database.pool, AFTER_FIRST + 60)).toEqual({ contracts: 5, files: 2 });
    expect(await all("select id::int from downstream.contracts")).toEqual([[6]]);
    expect(await all("select count(*)::int from downstream.files where source is not null")).toEqual([[1]]);
  });
});
