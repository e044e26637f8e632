import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resumeDownload } from "./resume-download.ts";

const CONTENT = Buffer.from(Array.from({ length: 200 }, (_, i) => i));

/** The content in chunks of one size, cut off with an error at `end`. */
async function* body(size: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < Math.min(end, CONTENT.length); at += size) {
    yield CONTENT.subarray(at, Math.min(at + size, end));
  }
  if (end < CONTENT.length) throw new Error("aborted");
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const url = "http://gateway";

describe("a download that breaks", () => {
  it("goes on where it was, however it is cut and chunked", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 199 })), { maxLength: 4 }),
        async (cuts) => {
          const attempts = [
            ...cuts.map(
              ([size, end]) =>
                () =>
                  body(size, end),
            ),
            () => body(33, CONTENT.length),
          ];
          let opened = 1;
          const bytes = await all(
            resumeDownload(attempts[0]!(), async () => attempts[opened++]!(), { url, whenAway: async () => undefined }),
          );
          expect(bytes.equals(CONTENT)).toBe(true);
          expect(opened).toBe(attempts.length);
        },
      ),
    );
  });

  it("ends with a clear error when nobody waits, or when it breaks at the same byte again and again", async () => {
    const broken = async () => body(10, 50);
    await expect(all(resumeDownload(await broken(), broken, { url }))).rejects.toMatchObject({
      code: "connection-lost",
      message: expect.stringContaining("50 bytes"),
    });
    let waits = 0;
    const whenAway = async () => {
      waits += 1;
    };
    await expect(all(resumeDownload(await broken(), broken, { url, whenAway }))).rejects.toMatchObject({
      code: "connection-lost",
    });
    expect(waits).toBe(50);
  });

  it("never hides what the gateway said", async () => {
    const open = async () => {
      throw new CairnError("gone", { code: "unknown-package", kind: "missing" });
    };
    const whenAway = async () => undefined;
    await expect(all(resumeDownload(body(10, 50), open, { url, whenAway }))).rejects.toMatchObject({
      code: "unknown-package",
    });
  });
});
