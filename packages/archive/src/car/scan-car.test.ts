import { randomBytes } from "node:crypto";
import { CarWriter } from "@ipld/car";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { chunksOf } from "../../test/helpers.ts";
import { sha256 } from "../unixfs/links.ts";
import { carHeader } from "./format.ts";
import { blockIndexOf, scanBlocks, scanCar } from "./scan-car.ts";

async function carOf(contents: Uint8Array[]): Promise<{ car: Buffer; cids: CID[] }> {
  const cids = contents.map((bytes) => CID.createV1(0x55, Digest.create(0x12, new Uint8Array(sha256(bytes)))));
  const { writer, out } = CarWriter.create(cids.slice(0, 1));
  const parts: Uint8Array[] = [];
  const collecting = (async () => {
    for await (const part of out) parts.push(part);
  })();
  for (const [index, bytes] of contents.entries()) await writer.put({ cid: cids[index] as CID, bytes });
  await writer.close();
  await collecting;
  return { car: Buffer.concat(parts), cids };
}

describe("scanCar", () => {
  it("finds every block of what @ipld/car wrote, however it arrives", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 500 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 300 }),
        async (contents, step) => {
          const { car, cids } = await carOf(contents);
          const { roots, blocks } = await blockIndexOf(chunksOf(car, step));
          expect(roots.map(String)).toEqual([String(cids[0])]);
          expect(blocks.map((block) => String(block.cid))).toEqual(cids.map(String));
          for (const [index, { offset, length }] of blocks.entries()) {
            expect(car.subarray(offset, offset + length).equals(contents[index] ?? Buffer.alloc(0))).toBe(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("of any bytes ends in blocks or an error", async () => {
    const { car, cids } = await carOf([randomBytes(50), randomBytes(60)]);
    const header = carHeader(cids[0] as CID);
    const given = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([header, bytes])),
      fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, value]) => {
        const changed = Buffer.from(car);
        changed[at % car.length] = value;
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(given, async (bytes) => {
        try {
          for await (const block of (await scanCar(chunksOf(bytes, 17))).blocks)
            expect(block.bytes.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ name: "CairnError" });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("tells a source that fails or is given up", async () => {
    const { car } = await carOf([randomBytes(50), randomBytes(60)]);
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield car;
        yield car;
      } finally {
        closed = true;
      }
    }
    for await (const block of (await scanCar(source())).blocks) {
      expect(block.bytes.length).toBe(50);
      break;
    }
    expect(closed).toBe(true);
  });

  /** The CAR inside a version 2 container: pragma, header, `gap` bytes, the CAR, and an index that nobody reads. */
  function carv2(car: Buffer, size = car.length, gap = 0): Buffer {
    const header = Buffer.alloc(40);
    header.writeBigUInt64LE(BigInt(51 + gap), 16);
    header.writeBigUInt64LE(BigInt(size), 24);
    header.writeBigUInt64LE(BigInt(51 + gap + car.length), 32);
    const pragma = Buffer.from("0aa16776657273696f6e02", "hex");
    return Buffer.concat([pragma, header, Buffer.alloc(gap), car, Buffer.from("0401000000index")]);
  }

  it("takes the zeros that fill up a piece, in both versions, and nothing else behind a section of length 0", async () => {
    const { car, cids } = await carOf([randomBytes(50), randomBytes(60)]);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 400 }),
        fc.nat({ max: 100 }),
        async (zeros, step, gap) => {
          const padded = Buffer.concat([car, Buffer.alloc(zeros)]);
          for (const bytes of [padded, carv2(padded, padded.length, gap), carv2(car, car.length, gap)]) {
            const { blocks } = await blockIndexOf(chunksOf(bytes, step));
            expect(blocks.map((block) => String(block.cid))).toEqual(cids.map(String));
          }
          const behind = Buffer.concat([padded, Buffer.from([1])]);
          await expect(blockIndexOf(chunksOf(behind, step))).rejects.toMatchObject({ code: "corrupt-car" });
        },
      ),
      { numRuns: 30 },
    );
  });

  it("says why it does not take a version 2 that is not finished, cut short or too small", async () => {
    const { car } = await carOf([randomBytes(50), randomBytes(60)]);
    for (const [bytes, why] of [
      [carv2(car, 0), /did not finish/],
      [carv2(car, car.length - 1), /goes beyond/],
      [carv2(car, 10), /its own roots/],
      [carv2(car, car.length + 500), /cut short|goes beyond|length/],
      [Buffer.concat([car, Buffer.alloc(12, 0x80)]), /nine bytes/],
    ] as const)
      await expect(blockIndexOf([bytes])).rejects.toMatchObject({
        code: "corrupt-car",
        message: expect.stringMatching(why),
      });
  });

  it("takes identity CIDs and blocks that stand twice, and has no padding in a piece of ours", async () => {
    const inline = CID.createV1(0x55, Digest.create(0, new Uint8Array(Buffer.from("inline"))));
    const { car } = await carOf([randomBytes(50)]);
    const { writer, out } = CarWriter.create([inline]);
    const parts: Uint8Array[] = [];
    const collecting = (async () => {
      for await (const part of out) parts.push(part);
    })();
    for (let times = 0; times < 2; times++)
      await writer.put({ cid: inline, bytes: new Uint8Array(Buffer.from("inline")) });
    await writer.close();
    await collecting;
    expect((await blockIndexOf(parts)).blocks.length).toBe(2);
    const body = car.subarray(carHeader((await blockIndexOf([car])).roots[0] as CID).length);
    const scan = scanBlocks([body, Buffer.alloc(9)], 59);
    const reading = (async () => {
      for await (const block of scan) expect(block.bytes.length).toBe(50);
    })();
    await expect(reading).rejects.toMatchObject({ code: "corrupt-car" });
  });
});
