import { randomBytes } from "node:crypto";
import { CarWriter } from "@ipld/car";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { chunksOf } from "../../test/helpers.ts";
import { sha256 } from "../unixfs/links.ts";
import { carHeader } from "./format.ts";
import { blockIndexOf, scanCar } from "./scan-car.ts";

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
});
