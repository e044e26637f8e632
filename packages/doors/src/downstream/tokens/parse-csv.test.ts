import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CsvRow, parseCsv } from "./parse-csv.ts";

async function collect(source: Iterable<Uint8Array>): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  for await (const row of parseCsv(source)) rows.push(row);
  return rows;
}

const rowsOf = (...parts: (string | Uint8Array)[]) =>
  collect(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));

const fieldsOf = async (text: string) => (await rowsOf(text)).map(({ fields }) => fields);

const badAt = (line: number) => expect.objectContaining({ code: "downstream-bad-csv", details: { line } });

describe("parseCsv", () => {
  it("reads rows with and without quotes, whatever ends their lines", async () => {
    expect(await fieldsOf('a,b\r\n"c,d","e""f"\n,\n')).toEqual([
      ["a", "b"],
      ["c,d", 'e"f'],
      ["", ""],
    ]);
    expect(await fieldsOf("a,b\nc,d")).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(await fieldsOf('"two\nlines",x')).toEqual([["two\nlines", "x"]]);
    expect(await fieldsOf("")).toEqual([]);
  });

  it("skips a byte order mark and empty lines, and counts every line", async () => {
    expect(await rowsOf('\u{feff}a\n\n\r\n"b\nb"\nc')).toEqual([
      { line: 1, fields: ["a"] },
      { line: 4, fields: ["b\nb"] },
      { line: 6, fields: ["c"] },
    ]);
  });

  it("names the line that is broken", async () => {
    await expect(rowsOf('a\nb\n"c')).rejects.toThrow(badAt(3));
    await expect(rowsOf('a\nb"c\n')).rejects.toThrow(badAt(2));
    await expect(rowsOf('"a"b\n')).rejects.toThrow(badAt(1));
    await expect(rowsOf("a\rb\n")).rejects.toThrow(badAt(1));
    await expect(rowsOf("a\nb\n", Uint8Array.of(0xff, 0x41))).rejects.toThrow(badAt(3));
    await expect(rowsOf("a\n", Uint8Array.of(0xc3))).rejects.toThrow(badAt(2));
  });

  it("holds no more than one row of limited length", async () => {
    await expect(rowsOf(`a\n"${"x\n".repeat(40_000)}`)).rejects.toThrow(badAt(2));
    function* endless() {
      for (;;) yield Buffer.alloc(1024, "x");
    }
    await expect(collect(endless())).rejects.toThrow(badAt(1));
  });

  it("reads back what a writer wrote, however it was cut", async () => {
    const field = fc.string({ unit: fc.constantFrom("a", "é", "😀", '"', ",", "\n", " ", "1"), maxLength: 8 });
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom("\n", "\r\n"), fc.integer({ min: 1, max: 9 }), async (all, end, step) => {
        const text = all.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(",") + end).join("");
        const bytes = Buffer.from(text);
        const parts: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += step) parts.push(bytes.subarray(at, at + step));
        expect((await rowsOf(...parts)).map(({ fields }) => fields)).toEqual(all);
      }),
    );
  });

  it("never fails in another way", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await rowsOf(bytes).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "downstream-bad-csv" });
        });
      }),
    );
  });
});
