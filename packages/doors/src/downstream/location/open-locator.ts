import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { CairnError } from "@cairn/protocol/errors";
import { type CityResponse, Reader } from "mmdb-lib";
import { COUNTRY_CENTRES } from "./country-centres.ts";
import { type Location, NOWHERE } from "./location.ts";
import { isGlobalAddress } from "./special-addresses.ts";

/** Where an address is; unknown, private and malformed addresses are nowhere. Never throws. */
export type Locate = (ip: string) => Location;

export interface Locator {
  locate: Locate;
  /** What the database's licence asks to be shown beside its data. */
  attribution: string;
}

/** The database that comes with the product. */
interface CountryReader {
  get(ip: string): { country_code?: string } | null;
}

const COUNTRY_ATTRIBUTION = "Countries of addresses: ip-location-db, from statistics of the NRO (nro.net, CC BY 4.0).";

const MAXMIND_ATTRIBUTION =
  "This product includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com.";

/**
 * Opens the database that places addresses, and keeps it in memory: about 16 MB for the country database that comes with the product, read
 * when the first address is looked up (25 ms); the size of the file for a City database in MaxMind's format (GeoLite2-City and its like).
 *
 * @throws CairnError `city-database-unreadable`, `city-database-unsuitable`
 */
export async function openLocator(options: { cityDatabase: string | null }): Promise<Locator> {
  if (options.cityDatabase !== null) return openCityDatabase(options.cityDatabase);
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const places = new Map<string, Location>();
  const placeOf = (code: string): Location => {
    let place = places.get(code);
    if (place === undefined) {
      const [lat, lon] = COUNTRY_CENTRES[code] ?? [null, null];
      place = Object.freeze({ ...NOWHERE, country: names.of(code) ?? null, lat, lon });
      places.set(code, place);
    }
    return place;
  };
  let reader: CountryReader | undefined;
  return {
    locate: locateBy((ip) => {
      reader ??= openCountries();
      const code = reader.get(ip)?.country_code;
      return code === undefined ? NOWHERE : placeOf(code);
    }),
    attribution: COUNTRY_ATTRIBUTION,
  };
}

function openCountries(): CountryReader {
  const path = import.meta.resolve("@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb");
  return new Reader(readFileSync(fileURLToPath(path))) as unknown as CountryReader;
}

/** Looks up what can be in a database at all, in its plain form. */
function locateBy(lookUp: (ip: string) => Location): Locate {
  return (text) => {
    const plain = text.replace(/%.*$/s, "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
    const family = isIP(plain);
    if (family !== 4 && family !== 6) return NOWHERE;
    if (!isGlobalAddress(plain, family)) return NOWHERE;
    try {
      return lookUp(plain);
    } catch {
      // A record that cannot be decoded: a farmer is not turned away for it.
      return NOWHERE;
    }
  };
}

async function openCityDatabase(path: string): Promise<Locator> {
  let reader: Reader<CityResponse>;
  try {
    reader = new Reader<CityResponse>(await readFile(path));
    // A file that was cut off has its metadata, at its end, or none; asking shows that it can be searched.
    reader.get("8.8.8.8");
  } catch (error) {
    throw new CairnError(`the location database ${path} cannot be read: ${(error as Error).message}`, {
      code: "city-database-unreadable",
      kind: "input",
      next: "Give the path of a City database in MaxMind's format (.mmdb, unpacked), or leave the setting out to use the country database that comes with Cairn.",
      details: { path },
      cause: error,
    });
  }
  const { databaseType } = reader.metadata;
  if (!/City|Enterprise/i.test(databaseType)) {
    throw new CairnError(`the location database ${path} is of type ${databaseType}, which does not hold cities`, {
      code: "city-database-unsuitable",
      kind: "input",
      next: "Give a City database, such as GeoLite2-City.mmdb.",
      details: { path, databaseType },
    });
  }
  return {
    locate: locateBy((ip) => toLocation(reader.get(ip))),
    attribution: /^Geo(Lite|IP)/i.test(databaseType) ? MAXMIND_ATTRIBUTION : `Places of addresses: ${databaseType}.`,
  };
}

function toLocation(record: CityResponse | null): Location {
  if (record === null) return NOWHERE;
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  const degrees = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);
  return {
    country: text(record.country?.names.en),
    state: text(record.subdivisions?.[0]?.names.en),
    city: text(record.city?.names.en),
    zip: text(record.postal?.code),
    lat: degrees(record.location?.latitude),
    lon: degrees(record.location?.longitude),
  };
}
