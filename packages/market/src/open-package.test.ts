import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPackage } from "./open-package.ts";
import { Spool } from "./spool.ts";
import { hex, ID, type MarketWorld, OWNER, openMarketWorld } from "./testing/market-world.ts";
import type { OpenPackageRequest } from "./types.ts";

const PROVIDERS = 3;

let world: MarketWorld;
let directory: string;

beforeEach(async () => {
  world = await openMarketWorld();
  directory = await mkdtemp(join(tmpdir(), "cairn-open-"));
  Object.assign(world.context, {
    spool: new Spool(directory),
    profile: { providers: 0 },
    startedAt: -1e9,
    transport: { reachable: () => true },
  });
  for (let i = 0; i < PROVIDERS; i++) {
    await world.database.pool.query(
      `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint, active, updated_block)
       values ($1, $1, $1, 1000000, 1, 0, 1, '', '', true, 1)`,
      [hex(200 + i, 20)],
    );
  }
});
afterEach(async () => {
  await world.database.drop();
  await rm(directory, { recursive: true });
});

const REQUEST: OpenPackageRequest = {
  ...{ id: ID, account: "local", owner: OWNER, nameHash: hex(7), label: Buffer.from("label") },
  ...{ k: 2, n: 3, mask: "aes-256-ctr-v1", layout: "private", days: 30, repairKey: new Uint8Array(32).fill(1) },
};
const open = (change: Partial<OpenPackageRequest> = {}) => openPackage(world.context, { ...REQUEST, ...change });
const count = async () => (await world.database.pool.query("select from catalog.packages")).rowCount;

describe("openPackage", () => {
  it("begins a package that is to be received", async () => {
    expect(await open()).toMatchObject({ id: ID, state: "RECEIVING", k: 2, n: 3 });
    expect(await world.context.spool.packages()).toEqual([ID]);
  });

  it("answers the same id again as it stands, to its own account alone", async () => {
    const first = await open();
    expect(await open({ k: 1 })).toEqual(first);
    await expect(open({ account: "other" })).rejects.toMatchObject({ code: "package-exists" });
    expect(await count()).toBe(1);
  });

  it("lets two that open the same id at once have one package", async () => {
    const [one, two] = await Promise.all([open(), open()]);
    expect(one).toEqual(two);
    expect(await count()).toBe(1);
  });

  it("has one live package of a name in an account", async () => {
    await open();
    const next = "2".repeat(32);
    await expect(open({ id: next })).rejects.toMatchObject({ code: "name-taken" });
    expect(await open({ id: next, account: "other" })).toMatchObject({ id: next });
  });

  it("refuses more shards than there are providers", async () => {
    await expect(open({ n: PROVIDERS + 1 })).rejects.toMatchObject({
      code: "too-few-providers",
      details: { needed: PROVIDERS + 1, available: PROVIDERS },
    });
  });

  it("refuses what the disk has no room for, with the shards where the providers share it", async () => {
    world.context.spool.freeBytes = async () => 250;
    await expect(open({ expectedBytes: 251 })).rejects.toMatchObject({ code: "no-space", details: { needed: 251 } });
    Object.assign(world.context, { profile: { providers: 3 } });
    await expect(open({ expectedBytes: 101 })).rejects.toMatchObject({ code: "no-space", details: { needed: 253 } });
    expect(await open({ expectedBytes: 100 })).toMatchObject({ state: "RECEIVING" });
  });

  it.each([
    ["id", { id: "x" }],
    ["owner", { owner: "0x12" }],
    ["nameHash", { nameHash: "0x12" }],
    ["n", { n: 0 }],
    ["n", { n: 256 }],
    ["k", { k: 0 }],
    ["k", { k: 4 }],
    ["days", { days: 0 }],
    ["days", { days: Number.NaN }],
    ["days", { days: 3651 }],
    ["label", { label: new Uint8Array(4097) }],
    ["repairKey", { repairKey: new Uint8Array(31) }],
    ["mask", { mask: "rot13" as never }],
  ] as [string, Partial<OpenPackageRequest>][])("refuses a %s that cannot be: %o", async (field, change) => {
    await expect(open(change)).rejects.toMatchObject({ code: "bad-package", details: { field } });
    expect(await count()).toBe(0);
  });
});
