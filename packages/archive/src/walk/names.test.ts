import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesOfName,
  displayName,
  displayNames,
  isEscaped,
  nameFault,
  nameOfBytes,
  nameOfDisplay,
  namesOfText,
} from "./names.ts";

describe("names", () => {
  it("of any bytes come back byte for byte", () => {
    const utf8 = fc.string({ unit: "binary" }).map((text) => Buffer.from(text));
    const mixed = fc.array(fc.oneof(utf8, fc.uint8Array({ maxLength: 4 }))).map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(mixed, (bytes) => {
        const name = nameOfBytes(bytes);
        expect(Buffer.from(bytes).equals(bytesOfName(name))).toBe(true);
        expect(isEscaped(name)).toBe(!Buffer.from(bytes.toString("utf8")).equals(bytes));
        expect(displayName(name).isWellFormed()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("are shown on one line, and taken back from what is shown", () => {
    const utf8 = fc.string({ unit: "binary" }).map((text) => Buffer.from(text));
    const escapes = fc
      .constantFrom("\\", "\\xFF", "\\n", "\n", "\u202e", "\u200b", "\x1b[2J", "\ufe0f", "\u{e0041}")
      .map((t) => Buffer.from(t));
    const parts = fc.array(fc.oneof(utf8, escapes, fc.uint8Array({ maxLength: 4 })));
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(parts, (bytes) => {
        const name = nameOfBytes(Buffer.concat(bytes));
        const shown = displayName(name);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(nameOfDisplay(shown)).toBe(name);
        expect(seen.get(shown) ?? name).toBe(name);
        seen.set(shown, name);
      }),
      { numRuns: 5000 },
    );
  });

  it("are taken as they are typed where a backslash begins no escape", () => {
    for (const text of ["a\\b", "C:\\dir", "\\", "\\xG0", "\\u{110000}", "\\u{}"])
      expect(nameOfDisplay(text)).toBe(text);
    expect(nameOfDisplay("\\xC3\\xA9")).toBe("\u00e9");
  });

  it("are meant as they are shown before as they are, but for escapes that are never shown", () => {
    expect(namesOfText("\\x41")).toEqual(["\\x41", "A"]);
    expect(namesOfText("\\\\x41")).toEqual(["\\x41", "\\\\x41"]);
    expect(namesOfText("a\\n")).toEqual(["a\n", "a\\n"]);
    expect(namesOfText("\\xff")).toEqual(["\\xff", "\udcff"]);
    expect(namesOfText("plain")).toEqual(["plain"]);
    const parts = fc.array(fc.constantFrom("\\", "x41", "A", "n", "\n", "u{41}", "\udcff"), { maxLength: 6 });
    fc.assert(
      fc.property(parts, (some) => {
        expect(namesOfText(displayName(some.join("")))[0]).toBe(nameOfBytes(bytesOfName(some.join(""))));
      }),
    );
  });

  it("that are UTF-8 are themselves, composed or not", () => {
    for (const text of ["a", "\u00e9", "e\u0301", "\u{1f600}", "\ufffd", ""]) {
      expect(nameOfBytes(Buffer.from(text))).toBe(text);
      expect(displayName(text)).toBe(text);
    }
  });

  it("that end with blanks show them, and those that look alike side by side are told apart", () => {
    expect(displayName("a ")).toBe("a\\x20");
    expect(displayName(" a b /c  ")).toBe(" a b\\x20/c\\x20\\x20");
    expect(displayNames(["\u00e9", "e\u0301", "u\u0308"])).toEqual(["\u00e9", "e\\u{301}", "u\u0308"]);
    const parts = fc.array(
      fc.constantFrom("e", "\u00e9", "\u0301", "\u0323", " ", "/", "\\", "\u212b", "\u00c5", "\udcff"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(parts.map((some) => nameOfBytes(bytesOfName(some.join(""))))), (names) => {
        const shown = displayNames(names);
        expect(shown.map(nameOfDisplay)).toEqual(names);
        expect(new Set(shown.map((one) => one.normalize())).size).toBe(names.length);
      }),
    );
  });

  it("that are not UTF-8 are shown with their bytes", () => {
    expect(displayName(nameOfBytes(Buffer.from([0x61, 0xff, 0xed, 0xb2, 0x80])))).toBe("a\\xFF\\xED\\xB2\\x80");
    expect(displayName("\\xFF")).toBe("\\\\xFF");
    expect(displayName(nameOfBytes(Buffer.from([0xf0, 0x9f, 0x98, 0x80, 0x80])))).toBe("\u{1f600}\\x80");
  });

  it("that could leave their directory are at fault", () => {
    for (const name of ["", ".", "..", "a/b", "/", "a\0", "x".repeat(256)])
      expect(nameFault(Buffer.from(name))).toBeDefined();
    for (const name of ["...", "a", " ", "x".repeat(255), "-rf", "\n"])
      expect(nameFault(Buffer.from(name))).toBeUndefined();
  });
});
