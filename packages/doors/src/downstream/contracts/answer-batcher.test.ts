import { randomBytes } from "node:crypto";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Beats, createBeats } from "../beats.ts";
import { downstreamMigrations } from "../migrations.ts";
import type { Answer } from "../verification-node.ts";
import { AnswerBatcher } from "./answer-batcher.ts";
import { contractBeats } from "./contract-beats.ts";
import {
  contractHash,
  farmerToken,
  HOME_NETWORK,
  insertFarmers,
  type SharedFile,
  sharedFile,
} from "./testing/merkle-contracts.ts";

const START = 1_800_000_000;
const INTERVAL = 60;
const HOME = "192.0.2.1";
const ROUNDS = 4;

let beats: Beats;
let file: SharedFile;
let database: TestDatabase;
let now: number;

beforeAll(async () => {
  beats = createBeats(randomBytes);
  file = await sharedFile(beats, ROUNDS);
});
beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
  now = START + 1;
});
afterEach(() => database.drop());

function batcher(most: number | null = 5, onBatch: (answers: number) => void = () => undefined): AnswerBatcher {
  return new AnswerBatcher({
    pool: database.pool,
    beats: contractBeats(beats, 0.01),
    now: () => now,
    networkKey: (ip) => (ip === HOME ? HOME_NETWORK : Buffer.alloc(32, ip)),
    maxTokensPerNetwork: most,
    onBatch,
  });
}

const right = (contract: number, round = 0, farmer = 1): Answer => ({
  hash: contractHash(farmer, contract),
  proof: file.proofs[round],
});
const wrong = (contract: number, round = 0): Answer => {
  const proof = structuredClone(file.proofs[round]) as { leaf: { blob: string } };
  proof.leaf.blob = Buffer.alloc(32).toString("base64");
  return { hash: contractHash(1, contract), proof };
};
const farmers = (count: number, contractsEach: number, more: { networkKey?: () => Buffer; first?: number } = {}) =>
  insertFarmers(database.pool, file, { farmers: count, contractsEach, start: START, interval: INTERVAL, ...more });

async function tables() {
  const { rows: tokens } = await database.pool.query(
    "select heartbeats::int, missed::int, covered_until, covered_seconds from downstream.tokens order by id",
  );
  const { rows: contracts } = await database.pool.query("select answers from downstream.contracts order by id");
  return { tokens, answers: contracts.map(({ answers }) => answers as number) };
}

describe("AnswerBatcher", () => {
  it("judges each answer in the original's order of checks, and counts the right ones", async () => {
    await farmers(2, 4);
    const outcomes = await batcher().answer(farmerToken(1), HOME, [
      right(1),
      wrong(2),
      { hash: contractHash(1, 3), proof: { leaf: 1 } },
      { hash: undefined, proof: file.proofs[0] },
      { hash: "f".repeat(64), proof: "corrupted too" },
      { hash: contractHash(2, 1), proof: file.proofs[0] },
      { hash: "../../etc", proof: null },
      right(4),
    ]);
    expect(outcomes).toEqual(["ok", "invalid", "corrupted", "missing", "missing", "missing", "missing", "ok"]);
    expect(await tables()).toEqual({
      tokens: [
        { heartbeats: 2, missed: 0, covered_until: START + 2 * INTERVAL, covered_seconds: 2 * INTERVAL },
        { heartbeats: 0, missed: 0, covered_until: START + INTERVAL, covered_seconds: INTERVAL },
      ],
      answers: [1, 0, 0, 1, 0, 0, 0, 0],
    });
  });

  it("counts the first right one of several answers to a contract", async () => {
    await farmers(1, 1);
    const answers = [wrong(1), { ...right(1), proof: 7 }, right(1), right(1), wrong(1), { ...right(1), proof: 7 }];
    expect(await batcher().answer(farmerToken(1), HOME, answers)).toEqual([
      "invalid",
      "corrupted",
      "ok",
      "answered",
      "answered",
      "corrupted",
    ]);
    expect((await tables()).answers).toEqual([1]);
  });

  it("lets a wrong answer be followed by a right one until due, and no answer afterwards", async () => {
    await farmers(1, 1);
    const door = batcher();
    const send = async (answer: Answer) => (await door.answer(farmerToken(1), HOME, [answer]))[0];
    expect(await send(wrong(1))).toBe("invalid");
    now = START + INTERVAL - 0.001;
    expect(await send(right(1))).toBe("ok");
    expect(await send(right(1))).toBe("answered");
    now = START + INTERVAL;
    expect(await send(right(1, 0))).toBe("invalid");
    expect(await send(right(1, 1))).toBe("ok");
    now = START + 3 * INTERVAL;
    expect(await send({ ...right(1, 2), proof: {} })).toBe("corrupted");
    expect(await send(right(1, 2))).toBe("expired");
    expect((await tables()).answers).toEqual([2]);
  });

  it("takes the answer to a challenge that was handed out before the node's absence moved its window", async () => {
    await farmers(1, 1);
    const door = batcher();
    const send = async (answer: Answer) => (await door.answer(farmerToken(1), HOME, [answer]))[0];
    now = START + 10;
    expect(await send(right(1, 0))).toBe("ok");
    now = START + INTERVAL + 1;
    // Challenge 1 is handed out here; then all starts move by 20 s, and window 1 lies ahead again.
    await database.pool.query("update downstream.contracts set start = start + 20");
    expect(await send(right(1, 0))).toBe("answered");
    expect(await send(wrong(1, 1))).toBe("answered");
    expect(await send(right(1, 1))).toBe("ok");
    expect(await send(right(1, 1))).toBe("answered");
    expect((await tables()).answers).toEqual([2]);
    now = START + 20 + 2 * INTERVAL;
    expect(await send(right(1, 2))).toBe("ok");
  });

  it("tells how many answers went to the database together", async () => {
    await farmers(1, 3);
    const sizes: number[] = [];
    await batcher(5, (size) => sizes.push(size)).answer(farmerToken(1), HOME, [right(1), right(2), right(3)]);
    expect(sizes).toEqual([3]);
  });

  it("serves every challenge of the chain and none after the last", async () => {
    await farmers(1, 1);
    const door = batcher();
    for (let round = 0; round < ROUNDS; round += 1) {
      now = START + round * INTERVAL + 30;
      expect(await door.answer(farmerToken(1), HOME, [right(1, round)])).toEqual(["ok"]);
    }
    now += INTERVAL;
    expect(await door.answer(farmerToken(1), HOME, [right(1, 3)])).toEqual(["answered"]);
    now += INTERVAL;
    expect(await door.answer(farmerToken(1), HOME, [right(1, 3)])).toEqual(["expired"]);
    expect((await tables()).tokens[0]).toEqual({
      heartbeats: ROUNDS,
      missed: 0,
      covered_until: START + (ROUNDS + 1) * INTERVAL,
      covered_seconds: (ROUNDS + 1) * INTERVAL,
    });
  });

  it("takes answers to two windows of a contract in one batch", async () => {
    await farmers(1, 1);
    const door = batcher();
    const first = door.answer(farmerToken(1), HOME, [right(1, 0)]);
    now = START + INTERVAL;
    const second = door.answer(farmerToken(1), HOME, [right(1, 1)]);
    expect(await Promise.all([first, second])).toEqual([["ok"], ["ok"]]);
    expect((await tables()).answers).toEqual([2]);
  });

  it("refuses a whole request: unknown token, too many tokens in another network", async () => {
    await farmers(1, 1);
    await farmers(2, 1, { networkKey: () => Buffer.alloc(32, "10.0.0.1"), first: 2 });
    const door = batcher(2);
    const none = { code: "downstream-no-token" };
    await expect(door.answer("00".repeat(16), HOME, [right(1)])).rejects.toMatchObject(none);
    await expect(door.answer("00".repeat(16), HOME, [])).rejects.toMatchObject(none);
    await expect(door.answer("not a token", HOME, [right(1)])).rejects.toMatchObject(none);
    await expect(door.answer(farmerToken(1), "10.0.0.1", [right(1)])).rejects.toMatchObject({
      code: "downstream-too-many-tokens",
    });
    expect((await tables()).answers).toEqual([0, 0, 0]);
    expect(await door.answer(farmerToken(1), "10.0.0.2", [])).toEqual([]);
    expect(await door.answer(farmerToken(1), "10.0.0.2", [right(1)])).toEqual(["ok"]);
    expect(await door.answer(farmerToken(2), "10.0.0.1", [right(1, 0, 2)])).toEqual(["ok"]);
    expect(await batcher(null).answer(farmerToken(1), "10.0.0.1", [right(1)])).toEqual(["answered"]);
    const { rows } = await database.pool.query("select network_key from downstream.tokens order by id");
    expect(rows[0].network_key).toEqual(HOME_NETWORK);
  });

  it("goes on with the others of a batch when one request is refused", async () => {
    await farmers(2, 1);
    const door = batcher();
    const results = await Promise.allSettled([
      door.answer(farmerToken(1), HOME, [right(1)]),
      door.answer("00".repeat(16), HOME, [right(1)]),
      door.answer(farmerToken(2), HOME, [right(1, 0, 2)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await tables()).answers).toEqual([1, 1]);
  });

  it("counts an answer once when two processes have it at the same time, again and again", async () => {
    await farmers(20, 40);
    const doors = [batcher(), batcher()];
    for (let round = 0; round < ROUNDS; round += 1) {
      now = START + round * INTERVAL + 1;
      const sent = Array.from({ length: 20 }, (_, f) =>
        doors.map((door, d) => {
          const answers = Array.from({ length: 40 }, (_, c) => right(c + 1, round, f + 1));
          return door.answer(farmerToken(f + 1), HOME, d === 0 ? answers : answers.toReversed());
        }),
      );
      for (const pair of sent) {
        const [one = [], other = []] = await Promise.all(pair);
        const both = one.map((outcome, i) => [outcome, other[other.length - 1 - i]].sort().join(" "));
        expect(new Set(both)).toEqual(new Set(["answered ok"]));
      }
    }
    const { tokens, answers } = await tables();
    expect(new Set(answers)).toEqual(new Set([ROUNDS]));
    expect(new Set(tokens.map(({ heartbeats }) => heartbeats))).toEqual(new Set([40 * ROUNDS]));
    expect(new Set(tokens.map(({ covered_seconds }) => covered_seconds))).toEqual(new Set([(ROUNDS + 1) * INTERVAL]));
  });

  it("outlasts a cut connection, and says ok once for what it does not know whether it counted", async () => {
    await farmers(10, 20);
    const door = batcher();
    let over = false;
    const cutting = (async () => {
      while (!over) {
        await database.pool
          .query(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like '%verified%'",
          )
          .catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    for (let round = 0; round < ROUNDS; round += 1) {
      now = START + round * INTERVAL + 1;
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, f) =>
          door.answer(
            farmerToken(f + 1),
            HOME,
            Array.from({ length: 20 }, (_, c) => right(c + 1, round, f + 1)),
          ),
        ),
      );
      expect(new Set(outcomes.flat())).toEqual(new Set(["ok"]));
    }
    over = true;
    await cutting;
    expect(new Set((await tables()).answers)).toEqual(new Set([ROUNDS]));
  });

  it("splits a request that is larger than a batch", async () => {
    await farmers(1, 1200);
    const answers = Array.from({ length: 1200 }, (_, c) => right(c + 1));
    expect(new Set(await batcher().answer(farmerToken(1), HOME, answers))).toEqual(new Set(["ok"]));
    expect((await tables()).tokens[0].heartbeats).toBe(1200);
  });

  it("answers what was asked before it is idle", async () => {
    await farmers(1, 1);
    const door = batcher();
    const outcome = door.answer(farmerToken(1), HOME, [right(1)]);
    await door.idle();
    expect(await Promise.race([outcome, Promise.resolve("late")])).toEqual(["ok"]);
  });
});
