import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { awakeByHour, describeHours, hoursOnDuty, periodsFor, uncoveredHours } from "./coverage.ts";
import { ALWAYS_ON } from "./periods.ts";

const duty = fc.bigInt({ min: 0n, max: ALWAYS_ON });

describe("uncoveredHours", () => {
  it("names exactly the hours with fewer than the needed number awake", () => {
    fc.assert(
      fc.property(fc.array(duty, { maxLength: 8 }), fc.nat(9), (duties, needed) => {
        const awake = awakeByHour(duties);
        const uncovered = new Set(uncoveredHours(duties, needed));
        for (let hour = 0; hour < 168; hour++) expect(uncovered.has(hour)).toBe(awake[hour]! < needed);
      }),
    );
  });

  it("finds no gap among machines that never sleep", () => {
    expect(uncoveredHours([ALWAYS_ON, ALWAYS_ON, ALWAYS_ON], 3)).toEqual([]);
    expect(uncoveredHours([ALWAYS_ON, ALWAYS_ON], 3)).toHaveLength(168);
  });
});

describe("describeHours", () => {
  it("joins runs and names the days", () => {
    expect(describeHours([])).toBe("no hour");
    expect(describeHours([3, 4])).toBe("Mon 03:00–05:00 UTC");
    expect(describeHours([23])).toBe("Mon 23:00–24:00 UTC");
    expect(describeHours([46, 47, 48, 49, 100])).toBe("Tue 22:00–Wed 02:00, Fri 04:00–05:00 UTC");
  });
});

describe("periodsFor", () => {
  it("counts only the hours on duty", () => {
    expect(periodsFor(7 * 86_400, 3600, ALWAYS_ON)).toBe(168);
    expect(periodsFor(7 * 86_400, 3600, 0b11n)).toBe(2);
    expect(periodsFor(1, 3600, 0n)).toBe(1);
    expect(hoursOnDuty(0b1011n)).toBe(3);
  });
});
