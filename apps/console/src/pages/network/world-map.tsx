import type { MouseEvent } from "react";
import { network as words } from "../../words/network.ts";
import { countryName, type Place } from "./places.ts";
import { type Dot, dotsOf, landPath, MAP_HEIGHT, MAP_WIDTH } from "./project.ts";

const RADIUS = { alone: 7, most: 20 };
const radiusOf = (providers: number) => Math.min(RADIUS.most, RADIUS.alone + 2.5 * Math.sqrt(providers - 1));

/** Loaded when the page is there: shapes of the land are larger than the page. */
export default function WorldMap({ places, onPick }: { places: readonly Place[]; onPick: (country: string) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: what is drawn is no form
    <svg
      className="world"
      viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`}
      role="group"
      aria-label={words.map.label}
      data-loaded="true"
    >
      <path className="land" d={landPath()} />
      {dotsOf(places).map((dot) => (
        <MapDot key={dot.countries[0]} dot={dot} onPick={onPick} />
      ))}
    </svg>
  );
}

function MapDot({ dot, onPick }: { dot: Dot; onPick: (country: string) => void }) {
  const { countries, x, y, providers, connected, mine } = dot;
  const [first = ""] = countries;
  const name = countryName(first);
  const where = countries.length === 1 ? name : words.map.more(name, countries.length - 1);
  const said = words.map.dot(where, providers, connected);
  const radius = radiusOf(providers);
  const pick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onPick(first);
  };
  return (
    <a
      href={`/network?country=${first}`}
      onClick={pick}
      aria-label={said}
      className={connected === 0 ? "dot off" : "dot"}
    >
      <title>{said}</title>
      {mine > 0 ? <circle className="ring" cx={x} cy={y} r={radius + 3.5} /> : null}
      <circle cx={x} cy={y} r={radius} />
      {providers > 1 ? (
        <text x={x} y={y}>
          {providers}
        </text>
      ) : null}
    </a>
  );
}
