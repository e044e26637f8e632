import { expect, it } from "vitest";
import { dealQueryOf, exportUrl, isAsked } from "./deal-query.ts";

it("asks for what the URL says, days as seconds, and for packages by their ids", () => {
  const query = dealQueryOf({ states: "ACTIVE", endsFrom: "2026-11-30", endsBefore: "2026-02-31x", sort: "ends" }, [
    "a",
    "b",
  ]);
  expect(query).toEqual({ states: "ACTIVE", sort: "ends", packages: "a,b", endsFrom: 1_795_996_800 });
  expect(exportUrl("csv", query)).toBe("/api/v1/deals.csv?states=ACTIVE&sort=ends&packages=a%2Cb&endsFrom=1795996800");
  expect(exportUrl("json", dealQueryOf({}, undefined))).toBe("/api/v1/deals.json?");
});

it("knows what is typed and not asked for yet, whatever spaces are around it", () => {
  const asked = { search: "0xab", name: undefined };
  expect(isAsked({}, asked)).toBe(true);
  expect(isAsked({ search: " 0xab ", name: " " }, asked)).toBe(true);
  for (const typed of [{ search: "0xabc" }, { search: "" }, { name: "photos" }, { search: "0xab", name: "photos" }])
    expect([typed, isAsked(typed, asked)]).toEqual([typed, false]);
});
