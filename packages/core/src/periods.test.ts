import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALWAYS_ON,
  countOnDuty,
  hourOfWeek,
  isOnDuty,
  isScheduled,
  lastScheduledPeriod,
  periodAt,
  periodStart,
} from "./periods.ts";

const clock = { genesisTime: 1_790_000_017, periodSeconds: 600, graceSeconds: 6 };

describe("periods", () => {
  it("cuts time into periods that contain their start", () => {
    fc.assert(fc.property(fc.nat(1_000_000), (period) => periodAt(periodStart(period, clock), clock) === period));
    expect(periodAt(clock.genesisTime - 1, clock)).toBe(-1);
  });

  it("counts the hours of the week from Monday 00:00 UTC", () => {
    expect(hourOfWeek(Date.UTC(2026, 10, 16) / 1000)).toBe(0);
    expect(hourOfWeek(Date.UTC(2026, 10, 22, 23, 59) / 1000)).toBe(167);
  });
});

describe("lastScheduledPeriod", () => {
  const walked = (receipt: number, periods: number, duty: bigint) => {
    let period = receipt;
    for (let left = periods; left > 0; ) {
      period += 1;
      if (isScheduled(period, duty, receipt, clock)) left -= 1;
    }
    return period;
  };

  it("is the receipt's period plus the count when always on duty", () => {
    expect(lastScheduledPeriod(7, 1000, ALWAYS_ON, clock)).toBe(1007);
    expect(lastScheduledPeriod(7, 0, ALWAYS_ON, clock)).toBe(7);
  });

  it("agrees with walking period by period", () => {
    const duty = fc.bigInt({ min: 1n, max: ALWAYS_ON });
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 3000 }), duty, (receipt, periods, mask) => {
        expect(lastScheduledPeriod(receipt, periods, mask, clock)).toBe(walked(receipt, periods, mask));
      }),
      { numRuns: 60 },
    );
  });
});

describe("countOnDuty", () => {
  it("agrees with looking at every period", () => {
    const duty = fc.bigInt({ min: 0n, max: ALWAYS_ON });
    const clocks = fc.constantFrom(1, 8, 600, 3600).map((periodSeconds) => ({ ...clock, periodSeconds }));
    fc.assert(
      fc.property(clocks, fc.nat(100_000), fc.integer({ min: -1, max: 3000 }), duty, (by, from, length, mask) => {
        let count = 0;
        for (let period = from; period <= from + length; period++) if (isOnDuty(mask, periodStart(period, by))) count++;
        expect(countOnDuty(from, from + length, mask, by)).toBe(count);
      }),
      { numRuns: 200 },
    );
  });
});
