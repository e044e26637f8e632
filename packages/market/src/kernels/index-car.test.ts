import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_BLOCK_BYTES, scanBlocks } from "@cairn/archive/scan-car";
import { asCairnError, CAR_HEADER_BYTES } from "@cairn/protocol";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { indexCar, unpack } from "./index-car.ts";

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-index-"));
  path = join(directory, "0.car");
});
afterAll(() => rm(directory, { recursive: true }));

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

function frameOf(block: Uint8Array, version: 0 | 1 = 1): Buffer {
  const digest = create(0x12, createHash("sha256").update(block).digest());
  const cid = version === 0 ? CID.createV0(digest) : CID.createV1(0x55, digest);
  return Buffer.concat([Buffer.from(varint(cid.bytes.length + block.length)), cid.bytes, block]);
}

interface Outcome {
  frames: { cid: string; offset: number; length: number }[];
  failure: string | undefined;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

async function indexed(body: Uint8Array): Promise<Outcome> {
  await writeFile(path, Buffer.concat([Buffer.alloc(CAR_HEADER_BYTES), body]));
  const frames: Outcome["frames"] = [];
  try {
    const { blocks } = await indexCar({ kind: "index", path }, async (batch) => {
      frames.push(...unpack(batch).map(({ cid, offset, length }) => ({ cid: hex(cid), offset, length })));
    });
    expect(blocks).toBe(frames.length);
    return { frames, failure: undefined };
  } catch (error) {
    return { frames: [], failure: asCairnError(error).code };
  }
}

/** What the reader of streams, which takes CARs of strangers, makes of the same bytes. */
async function scanned(body: Uint8Array): Promise<Outcome> {
  const frames: Outcome["frames"] = [];
  let begin = CAR_HEADER_BYTES;
  try {
    for await (const { cid, offset, bytes } of scanBlocks([body], CAR_HEADER_BYTES)) {
      const end = offset + bytes.length;
      frames.push({ cid: hex(cid.bytes), offset: begin, length: end - begin });
      begin = end;
    }
    return { frames, failure: undefined };
  } catch (error) {
    return { frames: [], failure: asCairnError(error).code };
  }
}

describe("indexCar", () => {
  it("finds each block where it lies, whatever borders its window has", async () => {
    const sizes = [1, 0, 700_000, 1_048_576, 1_048_576, 90, 1_048_575, MAX_BLOCK_BYTES - 36, 5, 1_048_576, 300];
    const body = Buffer.concat(sizes.map((size, i) => frameOf(Buffer.alloc(size, i), i % 3 === 0 ? 0 : 1)));
    const found = await indexed(body);
    expect(found.failure).toBeUndefined();
    expect(found).toEqual(await scanned(body));
    const file = await readFile(path);
    for (const [i, { offset, length }] of found.frames.entries()) {
      expect(
        file.subarray(offset, offset + length).equals(frameOf(Buffer.alloc(sizes[i]!, i), i % 3 === 0 ? 0 : 1)),
      ).toBe(true);
    }
  });

  it("takes and refuses the same bodies as the reader of streams", async () => {
    const block = fc.uint8Array({ maxLength: 400 }).map((bytes) => frameOf(bytes));
    const garbage = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    const bodies = fc.array(fc.oneof({ weight: 6, arbitrary: block }, garbage), { maxLength: 8 }).map(Buffer.concat);
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), fc.boolean(), async (whole, at, isCut) => {
        const body = isCut ? whole.subarray(0, at % (whole.length + 1)) : whole;
        expect(await indexed(body)).toEqual(await scanned(body));
      }),
      { numRuns: 150 },
    );
  });

  it("refuses a block that is not what its identifier says, a length that no block has, and one without an end", async () => {
    const lie = frameOf(Buffer.from("hello"));
    lie[lie.length - 1]! ^= 1;
    expect((await indexed(Buffer.concat([frameOf(Buffer.alloc(5000)), lie]))).failure).toBe("corrupt-block");
    expect((await indexed(Buffer.from(varint(MAX_BLOCK_BYTES + 1)))).failure).toBe("corrupt-car");
    expect((await indexed(Buffer.from([128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1]))).failure).toBe(
      "corrupt-car",
    );
    expect((await indexed(Buffer.from([0]))).failure).toBe("corrupt-car");
  });
});
