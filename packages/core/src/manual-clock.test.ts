import { ManualClock } from "./manual-clock.ts";
import { clockSuite } from "./ports/clock.suite.ts";

clockSuite("by hand", () => {
  const clock = new ManualClock(1_700_000_000);
  return {
    clock,
    async pass(seconds) {
      clock.advance(seconds);
    },
  };
});
