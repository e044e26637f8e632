import { describe, expect, it } from "vitest";
import { oneOf, parseSearch, stringifySearch, text } from "./search.ts";

describe("the search of a URL", () => {
  it("is read as what it may be, and nothing else", () => {
    expect(text({ search: "a" }, "search")).toEqual({ search: "a" });
    expect(text({ search: 2026 }, "search")).toEqual({ search: "2026" });
    for (const search of ["", null, undefined, { a: 1 }, ["x"], true]) expect(text({ search }, "search")).toEqual({});
    expect(oneOf({ order: "asc" }, "order", ["asc", "desc"])).toEqual({ order: "asc" });
    expect(oneOf({ order: "; drop" }, "order", ["asc", "desc"])).toEqual({});
  });

  it("has no value that is not valid, though the router fills in from the address what a route leaves out", () => {
    for (const [search, read] of [
      [{ tab: "nonsense" }, oneOf({ tab: "nonsense" }, "tab", ["first"])],
      [{ tab: "__proto__" }, oneOf({ tab: "__proto__" }, "tab", ["first"])],
      [{ tab: "" }, text({ tab: "" }, "tab")],
    ] as const)
      expect({ ...search, ...read }.tab).toBeUndefined();
    expect(Object.keys({ ...text({}, "a"), ...oneOf({}, "b", ["c"]) })).toEqual([]);
  });

  it("stands in the address as it is, and comes back as the same text", () => {
    expect(stringifySearch({ before: "27", sort: undefined })).toBe("?before=27");
    expect(stringifySearch({ sort: undefined })).toBe("");
    for (const search of ["27", "1e5", "007", "true", "null", '"27"', "{}", "a b&c=d", "50 %+1", "é"]) {
      expect(parseSearch(stringifySearch({ search }))).toEqual({ search });
    }
    expect(parseSearch("?before=27&package=12e34")).toEqual({ before: "27", package: "12e34" });
  });
});
