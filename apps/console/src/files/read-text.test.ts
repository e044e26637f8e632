import { describe, expect, it } from "vitest";
import { readText } from "./read-text.ts";

const TEXT = "Grüße,\r\n\t“naïve” – €";
const utf16 = Buffer.from(`\ufeff${TEXT}`, "utf16le");
/** Of windows-1252 where that differs from Latin-1: quotation marks, dash, euro. */
const western = Buffer.from("Gr\xfc\xdfe,\r\n\t\x93na\xefve\x94 \x96 \x80", "latin1");

describe("a text", () => {
  it.each([
    ["UTF-8", Buffer.from(TEXT)],
    ["UTF-16LE", utf16],
    ["UTF-16BE", Buffer.from(utf16).swap16()],
    ["windows-1252", western],
  ])("in %s is read as such", (encoding, bytes) => {
    expect(readText(bytes)).toEqual({ text: TEXT, encoding });
  });

  it("that is cut within a character is read up to it", () => {
    expect(readText(Buffer.from("aß").subarray(0, 2))).toEqual({ text: "a", encoding: "UTF-8" });
    expect(readText(utf16.subarray(0, 5))).toEqual({ text: "G", encoding: "UTF-16LE" });
  });

  it("has no control characters: bytes that give some are none", () => {
    for (const bytes of [Buffer.from("MZ\0\x01\xff", "latin1"), Buffer.from("\xff\xfe\0\0a\0\0\0", "latin1")]) {
      expect(readText(bytes)).toBeUndefined();
    }
  });
});
