import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { geoArea, geoCentroid } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { describe, expect, it } from "vitest";
import { COUNTRY_CENTRES } from "./country-centres.ts";

/** ISO 3166-1 countries that the atlas has no shape of their own for: degrees of The World Factbook's "geographic coordinates". */
const WITHOUT_SHAPE: Record<string, [lat: number, lon: number]> = {
  BQ: [12.2, -68.27],
  BV: [-54.43, 3.4],
  CC: [-12.5, 96.83],
  CX: [-10.5, 105.67],
  GF: [4, -53],
  GI: [36.13, -5.35],
  GP: [16.25, -61.58],
  MQ: [14.67, -61],
  RE: [-21.1, 55.6],
  SJ: [78, 20],
  TK: [-9, -172],
  TV: [-8, 178],
  UM: [19.28, 166.65],
  XK: [42.58, 21],
  YT: [-12.83, 45.17],
};

const readJson = (url: string): unknown => JSON.parse(readFileSync(fileURLToPath(url), "utf8"));
const twoDecimals = (degrees: number) => Math.round(degrees * 100) / 100;

/** The centre of each country's largest piece of land: that of the United States lies in Kansas, not among its islands. */
function centresOfAtlas(): Record<string, [number, number]> {
  const atlas = readJson(import.meta.resolve("world-atlas/countries-50m.json")) as Topology<{
    countries: GeometryCollection;
  }>;
  const pieces = feature(atlas, atlas.objects.countries).features.flatMap(({ id, geometry }) => {
    const polygons =
      geometry.type === "MultiPolygon"
        ? geometry.coordinates
        : geometry.type === "Polygon"
          ? [geometry.coordinates]
          : [];
    return polygons.map((coordinates) => {
      const piece = { type: "Polygon" as const, coordinates };
      return { id: String(id), piece, area: geoArea(piece) };
    });
  });
  // Dependencies may share a country's number; its own land is the larger.
  const largest = new Map(pieces.sort((a, b) => a.area - b.area).map(({ id, piece }) => [id, piece]));
  const codes = readJson(import.meta.resolve("i18n-iso-countries/codes.json")) as [
    alpha2: string,
    alpha3: string,
    numeric: string,
  ][];
  return Object.fromEntries(
    codes.map(([code, , numeric]) => {
      const piece = largest.get(numeric);
      const [lon, lat] = piece === undefined ? [Number.NaN, Number.NaN] : geoCentroid(piece);
      return [code, WITHOUT_SHAPE[code] ?? [twoDecimals(lat), twoDecimals(lon)]];
    }),
  );
}

describe("COUNTRY_CENTRES", () => {
  it("holds every country of ISO 3166-1 with the centre of its largest land in world-atlas", () => {
    expect(COUNTRY_CENTRES).toEqual(centresOfAtlas());
  });
});
