import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableJson } from "./printable.ts";

describe("printable", () => {
  it("lets nothing through that drives a terminal, turns text round or hides", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(printable(printable(text))).toBe(printable(text));
      }),
      { numRuns: 5000 },
    );
    for (const code of [
      0x00ad, 0x034f, 0x061c, 0x115f, 0x180e, 0x200b, 0x202e, 0x2066, 0x3164, 0xfe0f, 0xfeff, 0xe0041,
    ])
      expect(printable(String.fromCodePoint(code))).toBe(`\\u{${code.toString(16).toUpperCase()}}`);
  });

  it("names each in a way of its own", () => {
    expect(printable("a\x1b[31mb\x07\n\t\r\x7f\x9b")).toBe("a\\x1B[31mb\\x07\\n\\t\\r\\x7F\\u{9B}");
    expect(printable("\udcff")).toBe("\\xFF");
    expect(printable("\ud800")).toBe("\\u{D800}");
  });

  it("leaves text as people write it", () => {
    for (const text of ["plain", "été", "e\u0301", "日本語", "🪨 ❤\ufe0f", "C:\\dir", "שלום", "…→✓"])
      expect(printable(text)).toBe(text);
  });
});

describe("printableJson", () => {
  it("is the same JSON, and nothing in it drives a terminal or hides", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), (value) => {
        for (const text of [printableJson(value), printableJson(value, undefined, 2)]) {
          expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
          expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        }
      }),
      { numRuns: 2000 },
    );
    expect(printableJson({ a: "\u202e\u009b\u{e0041}\n" })).toBe('{"a":"\\u202e\\u009b\\udb40\\udc41\\n"}');
  });
});
