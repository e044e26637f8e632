import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOT_JSON, parseBody, TOO_LARGE } from "./parse-body.ts";

const MAX = 8 * 1024 * 1024;
const parse = (body: string | Buffer, max = MAX) => parseBody(Buffer.from(body as string), max);

describe("parseBody", () => {
  it("reads JSON, plain or compressed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        expect(await parse(text)).toEqual(JSON.parse(text));
        expect(await parse(gzipSync(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("says of anything else that it is no JSON", async () => {
    for (const body of [
      "",
      "{",
      "nonsense",
      Buffer.of(0x22, 0xff, 0x22),
      Buffer.of(0x1f, 0x8b, 8, 0),
      Buffer.of(0x1f),
    ]) {
      expect(await parse(body)).toBe(NOT_JSON);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        await parse(Buffer.from(bytes));
      }),
    );
  });

  it("inflates no more than is allowed", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await parse(bomb)).toBe(TOO_LARGE);
  });

  it("asks before it keeps what it inflates, as it comes, and ends when it is refused", async () => {
    const body = gzipSync(Buffer.alloc(4 * 1024 * 1024, " "));
    const refusal = new Error("no room");
    let held = 0;
    const parsed = parseBody(body, MAX, (bytes) => {
      if (held + bytes > 1024 * 1024) return refusal;
      held += bytes;
      return undefined;
    });
    await expect(parsed).rejects.toBe(refusal);
    expect(held).toBeGreaterThan(512 * 1024);
    held = 0;
    await parseBody(gzipSync('{"proofs":[]}'), MAX, (bytes) => {
      held += bytes;
      return undefined;
    });
    expect(held).toBe('{"proofs":[]}'.length);
  });

  it("does not grow bodies that are all structure", async () => {
    for (const unit of ["[", "{},", "[],", '{"a":', '"a":1,']) {
      const body = unit.repeat(Math.floor(MAX / unit.length));
      const before = process.memoryUsage().heapUsed;
      expect(await parse(`[${body}0]`)).toBe(NOT_JSON);
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
    }
  });

  it("parses batches of proofs of any size that is allowed", async () => {
    const proof = {
      leaf: { index: 255, blob: "b".repeat(44) },
      branch: { rows: Array(8).fill(["a".repeat(44), "b".repeat(44)]) },
    };
    const proofs = Array.from({ length: 4000 }, () => ({ file_hash: "a".repeat(64), proof }));
    expect(await parse(JSON.stringify({ proofs }))).toEqual({ proofs });
    const least = { leaf: { index: 0, blob: "b".repeat(44) }, branch: { rows: [] } };
    const small = Array.from({ length: 4000 }, () => ({ file_hash: "a".repeat(64), proof: least }));
    expect(await parse(JSON.stringify({ proofs: small }))).toEqual({ proofs: small });
  });
});
