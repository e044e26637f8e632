import { describe, expect, it } from "vitest";
import { priceWords } from "./price-words.ts";

/** Each provider asks for 0.36 CAIRN per GiB and month; a period is an hour. */
const priceOf = (bytes: number) => (36n * 10n ** 16n * BigInt(bytes)) / 1_073_741_824n / 720n;

describe("the price of a package", () => {
  it("is told in all, per GiB of shards and per GiB of one's own", () => {
    const gib = 1_073_741_824;
    const shards = [gib / 2, gib / 2, gib / 2, gib / 2];
    const words = priceWords({ bytes: gib, k: 2, n: 4, shards, pricePerPeriod: priceOf(2 * gib) }, 3600);
    expect(words).toBe(
      "0.72 CAIRN a month for 4 shards of 2.15 GB in all, 0.36 CAIRN per GiB of them, 0.72 CAIRN per GiB of yours",
    );
  });

  it("of a small package is not made out to be dearer: the reason for its size is told", () => {
    const shards = [3556, 3556, 3556, 3556];
    const words = priceWords({ bytes: 500, k: 2, n: 4, shards, pricePerPeriod: priceOf(4 * 3556) }, 3600);
    expect(words).toMatch(
      /^0\.00000476\d CAIRN a month for 4 shards of 14\.2 kB in all, 0\.3[56]\d{0,2} CAIRN per GiB of them; /,
    );
    expect(words).toContain("list of files");
    expect(words).not.toContain("of yours");
  });

  it("is nothing where nothing is held, and where nothing was stored there is no division by it", () => {
    expect(priceWords({ bytes: 0, k: 2, n: 4, shards: [], pricePerPeriod: 0n }, 3600)).toContain("nothing");
    expect(priceWords({ bytes: 0, k: 1, n: 1, shards: [127], pricePerPeriod: 5n }, 3600)).toContain("a month");
  });
});
