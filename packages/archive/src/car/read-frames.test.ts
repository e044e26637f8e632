import { createHash } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameBytes, writeFrameHeader } from "./format.ts";
import { readFrames } from "./read-frames.ts";

function framesOf(blocks: Uint8Array[]): Uint8Array {
  return Buffer.concat(
    blocks.map((block) => {
      const frame = new Uint8Array(frameBytes(block.length));
      const digest = createHash("sha256").update(block).digest();
      frame.set(block, writeFrameHeader(frame, 0, { codec: 0x55, digest, length: block.length }));
      return frame;
    }),
  );
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

describe("readFrames", () => {
  it("gives back the blocks, whatever the chunks", async () => {
    const blocks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(blocks, fc.integer({ min: 1, max: 700 }), async (given, size) => {
        const read = await collect(readFrames(inChunks(framesOf(given), size)));
        expect(read.map((b) => Buffer.from(b).toString("hex"))).toEqual(
          given.map((b) => Buffer.from(b).toString("hex")),
        );
      }),
    );
  });

  it("answers rubbish with corrupt-car or with blocks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const outcome = await collect(readFrames(inChunks(bytes, 7))).catch((error) => error);
        if (!Array.isArray(outcome)) {
          expect(outcome).toBeInstanceOf(CairnError);
          expect(outcome.code).toBe("corrupt-car");
        }
      }),
    );
  });
});
