import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALWAYS_ON, HOURS_PER_WEEK, hourOfWeek } from "./periods.ts";
import { parseWindows, toUtcMask, zoneOffsetMinutes } from "./windows.ts";

const hoursOf = (mask: bigint) =>
  Array.from({ length: HOURS_PER_WEEK }, (_, hour) => hour).filter((hour) => ((mask >> BigInt(hour)) & 1n) === 1n);
const masks = fc.bigInt({ min: 1n, max: ALWAYS_ON });

describe("parseWindows", () => {
  it("reads days, ranges of days and half-open hours", () => {
    expect(hoursOf(parseWindows("mon 0-2"))).toEqual([0, 1]);
    expect(hoursOf(parseWindows("tue 23-24"))).toEqual([47]);
    expect(hoursOf(parseWindows("mon-fri 18-24, sat-sun 0-24"))).toHaveLength(5 * 6 + 48);
    expect(parseWindows(" Always ")).toBe(ALWAYS_ON);
  });

  it("runs past midnight and over the end of the week", () => {
    expect(hoursOf(parseWindows("fri 22-6"))).toEqual([118, 119, 120, 121, 122, 123, 124, 125]);
    expect(hoursOf(parseWindows("sun 23-1"))).toEqual([0, 167]);
    expect(hoursOf(parseWindows("sun-mon 5-6"))).toEqual([5, 149]);
    expect(hoursOf(parseWindows("mon 22-0"))).toEqual([22, 23]);
  });

  it.each([
    "",
    "mon",
    "mon 5-5",
    "mon 24-3",
    "mon 1-25",
    "foo 1-2",
    "mon 1-2,",
    "mon-tue-wed 1-2",
    "mon 1-2 x",
    "mon -1-2",
  ])("refuses %j", (text) => {
    expect(() => parseWindows(text)).toThrowError(CairnError);
  });

  it("answers any text with a mask of the week or bad-windows", () => {
    const words = fc.array(fc.constantFrom("mon", "sun", "-", " ", ",", "0", "24", "7", "always", "é"), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          words.map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            const mask = parseWindows(text);
            return mask > 0n && mask <= ALWAYS_ON;
          } catch (error) {
            return error instanceof CairnError && error.code === "bad-windows";
          }
        },
      ),
    );
  });
});

describe("toUtcMask", () => {
  it("moves whole hours and back", () => {
    fc.assert(
      fc.property(masks, fc.integer({ min: -12, max: 14 }), (mask, hours) => {
        return toUtcMask(toUtcMask(mask, hours * 60), -hours * 60) === mask;
      }),
    );
  });

  it("keeps every promised UTC minute inside the local windows", () => {
    fc.assert(
      fc.property(
        masks,
        fc.integer({ min: -12 * 60, max: 14 * 60 }),
        fc.nat(7 * 86_400 - 1),
        (mask, offset, second) => {
          const utc = toUtcMask(mask, offset);
          const monday = 4 * 86_400;
          const time = monday + second;
          const promised = ((utc >> BigInt(hourOfWeek(time))) & 1n) === 1n;
          const local = ((mask >> BigInt(hourOfWeek(time + 7 * 86_400 + offset * 60))) & 1n) === 1n;
          return !promised || local;
        },
      ),
    );
  });
});

describe("zoneOffsetMinutes", () => {
  it("knows zones, halves of hours and daylight saving", () => {
    const winter = Date.UTC(2026, 0, 15) / 1000;
    const summer = Date.UTC(2026, 6, 15) / 1000;
    expect(zoneOffsetMinutes("UTC", winter)).toBe(0);
    expect(zoneOffsetMinutes("Europe/Berlin", winter)).toBe(60);
    expect(zoneOffsetMinutes("Europe/Berlin", summer)).toBe(120);
    expect(zoneOffsetMinutes("Asia/Kolkata", winter)).toBe(330);
    expect(zoneOffsetMinutes("America/St_Johns", winter)).toBe(-210);
    expect(() => zoneOffsetMinutes("Mars/Olympus", winter)).toThrowError(/unknown time zone/);
  });
});

describe("windows when the clocks change", () => {
  const zone = "Europe/Berlin";
  /** Hours of a Sunday by the clock of the zone, of what a provider registered at `started` for Sundays 18 to 24. */
  const onDuty = (started: string, day: string) => {
    const mask = toUtcMask(parseWindows("sun 18-24"), zoneOffsetMinutes(zone, Date.parse(started) / 1000));
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" });
    return Array.from({ length: 48 }, (_, hour) => Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000)
      .filter((time) => ((mask >> BigInt(hourOfWeek(time / 1000))) & 1n) === 1n)
      .map((time) => Number(clock.format(time)));
  };
  const [asNamed, later, earlier] = [
    [18, 19, 20, 21, 22, 23],
    [19, 20, 21, 22, 23, 0],
    [17, 18, 19, 20, 21, 22],
  ];

  it("stay where they are in UTC until the provider starts again, in spring", () => {
    expect(onDuty("2026-03-28T12:00:00Z", "2026-03-22")).toEqual(asNamed);
    // The clocks change at 01:00 UTC of the 29th.
    expect(onDuty("2026-03-29T00:59:59Z", "2026-03-29")).toEqual(later);
    expect(onDuty("2026-03-29T01:00:00Z", "2026-03-29")).toEqual(asNamed);
  });

  it("and in autumn", () => {
    expect(onDuty("2026-10-24T12:00:00Z", "2026-10-18")).toEqual(asNamed);
    expect(onDuty("2026-10-25T00:59:59Z", "2026-10-25")).toEqual(earlier);
    expect(onDuty("2026-10-25T01:00:00Z", "2026-10-25")).toEqual(asNamed);
  });
});
