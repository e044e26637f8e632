import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { nextSeed } from "@cairn/proofs/heartbeat";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Beats, createBeats } from "../beats.ts";
import { downstreamMigrations } from "../migrations.ts";
import { contractBeats } from "./contract-beats.ts";
import { countAnswers } from "./count-answers.ts";
import { readChallenges } from "./read-challenges.ts";
import { contractHash, farmerToken, insertFarmers, type SharedFile, sharedFile } from "./testing/merkle-contracts.ts";

const START = 1_800_000_000;
const INTERVAL = 60;
const ROUNDS = 2;

let beats: Beats;
let file: SharedFile;
let database: TestDatabase;
let readOnly: pg.Pool;
const seeds: string[] = [];

beforeAll(async () => {
  beats = createBeats(randomBytes);
  file = await sharedFile(beats, ROUNDS);
  for (let seed = file.rootSeed, i = 0; i < ROUNDS; i += 1) {
    seed = nextSeed(beats.merkleKey, seed);
    seeds.push(seed.toString("base64"));
  }
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  await insertFarmers(database.pool, file, { farmers: 2, contractsEach: 3, start: START, interval: INTERVAL });
  readOnly = new pg.Pool({ ...database.config, options: "-c default_transaction_read_only=on" });
});
afterAll(async () => {
  await readOnly.end();
  await database.drop();
});

const read = (now: number, hashes?: string[], farmer = 1) =>
  readChallenges(readOnly, contractBeats(beats, 0.01), () => now, farmerToken(farmer), hashes);
const contractId = async (farmer: number, contract: number) => {
  const hash = Buffer.from(contractHash(farmer, contract), "hex");
  const { rows } = await database.pool.query("select id, token_id from downstream.contracts where hash = $1", [hash]);
  return { contract: rows[0].id as string, token: rows[0].token_id as number };
};
const open = (contract: number, round: number, due: number, answered = false) => ({
  hash: contractHash(1, contract),
  outcome: "open",
  challenge: { seed: seeds[round], index: round },
  due,
  answered,
});

describe("readChallenges", () => {
  it("runs where nothing can be written", async () => {
    await expect(readOnly.query("delete from downstream.contracts")).rejects.toThrow("read-only");
  });

  it("gives all challenges, oldest contract first, and the same ones whenever it is asked", async () => {
    const all = await read(START + 10);
    expect(all).toEqual([open(1, 0, 50), open(2, 0, 50), open(3, 0, 50)]);
    expect(await read(START + 10)).toEqual(all);
    expect((await read(START + 10, undefined, 2)).map(({ hash }) => hash)).toEqual(
      [1, 2, 3].map((c) => contractHash(2, c)),
    );
  });

  it("gives the challenges asked for, in that order, each once; another's contract is missing", async () => {
    const unknown = "ab".repeat(32);
    const hashes = [contractHash(1, 3), unknown, contractHash(2, 1), contractHash(1, 1), contractHash(1, 3), "no hash"];
    expect(await read(START, hashes)).toEqual([
      open(3, 0, 60),
      { hash: unknown, outcome: "missing" },
      { hash: contractHash(2, 1), outcome: "missing" },
      open(1, 0, 60),
      { hash: "no hash", outcome: "missing" },
    ]);
    expect(await read(START, [])).toEqual([]);
  });

  it("goes through a contract's life", async () => {
    const { contract, token } = await contractId(1, 2);
    const seedOf = (round: number) => Buffer.from(seeds[round]!, "base64");
    const standing = async (after: number) => (await read(START + after, [contractHash(1, 2)]))[0];
    await countAnswers(database.pool, [{ contract, token, answers: 0, seed: seedOf(0) }], START + 5);
    expect(await standing(59)).toEqual(open(2, 0, 1, true));
    expect(await standing(60)).toEqual(open(2, 1, 60));
    await countAnswers(database.pool, [{ contract, token, answers: 1, seed: seedOf(1) }], START + 65);
    expect(await standing(119)).toEqual(open(2, 1, 1, true));
    expect(await standing(120)).toEqual({ hash: contractHash(1, 2), outcome: "exhausted" });
    expect(await standing(180)).toEqual({ hash: contractHash(1, 2), outcome: "expired" });
    expect((await read(START + 61)).map(({ outcome }) => outcome)).toEqual(["expired", "open", "expired"]);
  });

  it("knows no other token", async () => {
    for (const token of ["00".repeat(16), "", "zz", farmerToken(1).slice(2)]) {
      const asked = readChallenges(readOnly, contractBeats(beats, 0.01), () => START, token, [contractHash(1, 1)]);
      await expect(asked).rejects.toMatchObject({ code: "downstream-no-token" });
    }
  });
});
