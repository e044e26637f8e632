import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readXml, textIfThere, textOf, type XmlElement } from "./read-xml.ts";

const read = (text: string) => readXml(Buffer.from(text));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,10}$/);
/** Characters of XML. CR is normalised by XML parsers and stays here: no S3 key in a list has it unescaped. */
const text = fc
  .string({ unit: "binary", maxLength: 40 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML has no characters for
  .map((value) => value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/g, "x"));

const leaf: fc.Arbitrary<XmlElement> = fc.record({ name, text, children: fc.constant([]) });
const element = (depth: number): fc.Arbitrary<XmlElement> =>
  depth === 0
    ? leaf
    : fc.oneof(
        leaf,
        fc.record({
          name,
          text: fc.constant(""),
          children: fc.array(element(depth - 1), { minLength: 1, maxLength: 5 }),
        }),
      );

function write({ name, text, children }: XmlElement, how: number): string {
  const escaped = [...text]
    .map((sign) => {
      if (/[&<>"']/.test(sign) || how % 3 === 2)
        return how % 2 ? `&#${sign.codePointAt(0)};` : `&#x${sign.codePointAt(0)?.toString(16)};`;
      return sign;
    })
    .join("");
  if (children.length === 0 && escaped === "" && how % 2) return `<${name}/>`;
  return `<${name}${how % 5 === 0 ? ' xmlns="http://x"' : ""}>${escaped}${children.map((child) => write(child, how)).join("")}</${name} >`;
}

describe("readXml", () => {
  it("reads back any tree that is written", () => {
    fc.assert(
      fc.property(element(4), fc.nat(1000), (tree, how) => {
        expect(read(`<?xml version="1.0" encoding="UTF-8"?>\n${write(tree, how)}\n`)).toEqual(tree);
      }),
    );
  });

  it("reads any bytes without harm: a tree, or the errors that it names", () => {
    const markup = fc.array(
      fc.constantFrom("<a>", "</a>", "<", ">", "&", "&amp;", "&#1;", "/", "<b/>", "x", " ", '"', "<!--", "]]>", "\0"),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          markup.map((parts) => Buffer.from(parts.join(""))),
          fc.uint8Array(),
        ),
        (bytes) => {
          try {
            expect(readXml(bytes).name).toMatch(/^\w/);
          } catch (error) {
            expect(error instanceof SyntaxError || error instanceof TypeError).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ["an entity that nobody declared", "<a>&b;</a>"],
    ["an external entity", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ["a comment", "<a><!-- x --></a>"],
    ["CDATA", "<a><![CDATA[x]]></a>"],
    ["an instruction", "<a><?php x ?></a>"],
    ["elements that cross", "<a><b></a></b>"],
    ["an element without an end", "<a><b></b>"],
    ["two roots", "<a/><b/>"],
    ["no character", "<a>&#0;</a>"],
    ["half a surrogate", "<a>&#xD800;</a>"],
    ["too deep", "<a>".repeat(9) + "</a>".repeat(9)],
    ["too many", `<a>${"<b/>".repeat(20_001)}</a>`],
    ["a text too long", `<a>${"x".repeat(8_193)}</a>`],
    ["nothing", ""],
  ])("refuses %s", (_what, source) => {
    expect(() => read(source)).toThrow(SyntaxError);
  });

  it("takes time in proportion to the length, whatever it is made of", () => {
    const hostile = [" ", "<a", '<a b="', "&", "&#1", "<a ", "</", "<a>", "\n<b/>"];
    const work = (length: number) => {
      const begun = process.cpuUsage();
      for (const unit of hostile) {
        for (const source of [unit.repeat(length / unit.length), `<a>${unit.repeat(length / unit.length)}`]) {
          expect(() => read(source)).toThrow(SyntaxError);
        }
      }
      return process.cpuUsage(begun).user;
    };
    work(100_000);
    // Eight times the length: 64 times the time where it were quadratic.
    expect(work(1_600_000)).toBeLessThan(32 * Math.max(10_000, work(200_000)));
  });

  it("takes one child of a name for its text", () => {
    const root = read("<a>\n <b>1</b>\n <c>2</c>\n <c>3</c><d><e/></d></a>");
    expect([textOf(root, "b"), textIfThere(root, "x")]).toEqual(["1", undefined]);
    for (const name of ["c", "d", "x"]) expect(() => textOf(root, name)).toThrow(SyntaxError);
  });
});
