import { afterEach, beforeEach, expect, it } from "vitest";
import { putManifest } from "./put-manifest.ts";
import { sweepOrphans } from "./sweep-orphans.ts";
import { hex, ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";

let world: MarketWorld;
let blobs: Map<string, Buffer>;
/** What happens once a manifest's bytes are stored and its row is not written. */
let onStored: () => Promise<void>;

beforeEach(async () => {
  world = await openMarketWorld();
  blobs = new Map();
  onStored = async () => undefined;
  let count = 0;
  Object.assign(world.context, {
    writing: new Set(),
    random: { bytes: (length: number) => new Uint8Array(length).fill(++count) },
    spool: { packages: async () => [] },
    blobs: {
      async putIfAbsent(key: string, bytes: AsyncIterable<Uint8Array>) {
        const parts: Uint8Array[] = [];
        for await (const part of bytes) parts.push(part);
        blobs.set(key, Buffer.concat(parts));
        await onStored();
        return true;
      },
      remove: async (key: string) => void blobs.delete(key),
      async *list(prefix: string) {
        for (const [key, { length: size }] of [...blobs]) if (key.startsWith(prefix)) yield { key, size };
      },
    },
  });
});
afterEach(() => world.database.drop());

async function* body() {
  yield Buffer.from("manifest");
}

it("asks the catalog for a thousand manifests at once", async () => {
  const { pool } = world.database;
  await world.addPackage("STORED");
  await pool.query("update catalog.packages set manifest_key = 'manifests/2000'");
  for (let i = 0; i < 2500; i++) blobs.set(`manifests/${i}`, Buffer.from("left behind"));
  const asked: number[] = [];
  const query = (text: string, values: unknown[][]) => {
    if (text.includes("manifest_key =") && text.startsWith("select")) asked.push(values[0]!.length);
    return pool.query(text, values);
  };
  Object.assign(world.context, {
    pool: new Proxy(pool, { get: (on, key) => (key === "query" ? query : Reflect.get(on, key)) }),
  });
  await sweepOrphans(world.context);
  expect([...blobs.keys()]).toEqual(["manifests/2000"]);
  expect(asked).toEqual([1000, 1000, 500]);
});

it("finds manifests by an index, so that many packages cost no more than few", async () => {
  const { pool } = world.database;
  const client = await pool.connect();
  try {
    await client.query("set enable_seqscan = off");
    const { rows } = await client.query(
      "explain select manifest_key from catalog.packages where manifest_key = any('{a,b}'::text[])",
    );
    expect(JSON.stringify(rows)).toContain("packages_by_manifest");
  } finally {
    client.release(true);
  }
});

it("removes manifests that a crash left without a package, and keeps those that have one or are being written", async () => {
  await world.addPackage("RECEIVING");
  await world.database.pool.query("update catalog.packages set manifest_key = null");
  blobs.set(`manifests/${ID}/${hex(9, 8).slice(2)}`, Buffer.from("left behind"));
  blobs.set("leaves/other", Buffer.from("of another room"));
  onStored = () => sweepOrphans(world.context);
  const { size } = await putManifest(world.context, { id: ID, body: body() });
  expect(size).toBe(8);
  const kept = ["leaves/other", `manifests/${ID}/0101010101010101`];
  expect([...blobs.keys()].toSorted()).toEqual(kept);
  await sweepOrphans(world.context);
  expect([...blobs.keys()].toSorted()).toEqual(kept);
});
