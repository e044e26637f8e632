import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Place } from "../status/overview.ts";
import type { Dot } from "./assets/view.js";

export const MAP_WIDTH = 960;
export const MAP_HEIGHT = 418;

/** Places this close to a dot, in map units, join it. */
const NEAR = 18;

// Equal Earth keeps areas true; Antarctica, where nobody farms, is left out and the rest centred.
const projection = geoEqualEarth()
  .rotate([-11, 0])
  .scale(177)
  .translate([MAP_WIDTH / 2, 236]);

/** The `d` of an SVG path: all land but Antarctica. */
export function landPath(): string {
  const file = fileURLToPath(import.meta.resolve("world-atlas/countries-110m.json"));
  const atlas = JSON.parse(readFileSync(file, "utf8")) as Topology<{ countries: GeometryCollection }>;
  const { features } = feature(atlas, atlas.objects.countries);
  const ANTARCTICA = "010";
  return (
    geoPath(projection).digits(1)({
      type: "FeatureCollection",
      features: features.filter(({ id }) => id !== ANTARCTICA),
    }) ?? ""
  );
}

/** Where farmers are on the map, neighbours joined; the largest first, so that smaller ones lie on top. */
export function dotsOf(places: readonly Place[]): Dot[] {
  const dots: (Dot & { places: number })[] = [];
  for (const place of places.toSorted((a, b) => b.farmers - a.farmers || a.lon - b.lon || a.lat - b.lat)) {
    const [x, y] = projection([place.lon, place.lat]) ?? [0, 0];
    const near = dots.find((dot) => Math.hypot(dot.x - x, dot.y - y) < NEAR);
    if (near === undefined) {
      const { farmers, online, name } = place;
      const key = `${place.lat}_${place.lon}`;
      dots.push({ key, x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10, name, farmers, online, places: 1 });
    } else {
      near.farmers += place.farmers;
      near.online += place.online;
      near.places++;
    }
  }
  return dots
    .sort((a, b) => b.farmers - a.farmers)
    .map(({ places: count, ...dot }) =>
      count === 1 ? dot : { ...dot, name: `${dot.name} and ${count - 1} more nearby` },
    );
}
