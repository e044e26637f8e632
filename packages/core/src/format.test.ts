import { describe, expect, it } from "vitest";
import { formatDuration } from "./format.ts";

describe("words for figures", () => {
  it("never fills a unit whose next one begins there", () => {
    expect([0, 0.2, 59, 59.2, 60, 119.5, 119.99, 125].map(formatDuration)).toEqual([
      "0 s",
      "1 s",
      "59 s",
      "1 min",
      "1 min",
      "2 min",
      "2 min",
      "2 min 5 s",
    ]);
    for (let seconds = 0; seconds < 7300; seconds += 0.37) expect(formatDuration(seconds)).not.toMatch(/\b60 (s|min)/);
    expect([3599.5, 3600, 86_400, 3 * 86_400].map(formatDuration)).toEqual(["1.0 h", "1.0 h", "24.0 h", "3 days"]);
  });
});
