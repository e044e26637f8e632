import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PackageDetailJson } from "@cairn/client";
import { CID } from "multiformats/cid";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startNetwork, type TestNetwork } from "./support/network.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork({ providers: 4 });
});
afterAll(() => network?.stop());

const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value % 128) | 128]), varint(Math.floor(value / 128))]);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const RAW = 0x55;
const cidOf = (data: Uint8Array) => CID.decode(Buffer.concat([Buffer.from([1, RAW, 0x12, 32]), sha256(data)]));

/** A CAR of one raw block, version 1 (ipld.io/specs/transport/car/carv1): dag-cbor {roots: [CID], version: 1}, then the block. */
function carOf(data: Uint8Array): Buffer {
  const cid = Buffer.from(cidOf(data).bytes);
  const head = Buffer.concat([
    Buffer.from("a265726f6f747381d82a5825", "hex"),
    Buffer.concat([Buffer.from([0]), cid]),
    Buffer.from("6776657273696f6e01", "hex"),
  ]);
  return Buffer.concat([varint(head.length), head, varint(cid.length + data.length), cid, data]);
}

async function put(name: string, ...options: string[]): Promise<PackageDetailJson> {
  const stored = await network.cli("put", join(network.directory, name), "--yes", "--for", "1", "--json", ...options);
  expect([stored.code, stored.stderr]).toEqual([0, ""]);
  const client = await network.client();
  return client.package(stored.json<{ id: string }>().id);
}

async function block(cid: string): Promise<Buffer> {
  const parts = [];
  for await (const part of await (await network.client()).publicBlock(cid)) parts.push(part);
  return Buffer.concat(parts);
}

it("keeps a CAR under its own root, gives it back, and any block of what is public by its hash", async () => {
  const data = randomBytes(100_000);
  const car = carOf(data);
  await writeFile(join(network.directory, "one.car"), car);
  const stored = await put("one.car", "--public");
  expect(stored).toMatchObject({ layout: "car", public: true, hot: false, root: cidOf(data).toString() });
  const back = join(network.directory, "back.car");
  expect((await network.cli("get", "one.car", back)).code).toBe(0);
  expect(await readFile(back)).toEqual(car);
  // Whatever CID names the bytes.
  expect(await block(cidOf(data).toString())).toEqual(data);
  expect(await block(CID.createV1(0x70, cidOf(data).multihash).toString())).toEqual(data);
});

it("stores a CAR as the file that it is unless told otherwise, and nothing encrypted in public", async () => {
  const data = randomBytes(1000);
  await writeFile(join(network.directory, "two.car"), carOf(data));
  const stored = await put("two.car");
  expect(stored).toMatchObject({ layout: "private", public: false });
  await expect(block(cidOf(data).toString())).rejects.toMatchObject({ code: "block-unknown" });
  const refused = await network.cli("put", join(network.directory, "two.car"), "--public", "--names", "plain", "--yes");
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--public cannot be used with --names")]);
});

it("reads what is hot from the gateway itself, and from its providers where the gateway's own copy is broken", async () => {
  const folder = join(network.directory, "hot");
  await mkdir(folder);
  const bytes = randomBytes(2_000_000);
  await writeFile(join(folder, "file"), bytes);
  const { id } = await put("hot", "--hot");
  const spool = join(network.home, "gateway", "spool", id);
  expect(await readdir(spool)).toHaveLength(1);
  const got = async (to: string) => {
    const target = join(network.directory, to);
    const { code, stderr } = await network.cli("get", "hot", target);
    expect([code, stderr]).toEqual([0, ""]);
    return readFile(join(target, "file"));
  };
  const [piece = ""] = await readdir(spool);
  await truncate(join(spool, piece), 1_000_000);
  expect(await got("whole again")).toEqual(bytes);
  const second = join(network.directory, "hot-2");
  await mkdir(second);
  await writeFile(join(second, "file"), bytes);
  await put("hot-2", "--hot");
  for (const name of ["provider-1", "provider-2", "provider-3", "provider-4"]) await network.kill(name);
  const target = join(network.directory, "without providers");
  expect((await network.cli("get", "hot-2", target)).code).toBe(0);
  expect(await readFile(join(target, "file"))).toEqual(bytes);
});
