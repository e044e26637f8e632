import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Bytes, Card, Coins, Empty, Figure, Figures, Id, Page, State, Time } from "../../kit/index.ts";
import { overview as words } from "../../words/overview.ts";
import { moodOfSeverity } from "../activity/mood.ts";
import { moodOf } from "../packages/mood.ts";

const RECENT = 8;
const NEEDING = 20;

function Overview() {
  const packages = useQuery({ queryKey: ["packages", "all"], queryFn: () => client.packages() });
  const status = useQuery({ queryKey: ["status"], queryFn: () => client.status() });
  const account = useQuery({ queryKey: ["account"], queryFn: () => client.account() });
  const events = useQuery({ queryKey: ["events", "recent"], queryFn: () => client.events(undefined, RECENT) });
  const mine = packages.data ?? [];
  const full = mine.filter(({ state }) => state === "STORED").length;
  const lost = mine.filter(({ state }) => state === "LOST").length;
  const needing = mine.filter((one) => one.next !== null && moodOf(one.state) !== "good").slice(0, NEEDING);
  return (
    <Page title={words.title} lead={packages.data === undefined ? undefined : words.sentence(mine.length, full, lost)}>
      <Figures>
        <Figure name={words.figures.packages} value={packages.data && words.of(full, mine.length)} />
        <Figure
          name={words.figures.stored}
          value={packages.data && <Bytes of={mine.reduce((sum, { bytes }) => sum + bytes, 0)} />}
        />
        <Figure name={words.figures.balance} value={account.data && <Coins of={account.data.balance} />} />
        <Figure name={words.figures.deals} value={status.data?.activeDeals} />
        <Figure
          name={words.figures.providers}
          value={status.data && words.of(status.data.providersConnected, status.data.providers)}
        />
        <Figure
          name={words.figures.proved}
          value={status.data && words.verdict(status.data.provedLastPeriod, status.data.missedLastPeriod)}
        />
      </Figures>
      <div className="columns">
        <Card title={words.needs}>
          <Asked query={packages}>
            {(all) =>
              all.length === 0 ? (
                <Empty
                  title={words.empty.title}
                  action={
                    <Link className="button" data-kind="main" to="/welcome">
                      {words.empty.action}
                    </Link>
                  }
                >
                  {words.empty.body}
                </Empty>
              ) : needing.length === 0 ? (
                <State mood="good">{words.calm}</State>
              ) : (
                <ul className="list">
                  {needing.map((one) => (
                    <li key={one.id}>
                      <State mood={moodOf(one.state)} next={one.next}>
                        <Link to="/packages/$id" params={{ id: one.id }}>
                          <Id of={one.id} />
                        </Link>
                        : {one.cause ?? one.state}
                      </State>
                    </li>
                  ))}
                </ul>
              )
            }
          </Asked>
        </Card>
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
