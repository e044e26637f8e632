import { expect, it } from "vitest";
import { csvLine } from "./csv.ts";

it("quotes what has commas, quotes and line breaks, and leaves nothing where there is nothing", () => {
  expect(csvLine(["a", 1, null, "b,c", 'd"e', "f\ng", " h"])).toBe('a,1,,"b,c","d""e","f\ng"," h"\r\n');
});

it("lets no spreadsheet run a cell, and leaves numbers as they are", () => {
  expect(csvLine(["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])).toBe(
    `'=1+1,'+A1,'-A1,'@SUM(A1),'\t=1,"'\r=1","'=HYPERLINK(""x"")"\r\n`,
  );
  expect(csvLine(["-5", "-0.25", 12, -3])).toBe("-5,-0.25,12,-3\r\n");
  expect(csvLine(["-5+1"])).toBe("'-5+1\r\n");
});
