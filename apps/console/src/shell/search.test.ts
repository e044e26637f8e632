import { describe, expect, it } from "vitest";
import { oneOf, text } from "./search.ts";

describe("the search of a URL", () => {
  it("is read as what it may be, and nothing else", () => {
    expect(text({ search: "a" }, "search")).toEqual({ search: "a" });
    // A number in a URL is read as one by the router.
    expect(text({ search: 2026 }, "search")).toEqual({ search: "2026" });
    for (const search of ["", null, undefined, { a: 1 }, ["x"], true]) expect(text({ search }, "search")).toEqual({});
    expect(oneOf({ order: "asc" }, "order", ["asc", "desc"])).toEqual({ order: "asc" });
    expect(oneOf({ order: "; drop" }, "order", ["asc", "desc"])).toEqual({});
  });
});
