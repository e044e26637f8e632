import type { FiguresJson } from "@cairn/client";
import { Link } from "@tanstack/react-router";
import { overview as words } from "../../words/overview.ts";
import { Sparkline, useHistory } from "./chart.tsx";
import { fiatWords } from "./fiat-words.ts";
import { FIGURES, figureWords, type ListedFigure } from "./figure-list.ts";

/** The figures as they are, each with how it came about lately; a tile leads to its history. */
export const Tiles = ({ figures }: { figures: FiguresJson }) => (
  <ul className="tiles" aria-label={words.figuresTitle}>
    {FIGURES.map((listed) => (
      <li key={listed.name}>
        <Tile listed={listed} figures={figures} />
      </li>
    ))}
  </ul>
);

function Tile({ listed: { name, unit, of, worth }, figures }: { listed: ListedFigure; figures: FiguresJson }) {
  const history = useHistory(name, "hour");
  const value = of(figures);
  const fiat = figures.fiat === null ? null : worth?.(figures.fiat);
  const points = (history.data?.points ?? []).map((point) => ({ at: point.at, value: Number(point.value) }));
  // What changed since the history was kept is the end of the line.
  if (value !== null) points.push({ at: Math.max(figures.at, (points.at(-1)?.at ?? 0) + 1), value: Number(value) });
  return (
    <Link
      from="/"
      to="/"
      search={(before) => ({ ...before, figure: name })}
      className="tile"
      title={value === null ? undefined : words.exact(String(value), unit)}
      data-figure={name}
    >
      <span className="tile-name">{words.figures[name]}</span>
      <b>{value === null ? words.unknown : figureWords(unit, value)}</b>
      <small>
        {fiat === null || fiat === undefined || figures.fiat === null
          ? words.notes[name]
          : fiatWords(fiat, figures.fiat.currency)}
      </small>
      <Sparkline points={points} />
    </Link>
  );
}
