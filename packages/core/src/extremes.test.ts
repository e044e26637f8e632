import { describe, expect, it } from "vitest";
import { highest, lowest } from "./extremes.ts";

describe("extremes", () => {
  it("are found among more values than a call takes arguments", () => {
    const values = Array.from({ length: 1_000_000 }, (_, index) => (index * 7919) % 1_000_003);
    expect([lowest(values), highest(values)]).toEqual([0, 1_000_002]);
    expect([lowest([]), highest([])]).toEqual([Infinity, -Infinity]);
  });
});
