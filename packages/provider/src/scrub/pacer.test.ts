import { describe, expect, it, vi } from "vitest";
import { openPacer } from "./pacer.ts";

describe("openPacer", () => {
  it("holds a reader to its rate", async () => {
    const pace = openPacer(() => 100_000, new AbortController().signal);
    const began = Date.now();
    // A second's worth may burst, the rest takes its time.
    for (let i = 0; i < 15; i++) await pace(10_000);
    const seconds = (Date.now() - began) / 1000;
    expect(seconds).toBeGreaterThan(0.4);
  });

  it("keeps its rate though the clock is set back an hour", async () => {
    const pace = openPacer(() => 100_000, new AbortController().signal);
    await pace(10_000);
    vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
    try {
      // By the clock there would be an hour to wait.
      for (let i = 0; i < 3; i++) await pace(10_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it("lets go at once when the program stops", async () => {
    const leave = new AbortController();
    const pace = openPacer(() => 1, leave.signal);
    const waiting = pace(1_000_000);
    leave.abort(new Error("stop"));
    await expect(waiting).rejects.toThrowError("stop");
  });
});
