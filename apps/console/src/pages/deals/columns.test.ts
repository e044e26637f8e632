import { DEAL_SORTS } from "@cairn/catalog";
import { expect, it } from "vitest";
import { ALL_COLUMNS, columnsOf, readColumns } from "./columns.tsx";

it("sorts only by what the API sorts by, each once", () => {
  const sorts = columnsOf(ALL_COLUMNS)
    .filter(({ sortable }) => sortable)
    .map(({ key }) => key);
  expect(new Set(sorts).size).toBe(sorts.length);
  for (const sort of sorts) expect(DEAL_SORTS).toContain(sort);
});

it("reads columns from a URL, known ones once each, and none where none is known", () => {
  expect(readColumns("state,deal,state,nothing")).toEqual(["state", "deal"]);
  expect(readColumns("nothing")).toBeUndefined();
  expect(readColumns(undefined)).toBeUndefined();
});
