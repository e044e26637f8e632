import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Place } from "../status/overview.ts";
import type { Dot } from "./assets/view.js";

export const MAP_WIDTH = 960;
export const MAP_HEIGHT = 424;

/** Dots whose centres fall into one square of this side, in map units, become one. */
const SQUARE = 16;

// Equal Earth keeps areas true; Antarctica, where nobody farms, is left out and the rest centred.
const projection = geoEqualEarth()
  .rotate([-11, 0])
  .scale(177)
  .translate([MAP_WIDTH / 2, 248]);

/** The `d` of an SVG path: all land but Antarctica. */
export function landPath(): string {
  const file = createRequire(import.meta.url).resolve("world-atlas/countries-110m.json");
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
  const squares = new Map<string, { x: number; y: number; places: Place[]; farmers: number; online: number }>();
  for (const place of places) {
    const [x, y] = projection([place.lon, place.lat]) ?? [0, 0];
    const key = `${Math.floor(x / SQUARE)}-${Math.floor(y / SQUARE)}`;
    const square = squares.get(key) ?? { x: 0, y: 0, places: [], farmers: 0, online: 0 };
    square.x += x * place.farmers;
    square.y += y * place.farmers;
    square.places.push(place);
    square.farmers += place.farmers;
    square.online += place.online;
    squares.set(key, square);
  }
  return [...squares]
    .map(([key, { x, y, places: joined, farmers, online }]) => ({
      key,
      x: Math.round((x / farmers) * 10) / 10,
      y: Math.round((y / farmers) * 10) / 10,
      name: nameOf(joined),
      farmers,
      online,
    }))
    .sort((a, b) => b.farmers - a.farmers || (a.key < b.key ? -1 : 1));
}

function nameOf(places: Place[]): string {
  const [first, ...others] = places.toSorted((a, b) => b.farmers - a.farmers);
  if (first === undefined) return "";
  return others.length === 0 ? first.name : `${first.name} and ${others.length} more nearby`;
}
