import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestS3, type TestS3 } from "@cairn/blobs/testing/s3-server";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChainBooks } from "../apps/node/test/support/chain-books.ts";
import {
  allPackages,
  checkMoney,
  checkShards,
  checkSpool,
  errorLines,
  openBooks,
  patiently,
  untilAtRest,
} from "../apps/node/test/support/invariants.ts";
import { startNetwork, type TestNetwork, until } from "../apps/node/test/support/network.ts";
import { s3Environment } from "../apps/node/test/support/s3-environment.ts";
import { startSecondGateway } from "../apps/node/test/support/second-gateway.ts";
import { Activities } from "./kill-loop/activities.ts";
import { Killer } from "./kill-loop/killer.ts";
import { Choices } from "./kill-loop/random.ts";

/**
 * CAIRN_SOAK_INSTANTS: how many kills. CAIRN_SOAK_SEED: which choices; printed, to be given again. CAIRN_SOAK_KEEP: leave the home behind. CAIRN_SOAK_S3:
 * blobs on an S3 server. CAIRN_SOAK_GATEWAYS=2: a second gateway on the same database, which gets half of the commands and is killed, too.
 */
const INSTANTS = Number(process.env.CAIRN_SOAK_INSTANTS ?? 200);
const SEED = Number(process.env.CAIRN_SOAK_SEED ?? Date.now() % 1_000_000);
const GATEWAYS = Number(process.env.CAIRN_SOAK_GATEWAYS ?? 1);
const PROVIDERS = 6;
/** Packages of 1 to 3 MB have one to four pieces. */
const PIECE_LIMIT = 900_000;
const KEPT = 3;
const KILLS_PER_ROUND = [8, 13] as const;
/** The same error written down more often than this in one log is a loop that nobody handles. */
const MOST_EQUAL_ERRORS = 200;

let network: TestNetwork;
let second: TestNetwork | undefined;
/** Of several gateways: their spool, and the second one's home. */
let shared: string;
let s3: TestS3 | undefined;
let env: Record<string, string>;
let books: ChainBooks;
let killer: Killer | undefined;
const began = Date.now();
const say = (text: string) => {
  const seconds = ((Date.now() - began) / 1000).toFixed(1).padStart(7);
  process.stdout.write(`${seconds} s  ${text}\n`);
};

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), "cairn-shared-"));
  if (process.env.CAIRN_SOAK_S3 !== undefined) s3 = await startTestS3();
  env = {
    CAIRN_PIECE_LIMIT: String(PIECE_LIMIT),
    ...(GATEWAYS === 1 ? {} : { CAIRN_SHARED: shared }),
    ...(s3 === undefined ? {} : s3Environment(s3, "soak")),
  };
  network = await startNetwork({ env });
  if (GATEWAYS > 1) second = await startSecondGateway(network, join(shared, "second"), env);
  books = await openBooks(network);
});
afterAll(async () => {
  await killer?.stop();
  await books?.close();
  await second?.stop();
  if (process.env.CAIRN_SOAK_KEEP === undefined) await network?.stop();
  else network?.process.kill("SIGTERM");
  await s3?.stop();
  await rm(shared, { recursive: true, force: true });
});

it(`stands ${INSTANTS} kills at random instants of put, repair and get`, async () => {
  const client = await network.client();
  const choices = new Choices(SEED);
  const activities = new Activities(second === undefined ? [network] : [network, second], client, choices);
  const strikes = new Killer({ network, second }, client, choices, PROVIDERS);
  killer = strikes;
  const faults: string[] = [];
  /** A fault is told and counted; the loop goes on, so that one run shows them all. */
  const hold = (what: string, check: Promise<unknown>) =>
    check.catch((error: Error) => {
      faults.push(`${what}: ${error.message}`);
      say(`FAULT  ${what}: ${error.message}`);
    });
  say(
    `seed ${SEED}, ${INSTANTS} instants, home ${network.home}, ${GATEWAYS} gateways, blobs ${s3 === undefined ? "in files" : "on S3"}`,
  );
  if (second !== undefined) {
    // The first put makes the account, which both homes then have.
    await new Activities([network], client, choices).put(await activities.makeTree());
    await cp(join(network.home, "account"), join(second.home, "account"), { recursive: true });
    await strikes.connect([second.url]);
    await untilAtRest(client);
  }

  for (let round = 1; strikes.kills.length < INSTANTS; round += 1) {
    const doing = new Set<string>();
    const during = <T>(what: string, work: Promise<T>): Promise<T> => {
      doing.add(what);
      return work.finally(() => doing.delete(what));
    };
    // Every third round a provider stays away until its shards are rebuilt elsewhere.
    const repairing = round % 3 === 0;
    const strike = async (wanted?: "provider") => {
      const kill = await strikes.strike(() => [...doing].join("+") || "rest", 1, wanted);
      say(`round ${round}  kill ${kill.number}: ${kill.target} during ${kill.during}`);
    };
    if (repairing) await strike("provider");
    if (repairing) doing.add("repair");
    let over = false;
    const tree = await activities.makeTree();
    const work = [
      during("put", activities.put(tree)).then((end) => say(`round ${round}  put ${end}`)),
      (async () => {
        while (!over && activities.stored.size > 0) {
          await during("get", activities.get());
          await sleep(choices.between(0, 3000));
        }
      })(),
      ...(activities.stored.size > KEPT ? [during("rm", activities.remove())] : []),
    ];
    const all = Promise.all(work.map((one) => hold(`round ${round}`, one)));
    const kills = choices.integer(...KILLS_PER_ROUND);
    for (let i = 0; i < kills && strikes.kills.length < INSTANTS; i += 1) {
      // Mostly an instant of work under way; sometimes one at which something is away already.
      if (choices.next() < 0.75) await patiently(() => client.status(), 20).catch(() => undefined);
      await sleep(choices.between(100, repairing ? 4000 : 2400));
      await strike();
      if (!repairing && choices.next() < 0.4) strikes.revive();
    }
    over = true;
    if (!repairing) strikes.revive();
    await all;
    await hold(`round ${round}, rest`, untilAtRest(client));
    strikes.revive();
    await hold(`round ${round}, money`, checkMoney(client, books));
    await hold(`round ${round}, shards`, checkShards(network, books));
    await hold(`round ${round}, spool`, checkSpool(network, second === undefined ? undefined : join(shared, "spool")));
    const newest = activities.stored.get(tree.name);
    if (newest !== undefined) await hold(`round ${round}, get`, activities.get(newest));
    say(
      `round ${round}  ${faults.length === 0 ? "sound" : `${faults.length} faults so far`}: ${books.deals.size} deals, ${books.live().length} live, ${activities.stored.size} packages kept`,
    );
  }

  for (const kept of activities.stored.values()) await hold("at the end, get", activities.get(kept));
  const removed = until(
    () => allPackages(client),
    (all) => all.every(({ state }) => state !== "ENDING"),
    180,
    "the end of every removed package",
  );
  await hold("at the end, removals", removed);
  await hold("at the end, money", checkMoney(client, books));
  await hold("at the end, shards", checkShards(network, books));
  const loops: string[] = [];
  for (const name of ["gateway", "chain"]) {
    const lines = [...(await errorLines(network, name))].sort((a, b) => b[1] - a[1]);
    for (const [line, count] of lines.slice(0, 8)) say(`log of the ${name}: ${count} × ${line.slice(0, 240)}`);
    loops.push(...lines.filter(([, count]) => count > MOST_EQUAL_ERRORS).map(([line]) => line));
  }
  const per = Map.groupBy(strikes.kills, ({ target }) => target.replace(/-\d+$/, ""));
  const counts = [...per].map(([target, of]) => `${target} ${of.length}`).join(", ");
  const paid = [...books.deals.values()].reduce((sum, deal) => sum + deal.paid, 0n);
  say(
    `summary: seed ${SEED}; ${strikes.kills.length} kills (${counts}); ${JSON.stringify(activities.notes)}; ${books.deals.size} deals, ${paid} wei paid; ${faults.length === 0 ? "nothing lost, nothing paid twice, no orphans" : `${faults.length} faults`}`,
  );
  expect(faults).toEqual([]);
  expect(loops).toEqual([]);
});
