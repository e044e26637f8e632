import { describe, expect, it } from "vitest";
import { breathe } from "./breathe.ts";

describe("breathe", () => {
  it("lets timers run between pieces of work that never wait", async () => {
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    const end = performance.now() + 100;
    while (performance.now() < end) {
      await Promise.resolve();
      await breathe();
    }
    clearInterval(timer);
    expect(fired).toBeGreaterThan(3);
  });
});
