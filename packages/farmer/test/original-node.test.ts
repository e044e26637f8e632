import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FarmerEvent, type RunningFarmer, runFarmer } from "../src/index.ts";
import { type OriginalNode, type OriginalNodeOptions, startOriginalNode } from "./original-node.ts";

const ADDRESS = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
const SIZES = [20_000, 10_000, 5_000, 100, 50];
const TOTAL = SIZES.reduce((sum, size) => sum + size, 0);

let directory: string;
let node: OriginalNode;
let events: FarmerEvent[];
const farmers: RunningFarmer[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-farmer-"));
  events = [];
});
afterEach(async () => {
  await Promise.all(farmers.splice(0).map((farmer) => farmer.stop()));
  await node.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const open = async (options: Partial<OriginalNodeOptions> = {}) => {
  node = await startOriginalNode({ interval: 3, sizes: SIZES, ...options });
};

async function farm(options: { moved?: boolean; node?: string; size?: number } = {}): Promise<RunningFarmer> {
  const farmer = await runFarmer({
    node: node.url,
    identity: { address: ADDRESS },
    size: TOTAL,
    directory,
    tell: (event) => events.push(event),
    ...options,
  });
  farmers.push(farmer);
  return farmer;
}

async function until(done: () => boolean, seconds: number): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !done(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${JSON.stringify(events.slice(-20), null, 1)}`);
  }
}

/** Every contract that the node has not given up was answered this often. */
const answered = (times: number) =>
  node.contracts.length > 0 && node.contracts.every(({ id }) => (node.accepted.get(id) ?? 0) >= times);
const dropped = () => events.filter(({ event }) => event === "dropped");

describe("a farmer at the original node", () => {
  it("takes chunks, answers every window, and goes on after a restart", async () => {
    await open();
    let farmer = await farm();
    await until(() => answered(3), 30);
    expect(farmer.progress()).toMatchObject({ contracts: SIZES.length, bytes: TOTAL, missed: 0, trouble: undefined });
    await farmer.stop();
    farmer = await farm();
    await until(() => answered(5), 30);
    expect(dropped()).toEqual([]);
    expect(node.contracts).toHaveLength(SIZES.length);
    expect(new Set(node.requests.filter((line) => line.startsWith("GET /api/downstream/v1/new"))).size).toBe(1);
  });

  it("replaces contracts whose challenges have run out", async () => {
    await open({ rounds: 2, sizes: [5_000] });
    await farm({ size: 5_000 });
    await until(() => dropped().length > 0, 30);
    expect(dropped()[0]).toMatchObject({ hash: 1, reason: "no more challenges", missed: false });
    expect(node.accepted.get(1)).toBe(2);
    await until(() => events.every(({ event }) => event !== "restored"), 1);
    expect(await readdir(join(directory, "chunks"))).toEqual([]);
  });

  it("registers anew when its token is gone, and begins again", async () => {
    await open();
    const farmer = await farm();
    await until(() => answered(1), 20);
    const before = farmer.farmer;
    node.forget();
    node.contracts.length = 0;
    node.accepted.clear();
    await until(() => answered(1), 40);
    expect(farmer.farmer).not.toBe(before);
    expect(dropped().every((event) => "reason" in event && /token/.test(String(event.reason)))).toBe(true);
  });

  it("waits out a node that fails, talks nonsense, or is away, and loses nothing that it can still answer for", async () => {
    await open({ interval: 15 });
    const farmer = await farm();
    await until(() => answered(1), 30);
    const troubles: ((response: import("node:http").ServerResponse) => void)[] = [
      (response) => response.writeHead(500).end('{"status":"error","message":"Internal Server Error"}'),
      (response) => response.writeHead(200).end("<html>"),
      (response) => response.writeHead(200).end('{"challenges":7,"report":7,"chunks":7}'),
      (response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      (response) => response.destroy(),
    ];
    let next = 0;
    node.trouble = (_request, response) => troubles[next++ % troubles.length]?.(response);
    await until(() => next >= troubles.length, 30);
    node.trouble = undefined;
    await until(() => answered(2), 40);
    await node.stop();
    await sleep(1500);
    await node.start();
    await until(() => answered(3), 40);
    expect(dropped()).toEqual([]);
    expect(farmer.progress().trouble).toBeUndefined();
    expect(events.some(({ event }) => event === "waiting")).toBe(true);
  });

  it("tells what it lost when its windows closed without an answer", async () => {
    await open({ interval: 2, sizes: [5_000] });
    const farmer = await farm({ size: 5_000 });
    await until(() => answered(1), 20);
    await node.stop();
    await sleep(5000);
    await node.start();
    await until(() => dropped().length > 0, 30);
    expect(farmer.progress()).toMatchObject({ missed: 1, contracts: 0 });
  });

  it("ends while the node says nothing", async () => {
    await open();
    const farmer = await farm();
    await until(() => answered(1), 20);
    node.trouble = () => undefined;
    await sleep(3500);
    await farmer.stop();
    node.trouble = undefined;
    await farm();
  });

  it("has its directory to itself, at one node", async () => {
    await open();
    const farmer = await farm();
    await expect(farm()).rejects.toMatchObject({ code: "farmer-in-use" });
    await until(() => answered(1), 20);
    await farmer.stop();
    const other = node.url.replace("127.0.0.1", "localhost");
    await expect(farm({ node: other })).rejects.toMatchObject({ code: "other-node" });
    await farm({ node: other, moved: true });
    await until(() => answered(2), 20);
    expect(dropped()).toEqual([]);
  });

  it("drops what it cannot prove any more, and nothing else", async () => {
    await open();
    let farmer = await farm();
    await until(() => answered(1), 20);
    await farmer.stop();
    const tags = (await readdir(join(directory, "contracts"))).filter((name) => name.endsWith(".tag"));
    await writeFile(join(directory, "contracts", tags[0] ?? ""), "{");
    farmer = await farm();
    await until(() => dropped().length > 0, 20);
    await until(() => [...node.accepted.values()].filter((times) => times >= 3).length >= SIZES.length - 1, 30);
    expect(dropped()).toHaveLength(1);
    expect(farmer.progress().contracts).toBe(SIZES.length - 1);
  });
});
