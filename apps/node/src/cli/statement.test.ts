import { expect, it } from "vitest";
import { requireTime } from "./statement.ts";

it("refuses a time that ends before it begins", () => {
  for (const [since, until] of [
    [2, 1],
    [2, 2],
  ])
    expect(() => requireTime(since, until)).toThrow(expect.objectContaining({ code: "bad-options", kind: "input" }));
  for (const [since, until] of [[1, 2], [1], [], [undefined, 1]]) expect(() => requireTime(since, until)).not.toThrow();
});
