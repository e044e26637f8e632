import type { FiguresJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { number } from "../../format/number.ts";
import { Card, Field, Problem } from "../../kit/index.ts";
import { overview } from "../../words/overview.ts";
import { rangeOfDays } from "../wallets/days.ts";
import { overviewRoute } from "./route.ts";

const words = overview.expiring;

/** How many active deals end soon, and in any range of days. */
export function Expiring({ figures: { expiring } }: { figures: FiguresJson }) {
  const { from, until } = overviewRoute.useSearch();
  const navigate = useNavigate({ from: "/" });
  const range = rangeOfDays({ from, until });
  const chosen = Object.keys(range).length > 0;
  const asked = useQuery({
    queryKey: ["figures", "range", range],
    queryFn: () => client.figures.now(range),
    enabled: chosen,
  });
  const choose = (change: { from?: string; until?: string }) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== "")),
      replace: true,
    });
  const rows = [
    [words.days(7), expiring.days7],
    [words.days(30), expiring.days30],
    [words.days(365), expiring.days365],
  ] as const;
  return (
    <Card
      title={words.title}
      actions={
        <Link to="/deals" search={{ sort: "ends", order: "asc", states: "ACTIVE" }}>
          {words.deals}
        </Link>
      }
    >
      <div className="stack">
        <table className="table" aria-label={words.title}>
          <tbody>
            {rows.map(([name, count]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="number">{number(count)}</td>
              </tr>
            ))}
            <tr>
              <th scope="row">{words.range}</th>
              <td className="number" data-range="deals">
                {chosen ? (asked.data === undefined ? "…" : number(asked.data.expiring.range?.deals ?? 0)) : "—"}
              </td>
            </tr>
          </tbody>
        </table>
        <div className="filters">
          <Field
            label={words.from}
            type="date"
            value={from ?? ""}
            onChange={(event) => choose({ from: event.target.value })}
          />
          <Field
            label={words.until}
            type="date"
            value={until ?? ""}
            onChange={(event) => choose({ until: event.target.value })}
          />
        </div>
        {asked.error === null ? null : <Problem error={asked.error} />}
      </div>
    </Card>
  );
}
