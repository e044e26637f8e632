import { describe, expect, it } from "vitest";
import { leadsOut, SafeNames, safeName } from "./safe-names.ts";

describe("a safe name", () => {
  it("is the name itself where no system gives it another meaning", () => {
    for (const name of ["a.txt", ".hidden", "Ünïcödé 😀", "console", "com10", "a..b", "nullify.txt", "-rf"]) {
      expect(safeName(name)).toBe(name);
    }
  });

  it("is no path, drive, stream or device on any system", () => {
    const made = {
      "..\\..\\evil": ".._.._evil",
      "C:\\x": "C__x",
      "/etc/passwd": "_etc_passwd",
      "a:stream": "a_stream",
      con: "_con",
      "NUL.txt": "_NUL.txt",
      "com1.tar.gz": "_com1.tar.gz",
      "LPT¹": "_LPT¹",
      "end.": "end_",
      "end ": "end_",
      "..": "__",
      ".": "_",
      "": "_",
      "a\u0000b\n": "a_b_",
      "photo\u202egpj.exe": "photo_gpj.exe",
      "\udc80x": "\ufffdx",
    };
    expect(Object.fromEntries(Object.keys(made).map((name) => [name, safeName(name)]))).toEqual(made);
  });

  it("is no other's of the same folder", () => {
    const names = new SafeNames();
    expect(["a?.txt", "a*.txt", "A_.TXT", "a_.txt", "é", "e\u0301"].map((name) => names.take(name))).toEqual([
      ...["a_.txt", "a_ (2).txt", "A_ (3).TXT", "a_ (4).txt", "é", "e\u0301 (2)"],
    ]);
  });
});

describe("a link", () => {
  it("leads out where it is absolute or climbs above its tree", () => {
    for (const [path, target] of [
      ["top/a", "/etc/passwd"],
      ["top/a", "../x"],
      ["top/a", "../top/b"],
      ["top/d/a", "../../x"],
      ["top/a", "d/../../../x"],
      ["top/a", "..\\x"],
      ["top/a", "C:x"],
      ["a", ".."],
    ] as const) {
      expect([path, target, leadsOut(path, target)]).toEqual([path, target, true]);
    }
    for (const [path, target] of [
      ["top/a", "b"],
      ["top/a", "./d/b"],
      ["top/d/a", "../b"],
      ["top/d/a", "../d/./b"],
    ] as const) {
      expect([path, target, leadsOut(path, target)]).toEqual([path, target, false]);
    }
  });
});
