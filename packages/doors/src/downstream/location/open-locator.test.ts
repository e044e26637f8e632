import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NOWHERE } from "./location.ts";
import { type Locator, openLocator } from "./open-locator.ts";
import { writeMmdb } from "./testing/write-mmdb.ts";

let directory: string;
let countries: Locator;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "cairn-locator-"));
  countries = await openLocator({ cityDatabase: null });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const NO_PLACE = [
  "127.0.0.1",
  "10.1.2.3",
  "172.31.255.255",
  // The country database that comes with the product puts this one in Australia.
  "192.168.1.1",
  "100.64.0.1",
  "169.254.0.1",
  "198.51.100.7",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1%eth0",
  "fd00::1",
  "2001:db8::1",
  "ff02::1",
  "::ffff:192.168.1.1",
  "",
  "nonsense",
  "1.2.3",
  "1.2.3.4.5",
  "01.2.3.4",
  "8.8.8.8\n",
];

describe("openLocator with the country database", () => {
  it("gives country and the middle of it, by IPv4, IPv6 and IPv4 within IPv6", () => {
    const unitedStates = { ...NOWHERE, country: "United States", lat: 39.89, lon: -98.82 };
    expect(countries.locate("8.8.8.8")).toEqual(unitedStates);
    expect(countries.locate("::ffff:8.8.8.8")).toEqual(unitedStates);
    expect(countries.locate("::FFFF:8.8.8.8")).toEqual(unitedStates);
    expect(countries.locate("2001:4860:4860::8888")).toEqual(unitedStates);
    expect(countries.locate("194.95.1.1")).toEqual({ ...NOWHERE, country: "Germany", lat: 51.03, lon: 10.35 });
  });

  it("puts private, special and malformed addresses nowhere", () => {
    for (const address of NO_PLACE) expect(countries.locate(address), address).toEqual(NOWHERE);
  });

  it("gives every address a place within the world, or none", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
    fc.assert(
      fc.property(address, (ip) => {
        const { country, lat, lon, ...rest } = countries.locate(ip);
        expect(rest).toEqual({ state: null, city: null, zip: null });
        if (country === null) expect([lat, lon]).toEqual([null, null]);
        else expect(Math.abs(lat ?? 0) <= 90 && Math.abs(lon ?? 0) <= 180).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("names its source and not MaxMind", () => {
    expect(countries.attribution).toMatch(/NRO/);
    expect(countries.attribution).not.toMatch(/MaxMind/);
  });
});

const LONDON = {
  city: { names: { de: "London", en: "London" } },
  country: { iso_code: "GB", names: { de: "Vereinigtes Königreich", en: "United Kingdom" } },
  location: { latitude: 51.5508, longitude: -0.0912 },
  postal: { code: "N5" },
  subdivisions: [{ names: { en: "England" } }, { names: { en: "Islington" } }],
};

describe("openLocator with a City database", () => {
  it("gives all that a record holds, in English, and null for what it does not", async () => {
    const path = file(
      "city.mmdb",
      writeMmdb("GeoLite2-City", {
        "81.2.69.160": LONDON,
        "81.2.69.161": { country: { names: { en: "United States" } }, location: { latitude: 38, longitude: -97 } },
        "192.168.1.1": LONDON,
      }),
    );
    const { locate, attribution } = await openLocator({ cityDatabase: path });
    expect(locate("81.2.69.160")).toEqual({
      country: "United Kingdom",
      state: "England",
      city: "London",
      zip: "N5",
      lat: 51.5508,
      lon: -0.0912,
    });
    expect(locate("::ffff:81.2.69.160")).toEqual(locate("81.2.69.160"));
    expect(locate("81.2.69.161")).toEqual({ ...NOWHERE, country: "United States", lat: 38, lon: -97 });
    for (const address of [...NO_PLACE, "8.8.8.8", "2001:4860:4860::8888"]) {
      expect(locate(address), address).toEqual(NOWHERE);
    }
    expect(attribution).toBe(
      "This product includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com.",
    );
  });

  it("credits MaxMind only for its own", async () => {
    const path = file("other.mmdb", writeMmdb("DBIP-City-Lite", { "81.2.69.160": LONDON }));
    expect((await openLocator({ cityDatabase: path })).attribution).toBe("Places of addresses: DBIP-City-Lite.");
  });

  it("takes records of another shape for nothing known", async () => {
    const path = file(
      "odd.mmdb",
      writeMmdb("GeoLite2-City", {
        "81.2.69.160": { country: "GB", city: { names: { en: 5 } }, location: { latitude: "north" }, subdivisions: [] },
        "81.2.69.161": "London",
        "81.2.69.162": { country: { names: {} } },
      }),
    );
    const { locate } = await openLocator({ cityDatabase: path });
    for (const last of [160, 161, 162]) expect(locate(`81.2.69.${last}`)).toEqual(NOWHERE);
  });

  it("says what is wrong with a file that is missing, no database, cut off or of another kind", async () => {
    const good = writeMmdb("GeoLite2-City", { "81.2.69.160": LONDON });
    const refusal = (path: string) =>
      openLocator({ cityDatabase: path }).then(
        () => "opened",
        (error: { code: string; message: string; next: string }) => {
          expect(error.message).toContain(path);
          expect(error.next).toContain(".mmdb");
          return error.code;
        },
      );
    expect(await refusal(join(directory, "none.mmdb"))).toBe("city-database-unreadable");
    expect(await refusal(directory)).toBe("city-database-unreadable");
    expect(await refusal(file("empty.mmdb", Buffer.alloc(0)))).toBe("city-database-unreadable");
    expect(await refusal(file("text.mmdb", Buffer.from("GeoLite2-City.mmdb.gz\n".repeat(100))))).toBe(
      "city-database-unreadable",
    );
    expect(await refusal(file("cut.mmdb", good.subarray(0, good.length - 40)))).toBe("city-database-unreadable");
    expect(await refusal(file("head.mmdb", good.subarray(300)))).toBe("city-database-unreadable");
    const asn = writeMmdb("GeoLite2-ASN", { "81.2.69.160": { autonomous_system_number: 1 } });
    expect(await refusal(file("asn.mmdb", asn))).toBe("city-database-unsuitable");
    expect(readFileSync(file("good.mmdb", good))).toEqual(good);
  });
});
