import fc from "fast-check";
import { expect, it } from "vitest";
import { FRAMES, type Frame, frameHeader, framesOf } from "./frames.ts";

const cut = async function* (bytes: Buffer, at: readonly number[]) {
  let from = 0;
  for (const length of at) {
    yield bytes.subarray(from, from + length);
    from += length;
  }
  yield bytes.subarray(from);
};
const all = async (stream: AsyncIterable<Uint8Array>) => {
  const frames: Frame[] = [];
  for await (const frame of framesOf(stream)) frames.push(frame);
  return frames;
};

it("frames come back as they were written, however the stream is cut", async () => {
  const frame = fc.record({
    type: fc.constantFrom(...Object.values(FRAMES)),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.array(fc.nat({ max: 90 })), async (frames, cuts) => {
      const whole = Buffer.concat(frames.flatMap(({ type, bytes }) => [frameHeader(type, bytes.length), bytes]));
      expect(await all(cut(whole, cuts))).toEqual(frames);
    }),
  );
});

it("what is no stream of frames is refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 5, maxLength: 60 }), async (bytes) => {
      const first = bytes[0]!;
      const said = await all(cut(Buffer.from(bytes), [])).catch((error: Error) => error.message);
      if (first < 1 || first > 5) expect(said).toBe("this is no frame");
      else expect(Array.isArray(said) || /no frame|within a frame/.test(said)).toBe(true);
    }),
  );
  await expect(all(cut(frameHeader(FRAMES.piece, 0xff_ff_ff_ff), []))).rejects.toThrow("this is no frame");
  await expect(all(cut(Buffer.concat([frameHeader(FRAMES.piece, 9), Buffer.alloc(3)]), [2]))).rejects.toThrow("within");
});
