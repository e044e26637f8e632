import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Anvil, startAnvil } from "@cairn/chain/testing";
import { type Deployment, PROFILES, periodAt, periodStart } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Door } from "@cairn/doors";
import { addressOfKey, type Hex } from "@cairn/protocol";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatewayOptions, runGateway } from "./run-gateway.ts";
import { mineWhatWaits } from "./testing/mine-what-waits.ts";

const CHAIN_ID = 31_338;
const key = (digit: string) => {
  const secret: Hex = `0x${digit.repeat(64)}`;
  return { key: secret, address: addressOfKey(secret).toLowerCase() as Hex };
};
const KEYS = { executor: key("a"), verifiers: ["b", "c", "d"].map(key), validator: undefined };

let anvil: Anvil;
let database: TestDatabase;
let directory: string;
let stopMining: () => Promise<void>;
let known: Deployment | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-gateway-"));
  database = await testDatabase();
  anvil = await startAnvil({ chainId: CHAIN_ID });
  for (const { address } of [KEYS.executor, ...KEYS.verifiers])
    await anvil.call("anvil_setBalance", address, `0x${(10n ** 20n).toString(16)}`);
  stopMining = mineWhatWaits(anvil);
});
afterAll(async () => {
  await stopMining();
  await anvil.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const DOOR: Door = {
  name: "plain",
  migrations: [{ name: "0001", sql: "create schema plain" }],
  settings: Type.Object({}),
  prefixes: ["/plain"],
  when: "always",
  open: async () => ({
    routes: [async (server) => void server.get("/plain", async () => "open to everybody")],
    start: async () => undefined,
    stop: async () => undefined,
  }),
};
const place = (door: Door) => ({
  door,
  directory: join(directory, door.name),
  settings: { where: "its settings", read: async () => undefined },
});

interface Line {
  service?: string;
  message: string;
}

function open(lines: Line[], change: Partial<GatewayOptions> = {}) {
  const write = (fields: object, message: string) => void lines.push({ ...fields, message });
  return runGateway({
    id: "gateway-1",
    version: "0.1.0",
    profile: PROFILES.demo,
    database: database.config,
    chainUrl: anvil.url,
    keys: KEYS,
    known,
    onFinal: (deployment) => {
      known = deployment;
    },
    token: "t".repeat(43),
    custodySecret: "s".repeat(43),
    directories: { blobs: join(directory, "blobs"), spool: join(directory, "spool") },
    listen: {
      ...{ host: "127.0.0.1", port: 0, hostSetting: "HOST", portSetting: "PORT" },
      ...{ names: [], trustedProxies: [] },
    },
    doors: [place(DOOR)],
    doorPort: () => undefined,
    say: () => undefined,
    log: { debug: write, info: write, warn: write, error: write },
    ...change,
  });
}

const named = (lines: readonly Line[], message: string) =>
  lines.flatMap((line) => (line.message === message && line.service !== undefined ? [line.service] : []));

describe("runGateway", () => {
  it("serves, and stops every service before those that it works with", async () => {
    const lines: Line[] = [];
    const gateway = await open(lines);
    const health = await fetch(`${gateway.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok", version: "0.1.0" }]);
    expect(await (await fetch(`${gateway.url}/plain`)).text()).toBe("open to everybody");
    await gateway.stop();
    await expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
    const stopped = named(lines, "stopped");
    expect(stopped).toEqual(named(lines, "started").toReversed());
    // Nothing comes in, nothing is begun, nobody waits for a block, nothing is written: in this order.
    const order = ["http", "doors", "market", "transport", "ledger", "background tasks", "blobs", "database"];
    expect(stopped.filter((name) => order.includes(name))).toEqual(order);
    expect(stopped.indexOf("reserved connections")).toBeGreaterThan(stopped.indexOf("background tasks"));
    expect(lines.filter(({ message }) => /did not stop|lost/.test(message))).toEqual([]);
  });

  it("stops while its audit waits for a block that does not come", async () => {
    await stopMining();
    // At the beginning of a period that nobody has opened: the first thing to do is to open it.
    const { timestamp } = await anvil.call<{ timestamp: Hex }>("eth_getBlockByNumber", "latest", false);
    const next = periodStart(periodAt(Number(timestamp), known!) + 1, known!);
    await anvil.call("evm_setNextBlockTimestamp", next);
    await anvil.call("evm_mine");
    const gateway = await open([]);
    const waits = async () => Number((await anvil.call<{ pending: Hex }>("txpool_status")).pending);
    await expect.poll(waits, { timeout: 120_000, interval: 250 }).toBeGreaterThan(0);
    await gateway.stop();
    expect(await waits()).toBeGreaterThan(0);
    stopMining = mineWhatWaits(anvil);
  });

  it("stops what had started when a door does not open, and can be started again", async () => {
    const lines: Line[] = [];
    const doors = [
      place(DOOR),
      place({ ...DOOR, name: "broken", migrations: [], open: () => Promise.reject(new Error("it does not open")) }),
    ];
    await expect(open(lines, { doors })).rejects.toThrow("it does not open");
    expect(named(lines, "stopped")).toEqual(named(lines, "started").toReversed());
    expect(named(lines, "stopped")).toContain("database");
    await (await open([])).stop();
  });

  it("says by which setting to take another port when its own is taken", async () => {
    const gateway = await open([]);
    const listen = {
      ...{ host: "127.0.0.1", port: Number(new URL(gateway.url).port), hostSetting: "HOST", portSetting: "PORT" },
      ...{ names: [], trustedProxies: [] },
    };
    const lines: Line[] = [];
    await expect(open(lines, { listen })).rejects.toMatchObject({
      code: "port-taken",
      next: expect.stringContaining("PORT"),
    });
    expect(named(lines, "stopped")).toEqual(named(lines, "started").toReversed());
    await gateway.stop();
  });
});
