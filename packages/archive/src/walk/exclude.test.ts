import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { makeTree, scratch } from "../../test/helpers.ts";
import { excluderOf, rulesOfText, textOfRules } from "./exclude.ts";
import { nameOfBytes } from "./names.ts";
import { pathsOf } from "./tree-paths.ts";
import { walkFolder } from "./walk-folder.ts";

describe("excluderOf", () => {
  const dir = scratch();
  afterAll(dir.remove);

  it("fits as gitignore does", () => {
    for (const [rule, path, isFolder, fits] of [
      ["*.o", "a/b/c.o", false, true],
      ["/*.o", "a/c.o", false, false],
      ["/*.o", "c.o", false, true],
      ["build/", "x/build", true, true],
      ["build/", "x/build", false, false],
      ["a/**/z", "a/z", false, true],
      ["a/**/z", "a/b/c/z", false, true],
      ["a/**", "a", true, false],
      ["a/**", "a/b", false, true],
      ["**/x", "q/w/x", false, true],
      ["a?c", "abc", false, true],
      ["a?c", "a/c", false, false],
      ["[a-c]x", "bx", false, true],
      ["[!a-c]x", "bx", false, false],
      ["[!a-c]x", "dx", false, true],
      ["\\!x", "!x", false, true],
      ["a.b", "aXb", false, false],
      ["\u{1f600}?", "\u{1f600}\u{1f601}", false, true],
    ] as const)
      expect([rule, path, excluderOf([rule])(path, isFolder)]).toEqual([rule, path, fits]);
    const again = excluderOf(["*.log", "!keep.log"]);
    expect([again("a.log", false), again("keep.log", false)]).toEqual([true, false]);
    expect(rulesOfText("# no\n\n*.o \r\n\\#yes\n")).toEqual(["", "*.o", "\\#yes", ""]);
  });

  it("reads files of rules in UTF-8 and UTF-16, and nothing that is no text", () => {
    const text = "*.o\n\u00fc*\n";
    const little = Buffer.from(`\uFEFF${text}`, "utf16le");
    for (const bytes of [Buffer.from(text), Buffer.from(`\uFEFF${text}`), little, Buffer.from(little).swap16()]) {
      expect(rulesOfText(textOfRules(bytes) ?? "")).toEqual(["*.o", "\u00fc*", ""]);
    }
    for (const bytes of [little.subarray(2), Buffer.from(little).swap16().subarray(2), Buffer.from("a\0b")]) {
      expect(textOfRules(bytes)).toBeUndefined();
    }
    // A rule in Latin-1 fits the name with these bytes.
    const latin = excluderOf(rulesOfText(textOfRules(Buffer.from([0xfc, 0x2a])) ?? ""));
    expect(latin(nameOfBytes(Buffer.from([0xfc, 0x61])), false)).toBe(true);
  });

  it("takes any rule without an error", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab*?[]!-\\/^.") }),
        fc.string({ unit: "binary" }),
        (rule, path) => {
          expect(typeof excluderOf([rule])(path, false)).toBe("boolean");
        },
      ),
    );
  });

  it("says what the plain pattern with its stars says, and is busy with no name", () => {
    const plain = (rule: string) =>
      new RegExp(`^(?:[^]*/)?${rule.replaceAll("*", "[^/]*").replaceAll("?", "[^/]")}$`, "u");
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab*?"), minLength: 1, maxLength: 8 }).filter((rule) => rule !== "**"),
        fc.string({ unit: fc.constantFrom(..."aab/"), maxLength: 12 }),
        (rule, path) => {
          expect(excluderOf([rule])(path, false), `${rule} ${path}`).toBe(plain(rule).test(path));
        },
      ),
      { numRuns: 3000 },
    );
    // With backtracking this would not end.
    expect(excluderOf(["*a*a*a*a*a*a*a*a*a*a*b"])("a".repeat(250), false)).toBe(false);
  });

  it("leaves out what git leaves out", async () => {
    const tree = {
      "a.o": Buffer.from(""),
      src: { "b.o": Buffer.from(""), "c.c": Buffer.from(""), deep: { x: Buffer.from("") } },
      keep: { "k.o": Buffer.from("") },
    };
    const rules = ["*.o", "!/keep/*.o", "src/**/x", "/src/c?c"];
    makeTree(dir.join("tree"), tree);
    const { entries, excluded } = await walkFolder(dir.join("tree"), { exclude: excluderOf(rules) });
    const files = pathsOf(entries).filter((_, index) => entries[index]?.kind === "file");
    execFileSync("git", ["init", "-q", dir.join("tree")]);
    makeTree(dir.join("tree"), { ".gitignore": Buffer.from(`${rules.join("\n")}\n.gitignore\n`) });
    const git = execFileSync("git", ["-C", dir.join("tree"), "ls-files", "-o", "--exclude-standard"], {
      encoding: "utf8",
    });
    expect(files.sort()).toEqual(git.trim().split("\n").sort());
    expect(excluded).toBe(4);
  });
});
