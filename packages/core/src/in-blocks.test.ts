import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inBlocks } from "./in-blocks.ts";

async function* chunksOf(chunks: readonly Uint8Array[], failure?: Error): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (failure) throw failure;
}

describe("inBlocks", () => {
  it("gives the same bytes in whole blocks, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 30 }),
        async (chunks, size) => {
          const blocks: Uint8Array[] = [];
          for await (const block of inBlocks(chunksOf(chunks), size)) blocks.push(block.slice());
          expect(Buffer.concat(blocks).equals(Buffer.concat(chunks))).toBe(true);
          expect(blocks.slice(0, -1).every((block) => block.length === size)).toBe(true);
          expect(blocks.every((block) => block.length > 0)).toBe(true);
        },
      ),
    );
  });

  it("leaves a block alone until the next but one is asked for", async () => {
    const chunks = Array.from({ length: 6 }, (_, i) => new Uint8Array(4).fill(i));
    let before: Uint8Array | undefined;
    let number = 0;
    for await (const block of inBlocks(chunksOf(chunks), 4)) {
      if (before) expect([...before]).toEqual(new Array(4).fill(number - 1));
      before = block;
      number++;
    }
    expect(number).toBe(6);
  });

  it("gives what came before a failure, then the failure", async () => {
    const blocks: number[] = [];
    const read = async () => {
      for await (const block of inBlocks(chunksOf([new Uint8Array(7)], new Error("cut off")), 4))
        blocks.push(block.length);
    };
    await expect(read()).rejects.toThrow("cut off");
    expect(blocks).toEqual([4, 3]);
  });

  it("ends its source when nobody reads on", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(4);
      } finally {
        ended = true;
      }
    }
    for await (const block of inBlocks(endless(), 4)) {
      expect(block.length).toBe(4);
      break;
    }
    expect(ended).toBe(true);
  });
});
