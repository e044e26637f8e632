import { readFileSync } from "node:fs";
import { SNIFFED_BYTES, sniffType } from "@cairn/archive/browser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pixelsOf } from "./pixels-of.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const uint = (size: number, value: number, end: "BE" | "LE"): Buffer => {
  const bytes = Buffer.alloc(size);
  end === "BE" ? bytes.writeUIntBE(value, 0, size) : bytes.writeUIntLE(value, 0, size);
  return bytes;
};
const be = (size: number, value: number) => uint(size, value, "BE");
const le = (size: number, value: number) => uint(size, value, "LE");
const join = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? latin1(part) : part)));
const box = (type: string, ...inside: (string | Buffer)[]): Buffer => {
  const body = join(...inside);
  return join(be(4, body.length + 8), type, body);
};

const png = (width: number, height: number) =>
  join("\x89PNG\r\n\x1a\n", be(4, 13), "IHDR", be(4, width), be(4, height), "\x01\0\0\0\0", be(4, 0));
const dib = (width: number, height: number) => join(le(4, 40), le(4, width), le(4, height >>> 0), Buffer.alloc(28));
const frame = (left: number, top: number, width: number, height: number) =>
  join(",", le(2, left), le(2, top), le(2, width), le(2, height), "\0\x02\x01\0\0");
const webp = (...inside: (string | Buffer)[]) => join("RIFF", le(4, 100), "WEBP", ...inside, Buffer.alloc(20));

/** A picture in each way to write its size. */
const PICTURES: Record<string, [bytes: Buffer, pixels: number]> = {
  PNG: [png(20_000, 20_000), 400_000_000],
  "JPEG, progressive, behind another segment and fill bytes": [
    join("\xff\xd8\xff\xe0", be(2, 6), "\xff\xc0ab", "\xff\xff\xff\xc2", be(2, 11), "\x08", be(2, 3_000), be(2, 4_000)),
    12_000_000,
  ],
  GIF: [join("GIF89a", le(2, 300), le(2, 200), "\x80\0\0", "colour", frame(0, 0, 300, 200), ";"), 60_000],
  "GIF with a frame that is larger than its screen": [
    join("GIF89a", le(2, 1), le(2, 1), "\0\0\0", "!\xf9\x04abcd\0", frame(10, 20, 60_000, 50_000), ";"),
    60_010 * 50_020,
  ],
  "WebP, lossy": [webp("VP8 ", le(4, 80), "\0\0\0\x9d\x01\x2a", le(2, 16_383), le(2, 16_000)), 16_383 * 16_000],
  "WebP, lossless": [webp("VP8L", le(4, 80), "/", le(4, (16_383 - 1) | ((9_000 - 1) << 14))), 16_383 * 9_000],
  "WebP, extended": [webp("VP8X", le(4, 10), "\0\0\0\0", le(3, 70_000 - 1), le(3, 60_000 - 1)), 70_000 * 60_000],
  BMP: [join("BM", le(4, 0), "\0\0\0\0", le(4, 54), dib(500, 400)), 200_000],
  "BMP, from the top down": [join("BM", le(4, 0), "\0\0\0\0", le(4, 54), dib(500, -400)), 200_000],
  "BMP of OS/2": [join("BM", le(4, 0), "\0\0\0\0", le(4, 26), le(4, 12), le(2, 60_000), le(2, 50_000)), 3_000_000_000],
  "icon with a PNG": [join("\0\0\x01\0", le(2, 1), Buffer.alloc(12), le(4, 22), png(30_000, 20_000)), 30_000 * 20_000],
  AVIF: [
    join(
      box("ftyp", "avif\0\0\0\0"),
      box("meta", "\0\0\0\0", box("hdlr"), box("iprp", box("ipco", box("ispe", be(4, 0), be(4, 9_000), be(4, 8_000))))),
    ),
    72_000_000,
  ],
};
const found = (bytes: Uint8Array) => pixelsOf(sniffType(bytes.subarray(0, SNIFFED_BYTES)), bytes);

describe("the pixels of a picture", () => {
  for (const [name, [bytes, pixels]] of Object.entries(PICTURES)) {
    it(`are read from the header: ${name}`, () => expect(found(bytes)).toBe(pixels));
  }

  it("are those of what an encoder wrote", () => {
    const picture = readFileSync(new URL("../../../../../docs/pictures/overview-phone.webp", import.meta.url));
    expect(found(picture)).toBeGreaterThan(200_000);
    expect(found(picture)).toBeLessThan(10_000_000);
  });

  it("are unknown of a file that ends before it says them, and of none is a wrong number given", () => {
    for (const [bytes] of Object.values(PICTURES)) {
      for (let end = 0; end < bytes.length; end++) {
        const some = found(bytes.subarray(0, end));
        expect(some === undefined || some > 0, `${end} bytes`).toBe(true);
      }
    }
  });

  it("are a number or unknown, whatever bytes a file has: nothing is thrown, and all ends soon", () => {
    const types = ["png", "jpeg", "gif", "webp", "bmp", "x-icon", "avif", "svg+xml"].map((one) => `image/${one}`);
    const isSound = (pixels: number | undefined) =>
      pixels === undefined || (Number.isFinite(pixels) && pixels >= 0 && Number.isInteger(pixels));
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 300 }), (type, bytes) =>
        isSound(pixelsOf(type, bytes)),
      ),
      { numRuns: 2_000 },
    );
    const changed = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(PICTURES)),
        fc.constantFrom(...types),
        changed,
        ([bytes], type, places) => {
          const other = Uint8Array.from(bytes);
          for (const [at, value] of places) if (at < other.length) other[at] = value;
          return isSound(pixelsOf(type, other)) && isSound(found(other));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("the pixels of an SVG", () => {
  const inSvg = (body: string) => found(latin1(`<svg xmlns="http://www.w3.org/2000/svg" width="99999">${body}</svg>`));
  const base64 = png(3_000, 2_000).toString("base64");
  const url = `data:image/png;base64,${base64}`;

  it("are none of its own, however wide it says it is, and of words in it", () => {
    expect(inSvg(`<rect/><text>Data: World Bank, metadata: none</text><image href="a.png"/>`)).toBe(0);
    expect(inSvg(`<g data-name="C:\\pictures\\data"/>`)).toBe(0);
  });

  it("are those of all pictures inside, however their URLs are written", () => {
    expect(inSvg(`<image href="${url}"/><image xlink:href='${url}'/>`)).toBe(12_000_000);
    for (const body of [
      `<image href=" ${url.replace("data:", "DATA:")}"/>`,
      `<image href="${url.replace("data", "d&#97;&#x0a;ta")}"/>`,
      `<image href="${url.slice(0, 40)}\n  ${url.slice(40)}"/>`,
      `<img srcset="a.png 1x, ${url} 2x"/>`,
      `<g style="background:url(&quot;${url}&quot;)"/>`,
      `<style>svg{background:url(${url.replace("data", "\\64 a\\ta")})}</style>`,
    ]) {
      expect(inSvg(body), body).toBe(6_000_000);
    }
  });

  it("are unknown where a picture may be in it that does not say them", () => {
    for (const body of [
      `<image href="data:image/png;base64,AAAA"/>`,
      `<image href="data:image/svg+xml,%3Csvg%3E"/>`,
      `<image href="data:;base64,${base64}"/>`,
      `<!ENTITY d "data:">`,
    ]) {
      expect(inSvg(body), body).toBeUndefined();
    }
    expect(found(latin1(`<?xml version="1.0" encoding="iso-2022-jp"?><svg/>`))).toBeUndefined();
  });
});
