import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";
import { fieldsOf } from "./fields.ts";

describe("bytes in JSON", () => {
  it("are base64 with padding, as Buffer has it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 10_000 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(fieldsOf("it", { bytes: toBase64(bytes) }).bytes("bytes", bytes.length)).toEqual(bytes);
      }),
    );
  });

  it.each(["A", "AA", "AAA", "AA=", "A===", "AA==AA==", "AA-_", "AA==\n"])("are not %j", (bytes) => {
    expect(() => fieldsOf("it", { bytes }).bytes("bytes", 100)).toThrow("it.bytes");
  });

  it("are no more than they may be", () => {
    expect(() => fieldsOf("it", { bytes: "AAAA" }).bytes("bytes", 2)).toThrow("at most 2 bytes");
  });
});
