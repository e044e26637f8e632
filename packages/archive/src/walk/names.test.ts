import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfName, displayName, isEscaped, nameFault, nameOfBytes } from "./names.ts";

describe("names", () => {
  it("of any bytes come back byte for byte", () => {
    const utf8 = fc.string({ unit: "binary" }).map((text) => Buffer.from(text));
    const mixed = fc.array(fc.oneof(utf8, fc.uint8Array({ maxLength: 4 }))).map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(mixed, (bytes) => {
        const name = nameOfBytes(bytes);
        expect(bytesOfName(name).equals(bytes)).toBe(true);
        expect(isEscaped(name)).toBe(!Buffer.from(bytes.toString("utf8")).equals(bytes));
        expect(displayName(name).isWellFormed()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("that are UTF-8 are themselves, composed or not", () => {
    for (const text of ["a", "\u00e9", "e\u0301", "\u{1f600}", "\ufffd", ""]) {
      expect(nameOfBytes(Buffer.from(text))).toBe(text);
      expect(displayName(text)).toBe(text);
    }
  });

  it("that are not UTF-8 are shown with their bytes", () => {
    expect(displayName(nameOfBytes(Buffer.from([0x61, 0xff, 0xed, 0xb2, 0x80])))).toBe("a\\xFF\\xED\\xB2\\x80");
    expect(displayName(nameOfBytes(Buffer.from([0xf0, 0x9f, 0x98, 0x80, 0x80])))).toBe("\u{1f600}\\x80");
  });

  it("that could leave their directory are at fault", () => {
    for (const name of ["", ".", "..", "a/b", "/", "a\0", "x".repeat(256)])
      expect(nameFault(Buffer.from(name))).toBeDefined();
    for (const name of ["...", "a", " ", "x".repeat(255), "-rf", "\n"])
      expect(nameFault(Buffer.from(name))).toBeUndefined();
  });
});
