import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openLedger } from "@cairn/chain";
import { PROFILES, type Profile, periodAt } from "@cairn/core";
import { describe, expect, it } from "vitest";
import { startNetwork, type TestNetwork, until } from "../apps/node/test/support/network.ts";
import { fingerprint } from "../apps/node/test/support/trees.ts";
import { describeFlood, startFlood } from "./flood/flood.ts";

/** CAIRN_SOAK_MINUTES: how long; CAIRN_SOAK_BUSY: how many processes that do nothing but spin; CAIRN_SOAK_SEED: which hostile choices. */
const MINUTES = Number(process.env.CAIRN_SOAK_MINUTES ?? 60);
const DEMO_MINUTES = Math.min(10, MINUTES);
const BUSY = Number(process.env.CAIRN_SOAK_BUSY ?? 30);
const SEED = Number(process.env.CAIRN_SOAK_SEED ?? 1);
const HOSTILE = 100;
/** Most periods that may get no verdict: they cost providers their pay, and nobody else anything. */
const VOID_SHARE = 0.5;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Processes that want a whole core each. */
function spin(count: number): ChildProcess[] {
  return Array.from({ length: count }, () =>
    spawn(process.execPath, ["-e", "const end = process.ppid; for (;;) if (process.ppid !== end) process.exit()"], {
      stdio: "ignore",
    }),
  );
}

async function makeTree(directory: string, name: string): Promise<string> {
  const tree = join(directory, name);
  await mkdir(tree);
  for (let i = 0; i < 4; i += 1) await writeFile(join(tree, `file ${i}`), randomBytes(200_000));
  return tree;
}

/** Periods [from, until) that got a verdict, and how many there were. */
async function verdicts(network: TestNetwork, from: number, until: number): Promise<{ all: number; final: number }> {
  const { chainUrl } = await network.run();
  const about = await (await network.client()).network();
  const ledger = await openLedger({ url: chainUrl, deployment: about.deployment as never });
  try {
    let final = 0;
    for (let period = from; period < until; period += 1) {
      if ((await ledger.finalizedRoot(about.verifierSet as never, period)) !== undefined) final += 1;
    }
    return { all: Math.max(0, until - from), final };
  } finally {
    await ledger.stop();
  }
}

async function overload(profile: Profile, minutes: number, hostile: number): Promise<void> {
  const network = await startNetwork({ profile: profile.name });
  const client = await network.client();
  const { deployment } = await client.network();
  const now = () => periodAt(Math.floor(Date.now() / 1000), deployment as never);
  const first = await makeTree(network.directory, "kept");
  const put = await network.cli("put", first, "--json");
  expect(put.code, put.stderr).toBe(0);
  const began = now() + 1;
  const end = Date.now() + minutes * 60_000;
  const spinning = spin(BUSY);
  const { chainUrl } = await network.run();
  const flood = startFlood({
    targets: { gateway: network.url, downstream: network.url, chain: chainUrl },
    clients: hostile,
    seed: SEED,
  });
  try {
    let [puts, gets] = [0, 0];
    while (Date.now() < end) {
      const name = `more ${puts}`;
      const tree = await makeTree(network.directory, name);
      const more = await network.cli("put", tree, "--json");
      if (more.code === 0) puts += 1;
      else say(`put: ${more.stderr}`);
      const back = join(network.directory, `back ${gets}`);
      const got = await network.cli("get", "kept", back);
      if (got.code === 0) {
        expect(await fingerprint(back)).toBe(await fingerprint(first));
        gets += 1;
      } else say(`get: ${got.stderr}`);
      await rm(back, { recursive: true, force: true });
      await rm(tree, { recursive: true, force: true });
      await sleep(Math.min(10_000, Math.max(0, end - Date.now())));
    }
    say(describeFlood(await flood.stop()));
    for (const child of spinning) child.kill("SIGKILL");
    const judged = now() - profile.voteWindowPeriods - 1;
    const { all, final } = await verdicts(network, began, judged);
    const events = [];
    for (let last = 0; ; ) {
      const some = await client.events(last, 1000);
      events.push(...some);
      if (some.length === 0) break;
      last = Math.max(...some.map(({ id }) => id));
    }
    const failed = events.filter(({ kind }) => kind === "deal-failed");
    const packages = await client.packages();
    say(
      `${profile.name}: ${minutes} min beside ${BUSY} busy processes and ${hostile} hostile clients: ${all - final} of ${all} periods void, ` +
        `${failed.length} deals failed, ${puts} puts, ${gets} gets; packages ${packages.map(({ state }) => state).join(" ")}`,
    );
    expect(failed.map(({ message }) => message)).toEqual([]);
    expect(packages.filter(({ state }) => state === "LOST")).toEqual([]);
    expect((all - final) / Math.max(1, all)).toBeLessThanOrEqual(VOID_SHARE);
    // What was void for want of time is behind it: everything is as it should be again.
    await until(
      () => client.packages(),
      (every) => every.filter(({ state }) => state === "STORED").length > puts,
      300,
      "every package stored",
    );
  } finally {
    for (const child of spinning) child.kill("SIGKILL");
    await network.stop();
  }
}

describe("a machine that is far too slow", () => {
  it(`fails no running provider and loses nothing in ${MINUTES} minutes of the local profile beside floods`, () =>
    overload(PROFILES.local, MINUTES, HOSTILE));

  it(`fails no running provider and loses nothing in ${DEMO_MINUTES} minutes of ten-second periods beside floods`, () =>
    overload(PROFILES.demo, DEMO_MINUTES, HOSTILE));
});
