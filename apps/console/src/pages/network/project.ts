import { geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/countries-110m.json" with { type: "json" };
import type { Place } from "./places.ts";

export const MAP_WIDTH = 960;
export const MAP_HEIGHT = 418;
/** Places this close, in units of the map, share a dot. */
const NEAR = 18;
const ANTARCTICA = "010";

// Equal Earth keeps areas true; Antarctica, where nobody stores, is left out and the rest centred. As on the page of the downstream door.
const projection = geoEqualEarth()
  .rotate([-11, 0])
  .scale(177)
  .translate([MAP_WIDTH / 2, 236]);

export interface Dot {
  /** The country with the most providers first. */
  countries: string[];
  x: number;
  y: number;
  providers: number;
  connected: number;
  mine: number;
}

let land: string | undefined;

/** The `d` of an SVG path: all land. */
export function landPath(): string {
  if (land !== undefined) return land;
  const topology = atlas as unknown as Topology<{ countries: GeometryCollection }>;
  const { features } = feature(topology, topology.objects.countries);
  land =
    geoPath(projection).digits(1)({
      type: "FeatureCollection",
      features: features.filter(({ id }) => id !== ANTARCTICA),
    }) ?? "";
  return land;
}

/** Where providers are on the map, neighbours joined; the largest first, so that smaller ones lie on top. */
export function dotsOf(places: readonly Place[]): Dot[] {
  const dots: Dot[] = [];
  for (const { country, centre, providers, connected, mine } of places) {
    if (country === null || centre === null) continue;
    const [x, y] = projection([centre.longitude, centre.latitude]) ?? [0, 0];
    const near = dots.find((dot) => Math.hypot(dot.x - x, dot.y - y) < NEAR);
    if (near === undefined) {
      const round = (value: number) => Math.round(value * 10) / 10;
      dots.push({ countries: [country], x: round(x), y: round(y), providers, connected, mine });
    } else {
      near.countries.push(country);
      near.providers += providers;
      near.connected += connected;
      near.mine += mine;
    }
  }
  return dots.sort((a, b) => b.providers - a.providers);
}
