import type { FiguresJson } from "@cairn/client";
import { highest, lowest } from "@cairn/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { Asked, Card, Choice, Problem, State, Time } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { overview } from "../../words/overview.ts";
import { Line } from "./chart.tsx";
import { fiatWords } from "./fiat-words.ts";

const words = overview.fiat;

/** What money is worth, in a currency of the person's choice; an old price is shown as one. */
export function Fiat({ figures: { fiat, fiatWhy } }: { figures: FiguresJson }) {
  const rates = useQuery({ queryKey: ["fiat", "rates"], queryFn: () => client.fiat.rates() });
  return (
    <Card title={words.title}>
      <div className="stack">
        {fiat === null ? (
          <State mood="off">{words.none(fiatWhy ?? "")}</State>
        ) : (
          <>
            <State mood={fiat.staleSince === null ? "good" : "warn"}>
              {words.rate(fiatWords(fiat.rate, fiat.currency), fiat.day)}{" "}
              {fiat.staleSince === null ? null : (
                <span className="stale">
                  {words.stale} <Time at={fiat.staleSince} />.
                </span>
              )}
            </State>
            <Asked query={rates}>
              {(found) => <Currency chosen={fiat.currency} currencies={found.rates.map(({ currency }) => currency)} />}
            </Asked>
            <Prices currency={fiat.currency} />
          </>
        )}
      </div>
    </Card>
  );
}

function Currency({ chosen, currencies }: { chosen: string; currencies: readonly string[] }) {
  const [fault, setFault] = useState<unknown>();
  const choose = async (currency: string) => {
    setFault(undefined);
    try {
      await client.changeSettings({ ...(await client.settings()), currency });
      invalidate(["settings", "figures", "fiat"]);
    } catch (error) {
      setFault(error);
    }
  };
  return (
    <>
      <Choice
        label={words.currency}
        value={chosen}
        choices={[...new Set([chosen, ...currencies])].map((one) => [one, one.toUpperCase()] as const)}
        onChange={(currency) => void choose(currency)}
      />
      {fault === undefined ? null : <Problem error={fault} />}
    </>
  );
}

/** A year of prices. */
function Prices({ currency }: { currency: string }) {
  const history = useQuery({
    queryKey: ["fiat", "history", currency],
    queryFn: () => client.fiat.history(currency),
  });
  return (
    <Asked query={history}>
      {({ points }) =>
        points.length === 0 ? null : (
          <>
            <Line
              points={points.map(({ day, rate }) => ({ at: Date.parse(day) / 1000, value: Number(rate) }))}
              label={words.chart(currency.toUpperCase(), points.length)}
              low={fiatWords(String(lowest(points.map(({ rate }) => Number(rate)))), currency)}
              high={fiatWords(String(highest(points.map(({ rate }) => Number(rate)))), currency)}
            />
            <details>
              <summary>{overview.chart.table}</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
              <section className="table-scroll" tabIndex={0} aria-label={words.title}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{overview.chart.when}</th>
                      <th scope="col" className="number">
                        {currency.toUpperCase()}
                      </th>
                      <th scope="col" className="number">
                        {words.sources}
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {points.toReversed().map(({ day, rate, sources }) => (
                      <tr key={day}>
                        <th scope="row">{day}</th>
                        <td className="number">{rate}</td>
                        <td className="number">{sources}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            </details>
          </>
        )
      }
    </Asked>
  );
}
