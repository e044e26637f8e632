import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readyLine } from "./ready-line.ts";

function feed(chunks: Buffer[]): { ready: Promise<Record<string, unknown>>; passed: Buffer } {
  const passed: Buffer[] = [];
  let push: (bytes: Buffer) => void = () => undefined;
  const ready = readyLine(
    (listen) => {
      push = listen;
    },
    (bytes) => passed.push(bytes),
  );
  for (const chunk of chunks) push(chunk);
  return { ready, passed: Buffer.concat(passed) };
}

describe("readyLine", () => {
  it("finds the line however the stream is cut, and passes every byte on", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string().filter((text) => !text.includes('"ready"'))),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        async (lines, cuts) => {
          const text = Buffer.from(
            `${lines.join("\n")}\n{"ready":false}\n{"ready": tr\n{"ready": true, "n": "ü"}\nmore`,
          );
          const chunks: Buffer[] = [];
          for (let at = 0, n = 0; at < text.length; n++) {
            const length = cuts[n % cuts.length] ?? 1;
            chunks.push(text.subarray(at, at + length));
            at += length;
          }
          const { ready, passed } = feed(chunks);
          expect(await ready).toEqual({ ready: true, n: "ü" });
          expect(passed.equals(text)).toBe(true);
        },
      ),
    );
  });

  it("does not gather a line without end", async () => {
    const { ready } = feed([
      Buffer.from(`{${"x".repeat(70_000)}`),
      Buffer.from('"ready": true}\n{"ready": true, "n": 2}\n'),
    ]);
    expect(await ready).toEqual({ ready: true, n: 2 });
  });
});
