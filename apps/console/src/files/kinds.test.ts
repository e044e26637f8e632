import { describe, expect, it } from "vitest";
import { kindOf, likely, MOST_BYTES, shownAs } from "./kinds.ts";

describe("what a browser is told that a content is", () => {
  it("is one of a list, in which nothing is a page", () => {
    const found = [
      ...["text/html", "image/svg+xml", "application/xhtml+xml", "application/xml", "text/javascript", "image/png"],
      ...["application/pdf", "video/quicktime", "application/zip", "application/wasm", "application/octet-stream", ""],
    ].map((type) => [type, shownAs(type)]);
    expect(Object.fromEntries(found)).toEqual({
      "text/html": { as: "text", type: "text/plain;charset=utf-8" },
      "image/svg+xml": { as: "image", type: "image/svg+xml" },
      "application/xhtml+xml": undefined,
      "application/xml": { as: "text", type: "text/plain;charset=utf-8" },
      "text/javascript": { as: "text", type: "text/plain;charset=utf-8" },
      "image/png": { as: "image", type: "image/png" },
      "application/pdf": { as: "pdf", type: "application/pdf" },
      "video/quicktime": { as: "video", type: "video/mp4" },
      "application/zip": undefined,
      "application/wasm": undefined,
      "application/octet-stream": undefined,
      "": undefined,
    });
  });

  it("is a text, too, where the name says so and the bytes show nothing", () => {
    const shown = (name: string, type = "application/octet-stream") => shownAs(type, name)?.as;
    expect([shown("a.TXT"), shown("a.csv"), shown("a.bin"), shown("a"), shown("a.txt", "application/zip")]).toEqual([
      ...["text", "text", undefined, undefined, undefined],
    ]);
  });

  it("is fetched whole where its name makes that likely to be of use, and else no more than the beginning of a text", () => {
    expect(likely("a.jpg", 5_000_000)).toBe(5_000_000);
    expect(likely("a.jpg", 5_000_000_000)).toBe(MOST_BYTES.text);
    expect(likely("a.unknown", 5_000_000)).toBe(MOST_BYTES.text);
    expect(likely("a.unknown", 5)).toBe(5);
  });
});

it("a kind is what the ending says", () => {
  const kind = (name: string) => kindOf({ name, kind: "file" });
  expect(["a.JPG", "a.tar.gz", ".pdf", "a", "x.pdf"].map(kind)).toEqual([
    "picture",
    "archive",
    "other",
    "other",
    "document",
  ]);
  expect(kindOf({ name: "a.jpg", kind: "directory" })).toBe("folder");
});
