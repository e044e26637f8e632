import { describe, expect, it } from "vitest";
import { RecentTokens } from "./recent-tokens.ts";

describe("RecentTokens", () => {
  it("forgets the one unseen for longest", () => {
    const tokens = new RecentTokens(2);
    for (const token of ["one", "two", "one", "three"]) tokens.add(token);
    expect(["one", "two", "three"].map((token) => tokens.has(token))).toEqual([true, false, true]);
  });
});
