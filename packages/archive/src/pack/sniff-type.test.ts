import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SNIFFED_BYTES, sniffType } from "./sniff-type.ts";

const text = (content: string): Buffer => Buffer.from(content);
const made = (script: string): Buffer => execFileSync("python3", ["-c", `import sys\n${script}`], { maxBuffer: 1e8 });

describe("the type of a content", () => {
  it.each<[string, Uint8Array]>([
    ["application/x-empty", text("")],
    ["text/plain", text("hello\nworld")],
    ["text/plain", text("größe 日本語")],
    ["application/json", text(' {"a": 1}')],
    ["application/json", text("[1, 2]")],
    ["text/plain", text("{ not json")],
    ["text/html", text("\n<!DOCTYPE html><p>")],
    ["image/svg+xml", text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["application/xml", text('<?xml version="1.0"?><a/>')],
    ["text/x-shellscript", text("#!/usr/bin/env bash\n")],
    ["application/octet-stream", Buffer.from([1, 2, 3, 0xff])],
    ["image/jpeg", Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ["image/png", Buffer.from("89504e470d0a1a0a0000", "hex")],
    ["image/webp", text("RIFF\x01\x02\x03\x04WEBPVP8 ")],
    ["audio/wav", text("RIFF\x01\x02\x03\x04WAVEfmt ")],
    ["video/mp4", text("\0\0\0\x20ftypisom")],
    ["video/quicktime", text("\0\0\0\x20ftypqt  ")],
    ["image/heic", text("\0\0\0\x20ftypheic")],
    ["application/pdf", text("%PDF-1.7\n")],
    ["application/gzip", gzipSync("x")],
    ["video/webm", Buffer.concat([Buffer.from("1a45dfa3", "hex"), text("....webm")])],
  ])("is %s", (type, content) => {
    expect(sniffType(content)).toBe(type);
  });

  it("is seen in what other programs write", () => {
    const zip = (name: string) =>
      made(
        `import io,zipfile\nb=io.BytesIO()\nz=zipfile.ZipFile(b,"w")\nz.writestr("${name}","x")\nz.close()\nsys.stdout.buffer.write(b.getvalue())`,
      );
    expect(sniffType(zip("a.txt"))).toBe("application/zip");
    expect(sniffType(zip("xl/workbook.xml"))).toBe("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    const tar = made(
      'import io,tarfile\nt=tarfile.open(fileobj=sys.stdout.buffer,mode="w|")\nt.addfile(tarfile.TarInfo("a"))\nt.close()',
    );
    expect(sniffType(tar)).toBe("application/x-tar");
    const database = made(
      'import sqlite3\nc=sqlite3.connect(":memory:")\nc.execute("create table a(b)")\nsys.stdout.buffer.write(c.serialize() if hasattr(c,"serialize") else b"SQLite format 3\\0")',
    );
    expect(sniffType(database)).toBe("application/vnd.sqlite3");
  });

  it("is one, whatever the bytes, and depends on the first of them only", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(sniffType(bytes)).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
      }),
    );
    const long = Buffer.alloc(SNIFFED_BYTES * 2, "a");
    long[SNIFFED_BYTES] = 0;
    expect(sniffType(long)).toBe("text/plain");
    // A character that is cut at the end makes no other type of it.
    expect(sniffType(Buffer.from("ü".repeat(SNIFFED_BYTES)).subarray(0, SNIFFED_BYTES - 1))).toBe("text/plain");
  });
});
