import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { Asked, Card, Page, State } from "../../kit/index.ts";
import { doors as words } from "../../words/doors.ts";
import { downstreamDoor, health } from "./ask-doors.ts";

const SECTORS_GIB = [64, 32, 1];
/** fr32 adds two bits to each 254 (docs/limits.md). */
const payloadOf = (gib: number) => (gib * 2 ** 30 * 127) / 128;

function Doors() {
  const downstream = useQuery({ queryKey: ["doors", "downstream"], queryFn: downstreamDoor, refetchInterval: 10_000 });
  const status = useQuery({ queryKey: ["doors", "health"], queryFn: health, refetchInterval: 10_000 });
  const { origin } = location;
  return (
    <Page title={words.title} lead={words.lead}>
      <div className="columns">
        <Card title={words.downstream.title}>
          <div className="stack">
            <p>{words.downstream.body}</p>
            <Asked query={downstream}>
              {(open) =>
                open === null ? (
                  <State mood="off" next={words.downstream.offNext}>
                    {words.downstream.off}
                  </State>
                ) : (
                  <>
                    <State mood="good">{words.downstream.openNow(open.farmers, open.online)}</State>
                    <How text={words.downstream.how} command={origin} />
                    <How text={words.downstream.commandHint} command={`${words.downstream.command} ${origin}`} />
                    <p>
                      <a href="/downstream">{words.downstream.page}</a>
                    </p>
                  </>
                )
              }
            </Asked>
          </div>
        </Card>
        <Card title={words.api.title}>
          <div className="stack">
            <p>{words.api.body}</p>
            <State mood="good">{words.api.state}</State>
            <How text={words.api.how} command={words.api.token}>
              {`curl -H "Authorization: Bearer TOKEN" ${origin}/api/v1/packages`}
            </How>
            <p>
              <a href="/openapi.json">{words.api.link}</a>
            </p>
            <p>
              <Link to="/settings">{words.api.settings}</Link>
            </p>
          </div>
        </Card>
        <Card title={words.cli.title}>
          <div className="stack">
            <p>{words.cli.body}</p>
            <State mood="good">{words.cli.state}</State>
            <How text={words.cli.how} command={words.cli.login(origin)}>
              {words.cli.first}
            </How>
          </div>
        </Card>
        <Card title={words.offline.title}>
          <div className="stack">
            <p>{words.offline.body}</p>
            <How text={words.offline.how} command={words.offline.command} />
            <table className="table" aria-label={words.offline.table}>
              <thead>
                <tr>
                  <th scope="col">{words.offline.sector}</th>
                  <th scope="col" className="number">
                    {words.offline.most}
                  </th>
                </tr>
              </thead>
              <tbody>
                {SECTORS_GIB.map((size) => (
                  <tr key={size}>
                    <th scope="row">{size} GiB</th>
                    <td className="number">{words.offline.bytes(payloadOf(size))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
        <Card title={words.status.title}>
          <div className="stack">
            <p>{words.status.body}</p>
            <Asked query={status}>
              {({ ok, said, version }) => (
                <State mood={ok ? "good" : "bad"}>
                  {ok ? words.status.state(said, version) : words.status.bad(said)}
                </State>
              )}
            </Asked>
            <How text={words.status.how} command={`${origin}/metrics`} />
            <p>
              <a href="/status">{words.status.link}</a> · <a href="/metrics">{words.status.metrics}</a>
            </p>
          </div>
        </Card>
      </div>
    </Page>
  );
}

/** A sentence, and what to type or enter. */
function How({ text, command, children }: { text: string; command: string; children?: string }) {
  return (
    <div>
      <p className="soft small">{text}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre className="command" tabIndex={0}>
        {command}
        {children === undefined ? null : `\n${children}`}
      </pre>
    </div>
  );
}

export const page = createLazyRoute("/doors")({ component: Doors });
