import fc from "fast-check";
import { expect, it } from "vitest";
import { csvLine } from "./csv.ts";

it("quotes what has commas, quotes and line breaks, and leaves nothing where there is nothing", () => {
  expect(csvLine(["a", 1, null, "b,c", 'd"e', "f\ng", " h"])).toBe('a,1,,"b,c","d""e","f\ng"," h"\r\n');
});

it("lets no spreadsheet run a cell, and leaves numbers as they are", () => {
  expect(csvLine(["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])).toBe(
    `'=1+1,'+A1,'-A1,'@SUM(A1),'\t'=1,"'\r'=1","'=HYPERLINK(""x"")"\r\n`,
  );
  expect(csvLine(["-5", "-0.25", 12, -3])).toBe("-5,-0.25,12,-3\r\n");
  expect(csvLine(["-5+1"])).toBe("'-5+1\r\n");
});

it("lets none run by whatever separator the file is opened, and changes nothing else", () => {
  const signs = [..."=+-@＝＋－＠"];
  const texts = fc.string({ unit: fc.constantFrom(...signs, ..."aB1.;|,\t\r\n \"'") });
  fc.assert(
    fc.property(texts, (text) => {
      const cell = csvLine(["x", text, "y"]).slice("x,".length, -",y\r\n".length);
      if (!/^-?\d+(\.\d+)?$/.test(text)) {
        for (const part of cell.split(/[;|\t\r\n]/)) expect(signs).not.toContain(part.replace(/^[\s"]+/, "")[0]);
        expect([..."\t\r\n"]).not.toContain(cell.replace(/^"/, "")[0]);
      }
      const read = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
      expect(read.replaceAll("'", "")).toBe(text.replaceAll("'", ""));
    }),
    { examples: [["DE;=cmd|' /C calc'!A0;"], ["\n=1+1"], ["＝1+1"], ["a;-5"], ['x;"=1"']] },
  );
});
