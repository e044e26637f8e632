import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chainFrames, chainOf, EMPTY_CHAIN } from "./block-chain.ts";
import { frameBytes, writeFrameHeader } from "./format.ts";

function frame(block: Buffer): Buffer {
  const bytes = Buffer.alloc(frameBytes(block.length));
  const digest = createHash("sha256").update(block).digest();
  block.copy(bytes, writeFrameHeader(bytes, 0, { codec: 0x55, digest, length: block.length }));
  return bytes;
}

async function* cut(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe("the chain of a piece's blocks", () => {
  const frames = [0, 1, 127, 5000].map((length) => frame(randomBytes(length)));
  const body = Buffer.concat(frames);
  const lengths = frames.map(({ length }) => length);

  it("is the same for those who make the blocks and those who read them, and goes on from where it stood", async () => {
    const whole = chainFrames(EMPTY_CHAIN, body, lengths);
    const half = chainFrames(EMPTY_CHAIN, Buffer.concat(frames.slice(0, 2)), lengths.slice(0, 2));
    expect(chainFrames(half, Buffer.concat(frames.slice(2)), lengths.slice(2))).toEqual(whole);
    for (const length of [1, 100, 10_000]) expect(await chainOf(cut(body, length))).toEqual(whole);
    expect(chainFrames(EMPTY_CHAIN, Buffer.concat(frames.toReversed()), lengths.toReversed())).not.toEqual(whole);
  });

  it("is another or none for every changed or missing byte, and none for bytes that are no blocks", async () => {
    const whole = chainFrames(EMPTY_CHAIN, body, lengths);
    const other = (bytes: Buffer) =>
      chainOf(cut(bytes, 4096)).then(
        (chain) => !Buffer.from(chain).equals(whole),
        ({ kind }) => kind === "corrupt",
      );
    for (let at = 0; at < body.length; at += at < 300 ? 1 : 97) {
      const changed = Buffer.from(body);
      changed[at]! ^= 1 << (at % 8);
      expect([at, await other(changed), await other(body.subarray(0, at))]).toEqual([at, true, true]);
    }
    for (let tried = 0; tried < 200; tried += 1) {
      await expect(chainOf(cut(randomBytes(700), 700))).rejects.toMatchObject({ kind: "corrupt" });
    }
  });
});
