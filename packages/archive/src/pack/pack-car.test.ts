import { randomBytes } from "node:crypto";
import { CarReader } from "@ipld/car";
import { decode } from "@ipld/dag-pb";
import { MemoryBlockstore } from "blockstore-core/memory";
import { importer } from "ipfs-unixfs-importer";
import { CID } from "multiformats/cid";
import * as openpgp from "openpgp";
import { afterAll, describe, expect, it } from "vitest";
import { MemorySink, makeTree, scratch } from "../../test/helpers.ts";
import { generateAccountKey, type PackCarOptions, packCar, UNIXFS_V1_2025 } from "../index.ts";

const dir = scratch();
afterAll(dir.remove);

async function parts(options: Omit<PackCarOptions, "sink">) {
  const sink = new MemorySink();
  const result = await packCar({ ...options, sink });
  return { result, cars: sink.pieces(result.root) };
}

/** Every block of all CARs by its CID; how often each stands in them. */
async function blocksOf(cars: readonly Uint8Array[], root: CID) {
  const store = new Map<string, Uint8Array>();
  const times = new Map<string, number>();
  for (const car of cars) {
    const reader = await CarReader.fromBytes(car);
    expect(reader.version).toBe(1);
    expect((await reader.getRoots()).map(String)).toEqual([root.toString()]);
    for await (const { cid, bytes } of reader.blocks()) {
      times.set(cid.toString(), (times.get(cid.toString()) ?? 0) + 1);
      store.set(cid.toString(), bytes);
    }
  }
  return { store, times };
}

/** What is at a path below the root, link by link: a file's leaves in order. */
function bytesAt(path: string, store: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const [root = "", ...names] = path.split("/");
  let cid = CID.parse(root);
  for (const name of names) cid = decode(store.get(cid.toString())!).Links.find((link) => link.Name === name)!.Hash;
  const all = (at: CID): Uint8Array =>
    at.code === 0x55
      ? store.get(at.toString())!
      : Buffer.concat(decode(store.get(at.toString())!).Links.map(({ Hash }) => all(Hash)));
  return all(cid);
}

describe("packCar", () => {
  it("splits at the limit: each part with the root, each block once in all of them, the tree as ipfs reads it", async () => {
    const big = randomBytes(5 * 1_048_576);
    makeTree(dir.join("five"), { big, twin: big, sub: { small: randomBytes(10), empty: {} } });
    const chunk = 262_144;
    const limit = 1_040_384;
    const { result, cars } = await parts({ path: dir.join("five"), limit, profile: { ...UNIXFS_V1_2025, chunk } });
    expect(cars.length).toBeGreaterThanOrEqual(6);
    for (const car of cars) expect(car.length).toBeLessThanOrEqual(limit);
    expect(cars.map(({ length }) => length)).toEqual(result.parts);
    // The twin's blocks are those of the other: 10 MiB are read, 5 are written.
    expect([result.files, result.bytes]).toEqual([3, 2 * big.length + 10]);
    expect(result.parts.reduce((sum, length) => sum + length, 0)).toBeLessThan(big.length * 1.1);
    const { store, times } = await blocksOf(cars, result.root);
    expect([...times.values()].every((count) => count === 1)).toBe(true);
    expect(Buffer.from(bytesAt(`${result.root}/twin`, store)).equals(big)).toBe(true);
  });

  it("gives the root that any tool of the same profile gives", async () => {
    const a = randomBytes(1_048_577);
    makeTree(dir.join("same"), { a, sub: { b: randomBytes(3) } });
    const { result, cars } = await parts({ path: dir.join("same"), limit: 34_091_302_912 });
    expect(cars.length).toBe(1);
    const { store } = await blocksOf(cars, result.root);
    const b = bytesAt(`${result.root}/sub/b`, store);
    let root = "";
    const source = [
      { path: "a", content: a },
      { path: "sub/b", content: b },
    ] as Parameters<typeof importer>[0];
    for await (const { cid } of importer(source, new MemoryBlockstore(), {
      profile: "unixfs-v1-2025",
      wrapWithDirectory: true,
    }))
      root = cid.toString();
    expect(result.root.toString()).toBe(root);
  });

  it("encrypts each file to a key that any OpenPGP tool opens, names left as they are", async () => {
    const secret = Buffer.from("a canary that nobody may read");
    makeTree(dir.join("secret"), { sub: { letter: secret } });
    const key = await generateAccountKey({ name: "Tester" });
    const { result, cars } = await parts({ path: dir.join("secret"), limit: 2_080_768, key });
    expect(Buffer.concat(cars).includes(secret)).toBe(false);
    const { store } = await blocksOf(cars, result.root);
    const message = await openpgp.readMessage({
      binaryMessage: bytesAt(`${result.root}/sub/letter.gpg`, store),
    });
    const { data } = await openpgp.decrypt({ message, decryptionKeys: key.privateKey, format: "binary" });
    expect(Buffer.from(data as Uint8Array).equals(secret)).toBe(true);
  });

  it("refuses a limit that no block fits into, and a path that is not there", async () => {
    makeTree(dir.join("large"), { a: randomBytes(300_000) });
    await expect(parts({ path: dir.join("large"), limit: 200_000 })).rejects.toMatchObject({ code: "piece-limit" });
    await expect(parts({ path: dir.join("nothing"), limit: 200_000 })).rejects.toMatchObject({
      code: "unreadable-path",
    });
  });
});
