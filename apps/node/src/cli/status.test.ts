import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdLock } from "@cairn/process/hold-lock";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { homeAt } from "../home/home.ts";
import { doctor } from "./doctor.ts";
import { finality, status } from "./status.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let home: string;
let chain: Server;
let served: Awaited<ReturnType<typeof serveHome>>;

interface Asked {
  id: number;
  method: string;
}
const ANSWERS: Record<string, string> = { eth_chainId: "0x663a", eth_call: "0x" };

beforeEach(async () => {
  gateway = await startMemoryGateway();
  home = await mkdtemp(join(tmpdir(), "cairn-status-"));
  // A chain that began anew: it answers, and has no contract anywhere.
  chain = createServer(async (request, response) => {
    const asked = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const answer = ({ id, method }: Asked) => ({ jsonrpc: "2.0", id, result: ANSWERS[method] ?? null });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked)));
  });
  await new Promise<void>((resolve) => chain.listen(0, "127.0.0.1", resolve));
  const chainUrl = `http://127.0.0.1:${(chain.address() as AddressInfo).port}`;
  served = await serveHome(homeAt(home), gateway.url, { chainUrl });
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await gateway.stop();
  chain.close();
  served.release();
  await rm(home, { recursive: true, force: true });
});

async function said(command: (options: { home: string; json: true }) => Promise<void>) {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await command({ home, json: true });
  return JSON.parse(write.mock.calls.map(([written]) => written).join(""));
}

const provider = `0x${"7".repeat(40)}`;
const about = { region: "x", endpoint: "", capacity: "1", used: "0", price: "1", rating: 90, score: 1, fulfilled: "0" };
const READY = {
  committed: "0",
  deals: 0,
  earned: "0",
  awakeNow: true,
  hoursPerWeek: 168,
  ...{ country: null, centre: null, duty: `0x${"f".repeat(42)}`, mine: { deals: 0, bytes: "0" } },
  connected: true,
  avoidedUntil: null,
  state: "READY",
};

const summary = (digit: string, state: string) => ({
  ...{
    id: digit.repeat(32),
    state,
    label: null,
    layout: "private",
    mask: "none",
    k: 1,
    n: 1,
    bytes: 0,
    files: 0,
    public: false,
    hot: false,
  },
  ...{ pieces: 0, root: null, documentHash: null, createdAt: 1, storedAt: null, expiresAt: null },
  ...{ strength: { live: 0, needed: 1, full: 1 }, progress: { stage: "done", done: 0, total: 1 } },
  ...{ cause: `why ${digit}`, next: `do ${digit}` },
});

it("status takes an upload for what it is, and names a provider of which two programs run", async () => {
  gateway.lie(({ call }, answer) => {
    if (call === "GET /providers")
      return [{ provider, ...about, ...READY, cause: "Two programs with its keys connect in turn." }];
    if (call === "GET /packages")
      return { packages: [summary("1", "RECEIVING"), summary("2", "DEGRADED")], next: null };
    return answer;
  });
  const { problems, underWay } = await said(status);
  expect(underWay).toEqual([{ what: "package 11111111 is RECEIVING: why 1", next: "do 1" }]);
  expect(problems).toContainEqual({ what: "package 22222222 is DEGRADED: why 2", next: "do 2" });
  expect(problems).not.toContainEqual(underWay[0]);
  expect(problems).toContainEqual({
    what: "provider 0x77777777: Two programs with its keys connect in turn.",
    next: expect.stringContaining("End one"),
  });
});

it("status says how a local provider that ended is started again, and that it runs when it was", async () => {
  gateway.lie(({ call }, answer) => (call === "GET /providers" ? [] : answer));
  const file = homeAt(home).runFile;
  const run = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...run, children: [{ name: "provider-1", pid: 1, provider }] }));
  const directory = join(home, "providers", "1");
  const ended = await said(status);
  expect(ended.processes).toMatchObject([{ name: "provider-1", running: false, pid: null }]);
  expect(ended.problems).toContainEqual({
    what: `provider-1 (${provider}) has ended`,
    next: `Start it again: \`cairn provider --directory ${directory} --home ${home}\`, or restart the network.`,
  });
  vi.restoreAllMocks();
  await mkdir(directory, { recursive: true });
  const lock = holdLock(join(directory, "lock"));
  const again = await said(status);
  lock.release();
  expect(again.processes).toMatchObject([{ name: "provider-1", running: true, pid: process.pid }]);
  expect(JSON.stringify(again.problems)).not.toContain("has ended");
});

it("status does not take a network without any provider connected for well, nor doctor", async () => {
  gateway.lie(({ call }, answer) => {
    if (call === "GET /providers") return [];
    if (call === "GET /status") return { ...(answer as object), providers: 6, providersConnected: 0, lost: 1 };
    return answer;
  });
  const { problems } = await said(status);
  expect(problems).toContainEqual({
    what: expect.stringMatching(/^none of 6 providers is connected/),
    next: expect.stringContaining("Start them again"),
  });
  vi.restoreAllMocks();
  const findings = await said(doctor);
  expect(findings).toContainEqual(expect.objectContaining({ what: "providers", verdict: "bad" }));
  expect(findings).toContainEqual(expect.objectContaining({ what: "packages", verdict: "bad" }));
  expect(process.exitCode).toBe(1);
});

it("doctor asks the chain itself for the contracts", async () => {
  const findings = await said(doctor);
  expect(findings).toContainEqual(
    expect.objectContaining({ what: "cryptography", found: expect.stringMatching(/native|JavaScript/) }),
  );
  expect(findings).toContainEqual({
    what: "contracts",
    verdict: "bad",
    found: expect.stringContaining("no contract of ours is at"),
    next: expect.stringContaining("Start the chain that had them"),
  });
  expect(process.exitCode).toBe(1);
});

it.each([
  [{ latest: 12, finalized: 12 }, ", final"],
  [{ latest: 13, finalized: 13 }, ", final"],
  [{ latest: 12, finalized: 11 }, ", 1 block to finality"],
  [undefined, ""],
])("tells how far the head is from final: %j", (heads, words) => {
  expect(finality(12, heads)).toBe(words);
});
