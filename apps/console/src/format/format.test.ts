import { describe, expect, it } from "vitest";
import { bytes } from "./bytes.ts";
import { coins } from "./coins.ts";
import { counted } from "./number.ts";
import { shortId } from "./short-id.ts";
import { duration, relativeTime } from "./time.ts";

describe("bytes", () => {
  it("are said with three digits, in GB or GiB", () => {
    expect([0, 999, 1000, 999_499, 999_500, 12_345_678, 16_500_000_000].map((size) => bytes(size, "decimal"))).toEqual([
      ...["0 B", "999 B", "1.00 kB", "999 kB", "1.00 MB", "12.3 MB", "16.5 GB"],
    ]);
    expect(["1024", "536870912", "1073741824"].map((size) => bytes(size, "binary"))).toEqual([
      ...["1.00 KiB", "512 MiB", "1.00 GiB"],
    ]);
  });
});

describe("coins", () => {
  it("have at most six digits, never more than there are, and are never shown as nothing where there is some", () => {
    const wei = (coin: string) => coin.replace(".", "").padEnd(coin.indexOf(".") + 18, "0");
    expect(coins("0")).toBe("0");
    expect(coins("1")).toBe("< 0.000001");
    expect(coins("1000000000000")).toBe("0.000001");
    expect(coins(wei("1."))).toBe("1");
    expect(coins(wei("1234567.1234569"))).toBe("1 234 567.123456");
    expect(coins(-1n)).toBe("−< 0.000001");
  });
});

describe("ids, counts and times", () => {
  it("are short, and say their unit", () => {
    expect(shortId(`0x${"ab".repeat(20)}`)).toBe("0xabababab…");
    expect(shortId("c".repeat(32))).toBe("cccccccc…");
    expect(shortId("short")).toBe("short");
    expect([counted(1, "file"), counted(1234, "file")]).toEqual(["1 file", "1,234 files"]);
    expect([0, 59, 65, 3600, 90_000, 200_000].map(duration)).toEqual([
      ...["0 s", "59 s", "1 min 05 s", "1 h 00 min", "25 h 00 min", "2 days"],
    ]);
  });

  it("are relative to now, before and after", () => {
    const now = 1_800_000_000;
    const said = [-30, -90, -7200, 86_400, -86_400, 86_400 * 60, 86_400 * 800].map((away) =>
      relativeTime(now + away, now),
    );
    expect(said).toEqual([
      ...["30 seconds ago", "1 minute ago", "2 hours ago", "in 1 day", "1 day ago", "in 2 months", "in 2 years"],
    ]);
  });
});
