import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { CarWriter } from "@ipld/car";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunksOf, identity, MemorySink, makeTree, packed, scratch } from "../../test/helpers.ts";
import {
  type AccountKey,
  blockIndexOf,
  carHeader,
  decryptManifest,
  generateAccountKey,
  restoreFolder,
  takeCar,
} from "../index.ts";
import { sha256 } from "../unixfs/links.ts";

describe("takeCar", () => {
  const dir = scratch();
  let key: AccountKey;
  let car: Buffer;
  let root: CID;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
    makeTree(dir.join("in"), { a: randomBytes(3_000_000), b: { c: randomBytes(10) } });
    const made = await packed({ path: dir.join("in"), key, layout: "unencrypted" });
    car = made.pieces[0] ?? Buffer.alloc(0);
    root = made.result.root;
  });
  afterAll(dir.remove);

  async function take(
    bytes: Uint8Array,
    pieceLimit?: number,
  ): Promise<{ sink: MemorySink; result: Awaited<ReturnType<typeof takeCar>> }> {
    const sink = new MemorySink();
    const limit = pieceLimit === undefined ? {} : { pieceLimit };
    return { sink, result: await takeCar({ ...identity(key), ...limit, sink, car: chunksOf(bytes, 1234) }) };
  }

  async function carOf(blocks: { cid: CID; bytes: Uint8Array }[], roots: CID[]): Promise<Buffer> {
    const { writer, out } = CarWriter.create(roots);
    const parts: Uint8Array[] = [];
    const collecting = (async () => {
      for await (const part of out) parts.push(part);
    })();
    for (const block of blocks) await writer.put(block);
    await writer.close();
    await collecting;
    return Buffer.concat(parts);
  }

  it("keeps every block under its own CID, and gives the CAR back", async () => {
    const { result, sink } = await take(car, 1_200_000);
    expect(result.root.equals(root)).toBe(true);
    const pieces = sink.pieces(root);
    expect(pieces.length).toBe(3);
    const manifest = await decryptManifest(result.manifest, key);
    expect(manifest).toMatchObject({ layout: "car", entries: [] });
    const restored = await restoreFolder({
      manifest,
      key,
      destination: dir.join("out.car"),
      pieces: pieces.map((piece) => chunksOf(piece)),
    });
    expect(readFileSync(restored.path).equals(car)).toBe(true);
    const damaged = pieces.map((piece) => Buffer.from(piece));
    damaged[1]?.fill(0, 500, 501);
    await expect(
      restoreFolder({
        manifest,
        key,
        destination: dir.join("bad.car"),
        pieces: damaged.map((piece) => chunksOf(piece)),
      }),
    ).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("takes CARv2 and version 0 roots", async () => {
    const header = Buffer.alloc(40);
    header.writeBigUInt64LE(51n + 7n, 16);
    header.writeBigUInt64LE(BigInt(car.length), 24);
    const v2 = Buffer.concat([
      Buffer.from("0aa16776657273696f6e02", "hex"),
      header,
      Buffer.alloc(7),
      car,
      randomBytes(100),
    ]);
    const taken = await take(v2);
    expect(Buffer.concat(taken.sink.pieces(root)).equals(car)).toBe(true);
    const node = Buffer.from("0a020801", "hex");
    const v0 = CID.createV0(Digest.create(0x12, new Uint8Array(sha256(node))));
    const { result, sink } = await take(await carOf([{ cid: v0, bytes: node }], [v0]));
    expect(result.root.toString()).toBe(v0.toV1().toString());
    const [block] = (await blockIndexOf(sink.pieces(result.root))).blocks;
    expect(block?.cid.toString()).toBe(v0.toString());
  });

  it("refuses what is no complete, true DAG", async () => {
    const leaf = Buffer.from("leaf");
    const cid = CID.createV1(0x55, Digest.create(0x12, new Uint8Array(sha256(leaf))));
    const other = CID.createV1(0x55, Digest.create(0x12, new Uint8Array(sha256(Buffer.from("other")))));
    const expectCode = async (bytes: Uint8Array, code: string): Promise<void> => {
      await expect(take(bytes)).rejects.toMatchObject({ code });
    };
    await expectCode(await carOf([{ cid, bytes: leaf }], [other]), "bad-car-root");
    await expectCode(await carOf([{ cid, bytes: leaf }], []), "bad-car-root");
    await expectCode(await carOf([{ cid, bytes: leaf }], [cid, cid]), "bad-car-root");
    await expectCode(await carOf([{ cid: other, bytes: leaf }], [other]), "corrupt-block");
    const unknown = CID.createV1(0x55, Digest.create(0x1e, new Uint8Array(32)));
    await expectCode(await carOf([{ cid: unknown, bytes: leaf }], [unknown]), "bad-car-root");
    await expectCode(
      await carOf(
        [
          { cid, bytes: leaf },
          { cid: unknown, bytes: leaf },
        ],
        [cid],
      ),
      "unsupported-hash",
    );
    await expectCode(car.subarray(0, car.length - 1), "corrupt-car");
    await expectCode(Buffer.alloc(0), "corrupt-car");
    await expectCode(Buffer.from("ffffffffffffffffff", "hex"), "corrupt-car");
    await expectCode(Buffer.concat([carHeader(root), Buffer.from("ffffff7f", "hex")]), "corrupt-car");
    await expectCode(Buffer.concat([carHeader(root), Buffer.from("03010203", "hex")]), "corrupt-car");
  });
});
