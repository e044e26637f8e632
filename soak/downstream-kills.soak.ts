import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseBeats } from "@cairn/doors/downstream";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDownstream, type TestNode } from "../apps/node/test/support/downstream.ts";
import {
  farmerToken,
  insertFarmers,
  type SharedFile,
  sharedFile,
} from "../packages/doors/src/downstream/contracts/testing/merkle-contracts.ts";
import { hashToken } from "../packages/doors/src/downstream/tokens/token.ts";
import { SteadyFarmer } from "./downstream-kills/steady-farmer.ts";
import { Choices } from "./kill-loop/random.ts";

/** CAIRN_SOAK_INSTANTS: how many kills. CAIRN_SOAK_SEED: which choices; printed, to be given again. */
const INSTANTS = Number(process.env.CAIRN_SOAK_INSTANTS ?? 200);
const SEED = Number(process.env.CAIRN_SOAK_SEED ?? Date.now() % 1_000_000);
const INTERVAL = 15;
const FARMERS = 30;
const CONTRACTS_EACH = 100;
const KILLS_PER_ROUND = 10;
const TARGETS = ["downstream", "downstream", "postgres"] as const;

let node: TestNode;
let pool: pg.Pool;
let file: SharedFile;
const began = Date.now();
const say = (text: string) => {
  process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
};

beforeAll(async () => {
  node = await startDownstream("--interval", String(INTERVAL), "--trusted-proxy", "loopback");
  const directory = join(node.home, "downstream");
  const { database } = JSON.parse(await readFile(join(directory, "config.json"), "utf8"));
  pool = new pg.Pool({ ...database, max: 2 });
  pool.on("error", () => undefined);
  file = await sharedFile(parseBeats(await readFile(join(directory, "heartbeat.json"), "utf8")));
});
afterAll(async () => {
  await pool?.end();
  await node?.remove();
});

/** Again until it succeeds: the database may be away. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 240) throw error;
      await sleep(250);
    }
  }
}

/** What the tables say against what the farmers were told; one line for each difference. */
async function differences(
  farmers: readonly SteadyFarmer[],
  first: number,
): Promise<{ wrong: string[]; counted: number }> {
  const hashes = farmers.map((_, i) => hashToken(farmerToken(first + i)).tokenHash);
  const { rows } = await patiently(() =>
    pool.query<{ hash: string; answers: number }>(
      `select encode(c.hash, 'hex') as hash, c.answers from downstream.contracts c join downstream.tokens t on t.id = c.token_id
       where t.token_hash = any ($1)`,
      [hashes],
    ),
  );
  const credited = await patiently(() =>
    pool.query<{ heartbeats: number }>(
      "select sum(heartbeats)::int as heartbeats from downstream.tokens where token_hash = any ($1)",
      [hashes],
    ),
  );
  const wrong: string[] = [];
  const books = new Map(farmers.flatMap((farmer) => [...farmer.books]));
  let counted = 0;
  for (const { hash, answers } of rows) {
    counted += answers;
    const { sent, acknowledged } = books.get(hash)!;
    books.delete(hash);
    for (const index of acknowledged) {
      if (index >= answers) wrong.push(`${hash}: challenge ${index} was acknowledged, ${answers} answers stand`);
    }
    for (let index = 0; index < answers; index += 1) {
      if (!sent.has(index)) wrong.push(`${hash}: ${answers} answers stand, but none was sent to challenge ${index}`);
    }
  }
  if (books.size > 0) wrong.push(`${books.size} contracts are gone`);
  const { heartbeats } = credited.rows[0]!;
  if (heartbeats !== counted) wrong.push(`contracts count ${counted} answers, farmers have ${heartbeats}`);
  return { wrong, counted };
}

it(`counts every acknowledged answer once through ${INSTANTS} kills of server and database`, async () => {
  const choices = new Choices(SEED);
  const faults: string[] = [];
  const fault = (what: string) => {
    faults.push(what);
    say(`FAULT  ${what}`);
  };
  const kills = { downstream: 0, postgres: 0 };
  const total = { counted: 0, acknowledged: 0, alreadyAnswered: 0, failedRequests: 0 };
  let done = 0;
  say(`seed ${SEED}, ${INSTANTS} kills, home ${node.home}`);

  for (let round = 1; done < INSTANTS; round += 1) {
    const first = (round - 1) * FARMERS + 1;
    await patiently(() => pool.query("select 1"));
    await insertFarmers(pool, file, {
      farmers: FARMERS,
      contractsEach: CONTRACTS_EACH,
      start: Date.now() / 1000,
      interval: INTERVAL,
      first,
    });
    const farmers = Array.from(
      { length: FARMERS },
      (_, i) =>
        new SteadyFarmer({
          url: node.url,
          number: first + i,
          contracts: CONTRACTS_EACH,
          proofs: file.proofs,
          onFault: fault,
        }),
    );
    for (const farmer of farmers) farmer.start();
    for (let i = 0; i < KILLS_PER_ROUND && done < INSTANTS; i += 1) {
      await sleep(choices.between(300, 6000));
      const target = choices.of(TARGETS);
      const killed = await node.killChild(target).then(
        () => true,
        () => false,
      );
      if (!killed) continue;
      kills[target] += 1;
      done += 1;
    }
    await sleep(INTERVAL * 1000);
    await Promise.all(farmers.map((farmer) => farmer.stop()));
    const { wrong, counted } = await differences(farmers, first);
    for (const what of wrong) fault(what);
    const sum = (key: keyof SteadyFarmer["notes"]) => farmers.reduce((all, { notes }) => all + notes[key], 0);
    total.counted += counted;
    total.acknowledged += sum("acknowledged");
    total.alreadyAnswered += sum("alreadyAnswered");
    total.failedRequests += sum("failedRequests");
    say(`round ${round}  ${done} kills, ${faults.length} faults; ${JSON.stringify(total)}`);
  }

  say(`summary: seed ${SEED}; ${JSON.stringify(kills)}; ${JSON.stringify(total)}; ${faults.length} faults`);
  expect(faults).toEqual([]);
  expect(total.acknowledged).toBeGreaterThan(0);
});
