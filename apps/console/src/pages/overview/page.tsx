import type { PackageJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Card, Page, State, Time } from "../../kit/index.ts";
import { overview as words } from "../../words/overview.ts";
import { moodOfSeverity } from "../activity/mood.ts";
import { FigureChart } from "./chart.tsx";
import { Expiring } from "./expiring.tsx";
import { Fiat } from "./fiat.tsx";
import { Needs } from "./needs.tsx";
import { overviewRoute } from "./route.ts";
import { Tiles } from "./tiles.tsx";
import { Types } from "./types.tsx";

const RECENT = 8;

/** Everything in one sentence: how much there is, how well it is, and until when all of it is paid. */
function sentenceOf(packages: readonly PackageJson[]): string {
  const count = (state: string) => packages.filter((one) => one.state === state).length;
  const ends = packages.flatMap(({ state, expiresAt }) =>
    state === "STORED" && expiresAt !== null ? [expiresAt] : [],
  );
  return words.sentence(packages.length, count("STORED"), count("LOST"), ends.toSorted((a, b) => a - b)[0]);
}

function Overview() {
  const { figure, step = "hour" } = overviewRoute.useSearch();
  const packages = useQuery({ queryKey: ["packages", "there"], queryFn: () => client.packages() });
  // The live socket brings them whenever they change.
  const figures = useQuery({ queryKey: ["figures", "now"], queryFn: () => client.figures.now() });
  const events = useQuery({ queryKey: ["events", "recent"], queryFn: () => client.events(undefined, RECENT) });
  return (
    <Page title={words.title} lead={packages.data && sentenceOf(packages.data)}>
      <Asked query={figures}>{(found) => <Tiles figures={found} />}</Asked>
      {figure === undefined ? null : <FigureChart figure={figure} step={step} />}
      <div className="columns">
        <div className="stack">
          <Card title={words.needs}>
            <Asked query={packages}>{(all) => <Needs packages={all} figures={figures.data} />}</Asked>
          </Card>
          {figures.data === undefined ? null : <Expiring figures={figures.data} />}
          {figures.data === undefined ? null : <Fiat figures={figures.data} />}
          {packages.data === undefined || packages.data.length === 0 ? null : <Types packages={packages.data} />}
        </div>
        <Card title={words.recent} actions={<Link to="/activity">{words.all}</Link>}>
          <Asked query={events}>
            {(found) => (
              <ul className="list">
                {found.map((event) => (
                  <li key={event.id}>
                    <State mood={moodOfSeverity(event.severity)}>
                      {event.message} <Time at={event.at} />
                    </State>
                  </li>
                ))}
              </ul>
            )}
          </Asked>
        </Card>
      </div>
    </Page>
  );
}

export const page = createLazyRoute("/")({ component: Overview });
