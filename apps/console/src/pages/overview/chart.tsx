import type { FigureHistoryJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { exactTime } from "../../format/time.ts";
import { Asked, Card, Tabs } from "../../kit/index.ts";
import { overview as words } from "../../words/overview.ts";
import { fiatWords } from "./fiat-words.ts";
import { FIGURES, figureWords, type ListedFigure } from "./figure-list.ts";
import { overviewRoute } from "./route.ts";
import { type Point, scalePoints } from "./scale-points.ts";

const SMALL = { width: 120, height: 24, pad: 2 };
const LARGE = { width: 640, height: 160, pad: 4 };
type Step = "hour" | "day";

export const useHistory = (figure: ListedFigure["name"], step: Step) =>
  useQuery({
    queryKey: ["figures", "history", figure, step],
    queryFn: () => client.figures.history(figure, { step }),
  });

/** A figure lately, as a line without words: the chart that it leads to has them. */
export function Sparkline({ points }: { points: readonly Point[] }) {
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${SMALL.width} ${SMALL.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={scalePoints(points, SMALL)} />
    </svg>
  );
}

export function Line({
  points,
  label,
  low,
  high,
}: {
  points: readonly Point[];
  label: string;
  low: string;
  high: string;
}) {
  const [first, last] = [points[0], points.at(-1)];
  return (
    <figure className="chart">
      <figcaption className="row">
        <span>{high}</span>
      </figcaption>
      <svg role="img" aria-label={label} viewBox={`0 0 ${LARGE.width} ${LARGE.height}`} preserveAspectRatio="none">
        <path d={scalePoints(points, LARGE)} />
      </svg>
      <figcaption className="row">
        <span>{low}</span>
        <span className="right">
          {first === undefined || last === undefined ? "" : words.chart.span(exactTime(first.at), exactTime(last.at))}
        </span>
      </figcaption>
    </figure>
  );
}

/** The history of one figure, chosen in the URL: a line, and the same as a table. */
export function FigureChart({ figure, step }: { figure: string; step: Step }) {
  const listed = FIGURES.find(({ name }) => name === figure);
  return listed === undefined ? null : <Chart listed={listed} step={step} />;
}

function Chart({ listed, step }: { listed: ListedFigure; step: Step }) {
  const { name } = listed;
  const history = useHistory(name, step);
  const { from, until } = overviewRoute.useSearch();
  const days = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
  return (
    <Card
      title={words.chart.title(words.figures[name])}
      actions={
        <Link to="/" search={days}>
          {words.chart.close}
        </Link>
      }
    >
      <div className="stack">
        <Tabs label={words.chart.step}>
          {(["hour", "day"] as const).map((one) => (
            <Link
              key={one}
              from="/"
              to="/"
              search={(before) => ({ ...before, figure: name, step: one })}
              activeOptions={{ exact: true }}
            >
              {words.chart.steps[one]}
            </Link>
          ))}
        </Tabs>
        <Asked query={history}>{(found) => <Shown listed={listed} history={found} />}</Asked>
      </div>
    </Card>
  );
}

function Shown({
  listed: { name, unit },
  history: { points, currency },
}: {
  listed: ListedFigure;
  history: FigureHistoryJson;
}) {
  if (points.length === 0) return <p className="soft">{words.chart.empty}</p>;
  const values = points.map(({ value }) => BigInt(value));
  const extreme = (better: (a: bigint, b: bigint) => boolean) =>
    values.reduce((best, one) => (better(one, best) ? one : best)).toString();
  return (
    <>
      <Line
        points={points.map(({ at, value }) => ({ at, value: Number(value) }))}
        label={words.chart.label(words.figures[name], points.length)}
        low={figureWords(
          unit,
          extreme((a, b) => a < b),
        )}
        high={figureWords(
          unit,
          extreme((a, b) => a > b),
        )}
      />
      <details>
        <summary>{words.chart.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section className="table-scroll" tabIndex={0} aria-label={words.chart.table}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{words.chart.when}</th>
                <th scope="col" className="number">
                  {words.figures[name]}
                </th>
                {currency === null ? null : (
                  <th scope="col" className="number">
                    {words.chart.worth(currency.toUpperCase())}
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {points.toReversed().map(({ at, value, fiat }) => (
                <tr key={at}>
                  <th scope="row">{exactTime(at)}</th>
                  <td className="number" title={value}>
                    {figureWords(unit, value)}
                  </td>
                  {currency === null ? null : (
                    <td className="number">{fiat === null ? "—" : fiatWords(fiat, currency)}</td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </>
  );
}
