import { describe, expect, it } from "vitest";
import { ChainClock } from "./chain-clock.ts";
import { ManualClock } from "./manual-clock.ts";
import { clockSuite } from "./ports/clock.suite.ts";

clockSuite("of the chain", () => {
  const machine = new ManualClock(5);
  const clock = new ChainClock(machine, 30);
  clock.see({ number: 1, timestamp: 1_700_000_000 });
  return {
    clock,
    async pass(seconds) {
      machine.advance(seconds);
    },
  };
});

/** A machine whose time of day leaps by `leap` seconds while its monotonic time goes on. */
class LeapingClock extends ManualClock {
  leap = 0;
  override now(): number {
    return super.now() + this.leap;
  }
}

describe("ChainClock", () => {
  it("goes by the blocks and monotonic time, wherever the time of day leaps", () => {
    const machine = new LeapingClock(1000);
    const clock = new ChainClock(machine, 30);
    expect(clock.now()).toBe(1000);
    clock.see({ number: 7, timestamp: 1000 });
    machine.leap = 315_360_000;
    machine.advance(4.5);
    expect(clock.now()).toBe(1004);
    clock.see({ number: 7, timestamp: 1000 });
    machine.advance(1);
    expect(clock.now()).toBe(1005);
    machine.leap = -7200;
    clock.see({ number: 8, timestamp: 1006 });
    expect(clock.now()).toBe(1006);
  });

  it("stands when no block comes for longer than one may be away", () => {
    const machine = new ManualClock();
    const clock = new ChainClock(machine, 30);
    clock.see({ number: 7, timestamp: 1000 });
    machine.advance(3600);
    expect(clock.now()).toBe(1030);
  });

  it("takes the time that the chain gives the next block, unless no next block can have it", () => {
    const machine = new ManualClock();
    const clock = new ChainClock(machine, 30);
    clock.see({ number: 7, timestamp: 1000 }, 1020);
    expect(clock.now()).toBe(1020);
    machine.advance(2);
    clock.see({ number: 7, timestamp: 1000 }, 315_361_000);
    expect(clock.now()).toBe(1022);
    clock.see({ number: 8, timestamp: 1024 }, 315_361_000);
    expect(clock.now()).toBe(1024);
    // Set back: blocks stay at the head's time, and none runs ahead of it.
    machine.advance(5);
    clock.see({ number: 9, timestamp: 1024 }, 1024);
    expect(clock.now()).toBe(1024);
  });
});
