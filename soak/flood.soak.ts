import { readFileSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startNetwork, type TestNetwork } from "../apps/node/test/support/network.ts";
import { fingerprint, makeOddTree } from "../apps/node/test/support/trees.ts";
import { describeFlood, startFlood } from "./flood/flood.ts";

/** CAIRN_FLOOD_CLIENTS, CAIRN_FLOOD_SECONDS: how many at a time, for at least how long. CAIRN_SOAK_SEED: which choices. */
const CLIENTS = Number(process.env.CAIRN_FLOOD_CLIENTS ?? 1000);
const SECONDS = Number(process.env.CAIRN_FLOOD_SECONDS ?? 60);
const SEED = Number(process.env.CAIRN_SOAK_SEED ?? Date.now() % 1_000_000);
const GATEWAY_MIB = 350;

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork();
});
afterAll(() => network?.stop());

const say = (text: string) => process.stdout.write(`${text}\n`);
const field = (pid: number, name: string) =>
  Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

it(`stores and gets back a folder beside ${CLIENTS} hostile clients, in bounded memory`, async () => {
  const { children, chainUrl } = await network.run();
  const watched = children.filter(({ name }) => ["gateway", "chain"].includes(name));
  const before = watched.map(({ name, pid }) => `${name} ${field(pid, "VmRSS").toFixed(0)} MiB`);
  say(`seed ${SEED}, ${CLIENTS} clients; before: ${before.join(", ")}`);

  const began = Date.now();
  const hostile = startFlood({
    targets: { gateway: network.url, downstream: network.url, chain: chainUrl },
    clients: CLIENTS,
    seed: SEED,
  });
  await sleep(5_000);
  const tree = join(network.directory, "odd");
  await mkdir(tree);
  await makeOddTree(tree);
  const put = await network.cli("put", tree, "--json");
  say(
    `put ended with ${put.code} after ${((Date.now() - began) / 1000).toFixed(0)} s ${put.code === 0 ? "" : put.stdout} ${put.stderr}`,
  );
  const back = join(network.directory, "back");
  const got = await network.cli("get", "odd", back);
  say(`get ended with ${got.code} after ${((Date.now() - began) / 1000).toFixed(0)} s ${got.stderr}`);
  await sleep(Math.max(0, SECONDS * 1000 - (Date.now() - began)));
  const report = await hostile.stop();
  say(describeFlood(report));

  const gateway = watched.find(({ name }) => name === "gateway")!;
  const figures = watched.map(({ name, pid }) => `${name} ${field(pid, "VmHWM").toFixed(0)} MiB`);
  const logs = await stat(join(network.home, "logs", "gateway.log")).catch(() => undefined);
  say(`peaks: ${figures.join(", ")}; the gateway's log has ${logs?.size ?? 0} B`);

  expect([put.code, put.stderr]).toEqual([0, ""]);
  expect([got.code, got.stderr]).toEqual([0, ""]);
  expect(await fingerprint(back)).toBe(await fingerprint(tree));
  expect((await network.run()).children).toEqual(children);
  expect((await fetch(`${network.url}/health`)).status).toBe(200);
  expect(field(gateway.pid, "VmHWM")).toBeLessThan(GATEWAY_MIB);
  const wrong = Object.values(report).flatMap(({ answers }) =>
    Object.keys(answers).filter((status) => status >= "500" && status !== "503"),
  );
  expect(wrong).toEqual([]);
});
