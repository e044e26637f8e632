import { afterEach, beforeEach, expect, it } from "vitest";
import { putManifest } from "./put-manifest.ts";
import { ID, type MarketWorld, openMarketWorld } from "./testing/market-world.ts";

let world: MarketWorld;
const kept = new Map<string, Buffer>();
/** What happens once the bytes are stored and the row is not written, and once it was found in another state. */
let onStored: () => Promise<void>;
let onRemove: () => Promise<void>;

beforeEach(async () => {
  world = await openMarketWorld();
  kept.clear();
  onStored = onRemove = async () => undefined;
  let count = 0;
  Object.assign(world.context, {
    writing: new Set(),
    random: { bytes: (length: number) => new Uint8Array(length).fill(++count) },
    blobs: {
      async putIfAbsent(key: string, bytes: AsyncIterable<Uint8Array>) {
        const parts: Uint8Array[] = [];
        for await (const part of bytes) parts.push(part);
        kept.set(key, Buffer.concat(parts));
        await onStored();
        return true;
      },
      async remove(key: string) {
        kept.delete(key);
        await onRemove();
      },
    },
  });
  await world.addPackage("RECEIVING");
  await world.database.pool.query("update catalog.packages set manifest_key = null");
});
afterEach(() => world.database.drop());

async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
const put = (text: string) => putManifest(world.context, { id: ID, body: body(text) });
const setState = async (state: string) => {
  await world.database.pool.query("update catalog.packages set state = $1", [state]);
};
const named = async () =>
  (await world.database.pool.query("select manifest_key from catalog.packages")).rows[0].manifest_key;

it("keeps the manifest that the row names where the upload is completed and given back while another comes", async () => {
  await put("first");
  const first = await named();
  onStored = () => setState("COMMITTING");
  onRemove = () => setState("RECEIVING");
  await expect(put("second")).rejects.toMatchObject({ code: "wrong-state" });
  expect(await named()).toBe(first);
  expect([...kept.keys()]).toEqual([first]);
  onStored = onRemove = async () => undefined;
  await put("third");
  expect([...kept]).toEqual([[await named(), Buffer.from("third")]]);
});

it("takes one manifest of a package at a time", async () => {
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  onStored = () => gate;
  const tried = [put("one"), put("two"), put("three")].map((one) =>
    one.then(
      () => "kept",
      ({ code }) => code,
    ),
  );
  expect(await Promise.all(tried.slice(1))).toEqual(["upload-busy", "upload-busy"]);
  go();
  expect(await tried[0]).toBe("kept");
  expect([...kept.values()]).toEqual([Buffer.from("one")]);
  onStored = async () => undefined;
  await put("four");
  expect([...kept.values()]).toEqual([Buffer.from("four")]);
});
