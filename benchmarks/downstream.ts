/**
 * The downstream door as a process of its own, with its PostgreSQL (which syncs to disk) and a load generator, all on this machine: durable answers per
 * second in batches as farmers send them and one by one, beside a server that counts each answer in a transaction of its own as the original did,
 * on the same tables; then requests that only read, among all contracts. Every proof is a Merkle proof of 256 challenges and is verified;
 * that all contracts share one file leaves that work as it is. CAIRN_BENCH_CONTRACTS: how many (1,000,000).
 */
import { fileURLToPath } from "node:url";
import {
  farmerToken,
  insertFarmers,
  sharedFile,
} from "../packages/doors/src/downstream/contracts/testing/merkle-contracts.ts";
import { networkKeys } from "../packages/doors/src/downstream/tokens/network-keys.ts";
import { hashToken } from "../packages/doors/src/downstream/tokens/token.ts";
import { farmerAddress } from "./lib/downstream-farmers.ts";
import { openDownstreamBench, type ServerProcess } from "./lib/downstream-node.ts";
import type { LoadResult } from "./lib/http-load.ts";
import { judge, report } from "./lib/measure.ts";
import { treeSeconds } from "./lib/processes.ts";

const CONTRACTS = Number(process.env.CAIRN_BENCH_CONTRACTS ?? 1_000_000);
/** Those whose answers are measured hold 200 contracts each, as many as the original client puts into a request; the others share the rest. */
const ANSWERING = { farmers: 1_100, contractsEach: 200 };
const OTHER_FARMERS = 18_900;
const READ = { requests: 2_000, contractsEach: 100, connections: 4 };
const PEER = fileURLToPath(new URL("./lib/downstream-one-by-one.ts", import.meta.url));
const HOUR = 3600;

const bench = await openDownstreamBench();
const say = (text: string) => process.stdout.write(`${text}\n`);
const milliseconds = ({ p50, p99, longest }: LoadResult) =>
  `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`;
let lost = 0;

interface Answered {
  rate: number;
  load: LoadResult;
}

/** Processor seconds of the server and of PostgreSQL so far. */
const processorUse = ({ child }: ServerProcess) => ({
  server: treeSeconds(child.pid ?? 0),
  postgres: treeSeconds(bench.postgres.pid),
});

/** Sends answers and holds what was acknowledged against the tables. */
async function answers(
  server: ServerProcess,
  what: string,
  part: { first: number; farmers: number; batch: number; connections: number },
): Promise<Answered> {
  const { contractsEach } = ANSWERING;
  const before = processorUse(server);
  const load = await bench.load({ kind: "answers", port: server.port, contractsEach, proof: file.proofs[0], ...part });
  const after = processorUse(server);
  const hashes = Array.from({ length: part.farmers }, (_, i) => hashToken(farmerToken(part.first + i)).tokenHash);
  const { rows } = await bench.pool.query<{ heartbeats: number; answers: number; most: number }>(
    `select sum(t.heartbeats)::int as heartbeats, sum(c.answers)::int as answers, max(c.most) as most
     from downstream.tokens t,
       lateral (select sum(answers) as answers, max(answers) as most from downstream.contracts where token_id = t.id) c
     where t.token_hash = any ($1)`,
    [hashes],
  );
  const { heartbeats = 0, answers: counted = 0, most = 0 } = rows[0] ?? {};
  const sent = part.farmers * contractsEach;
  say(
    `${what}: ${load.requests} requests, ${JSON.stringify(load.statuses)}, ${milliseconds(load)}; sent ${sent}, acknowledged ${load.counted}, contracts count ${counted}, farmers ${heartbeats}, the most on one contract ${most}`,
  );
  lost += Math.abs(load.counted - counted) + Math.abs(counted - heartbeats) + Math.abs(sent - counted) + (most - 1);
  const each = (seconds: number) => (seconds / load.counted) * 1e6;
  const use = {
    server: each(after.server - before.server),
    postgres: each(after.postgres - before.postgres),
    load: each(load.cpuSeconds),
  };
  const all = use.server + use.postgres + use.load;
  say(
    `  processor time of an answer: server ${use.server.toFixed(0)} µs, PostgreSQL ${use.postgres.toFixed(0)} µs, load generator ${use.load.toFixed(0)} µs; two cores of their own would do ${Math.round(2e6 / all)} a second`,
  );
  return { rate: load.counted / load.seconds, load };
}

/** Rows that anybody has written in this schema, the sign of life aside. */
async function writes(): Promise<number> {
  // Sessions report at most once a second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const { rows } = await bench.pool.query<{ count: number }>(
    "select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as count from pg_stat_user_tables where schemaname = 'downstream' and relname <> 'liveness'",
  );
  return rows[0]!.count;
}

const file = await sharedFile(bench.beats);
try {
  const start = Date.now() / 1000;
  const networkKey = (farmer: number) => networkKeys(bench.beats.networkKey, farmerAddress(farmer)).networkKey;
  const common = { start, interval: HOUR, networkKey };
  await insertFarmers(bench.pool, file, { ...common, ...ANSWERING });
  const inBatches = { first: 1, farmers: 600 };
  const single = { first: 601, farmers: 400 };
  const peersBatched = { first: 1001, farmers: 50 };
  const peersSingle = { first: 1051, farmers: 50 };
  const readers = { first: 1101, farmers: 1_000 };
  await insertFarmers(bench.pool, file, { ...common, ...readers, contractsEach: READ.contractsEach });
  const left = CONTRACTS - ANSWERING.farmers * ANSWERING.contractsEach - readers.farmers * READ.contractsEach;
  const farmers = OTHER_FARMERS - readers.farmers;
  const contractsEach = Math.ceil(left / farmers);
  for (let first = 2101, until = first + farmers; first < until; first += 1000) {
    const some = { first, farmers: Math.min(1000, until - first), contractsEach };
    await insertFarmers(bench.pool, file, { ...common, ...some });
  }
  await bench.settle();
  const { rows } = await bench.pool.query(
    "select (select count(*) from downstream.contracts) as contracts, (select count(*) from downstream.tokens) as farmers",
  );
  say(`${rows[0].contracts} contracts, ${rows[0].farmers} farmers, made in ${Math.round(Date.now() / 1000 - start)} s`);

  const server = await bench.serve();
  const batched = await answers(server, "in batches of 200", { ...inBatches, batch: 200, connections: 4 });
  const singly = await answers(server, "one by one", { ...single, batch: 1, connections: 192 });
  const { port } = server;
  const before = await writes();
  const { requests, connections } = READ;
  const farmerIds = Array.from({ length: 500 }, (_, i) => hashToken(farmerToken(1 + i * 40)).farmerId);
  const reads = {
    "challenges of 100 contracts": await bench.load({
      kind: "challenges",
      port,
      connections,
      ...readers,
      contractsEach: READ.contractsEach,
      requests,
    }),
    "/challenge of all 200 contracts": await bench.load({
      kind: "gets",
      port,
      connections,
      paths: Array.from({ length: 500 }, (_, i) => `/challenge/${farmerToken(1 + i)}`),
      requests,
    }),
    "/status/list/by/d/uptime/25": await bench.load({
      kind: "gets",
      port,
      connections,
      paths: ["/status/list/by/d/uptime/25"],
      requests: 500,
    }),
    "/status/show": await bench.load({
      kind: "gets",
      port,
      connections,
      paths: farmerIds.map((id) => `/status/show/${id}`),
      requests,
    }),
  };
  const written = (await writes()) - before;
  for (const [what, load] of Object.entries(reads)) {
    say(
      `${what}: ${Math.round(load.requests / load.seconds)} a second, ${JSON.stringify(load.statuses)}, ${milliseconds(load)}`,
    );
    judge(`50 ms / p99 of ${what}`, 50 / load.p99, 1);
  }
  say(`rows written meanwhile: ${written}`);
  await server.stop();
  const peer = await bench.serve(PEER);
  const peerBatched = await answers(peer, "original's way, in batches", {
    ...peersBatched,
    batch: 200,
    connections: 16,
  });
  const peerSingly = await answers(peer, "original's way, one by one", { ...peersSingle, batch: 1, connections: 64 });
  await peer.stop();
  report("durable answers per second, batches of 200", batched.rate, "", "a transaction each", peerBatched.rate);
  report("durable answers per second, one by one", singly.rate, "", "a transaction each", peerSingly.rate);
  judge("durable answers per second in batches", batched.rate, 10_000);
  judge("durable answers per second one by one", singly.rate, 8_000);
  judge("60 ms / p99 of one answer", 60 / singly.load.p99, 1);
  say(lost === 0 ? "nothing lost, nothing counted twice" : `${lost} LOST OR COUNTED TWICE`);

  if (lost > 0 || written > 0) process.exitCode = 1;
} finally {
  await bench.stop();
}
