import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { Asked, Card, Facts, Page, State } from "../../kit/index.ts";
import { doors as words } from "../../words/doors.ts";

/** Whether the door's own page answers. */
async function downstreamIsOpen(): Promise<boolean> {
  const { ok } = await fetch("/downstream/data", { method: "GET" });
  return ok;
}

function Doors() {
  const downstream = useQuery({ queryKey: ["doors", "downstream"], queryFn: downstreamIsOpen });
  return (
    <Page title={words.title} lead={words.lead}>
      <div className="columns">
        <Card title={words.downstream.title}>
          <Asked query={downstream}>
            {(open) =>
              open ? (
                <div className="stack">
                  <State mood="good">{words.downstream.body}</State>
                  <Facts of={[[words.downstream.address, <code key="url">{location.origin}</code>]]} />
                  <p>
                    <a href="/downstream">{words.downstream.page}</a>
                  </p>
                </div>
              ) : (
                <State mood="off">{words.downstream.off}</State>
              )
            }
          </Asked>
        </Card>
        <Card title={words.api.title}>
          <p>{words.api.body}</p>
          <p>
            <a href="/openapi.json">{words.api.link}</a>
          </p>
        </Card>
        <Card title={words.status.title}>
          <p>{words.status.body}</p>
          <p>
            <a href="/status">{words.status.link}</a> · <a href="/metrics">{words.status.metrics}</a>
          </p>
        </Card>
      </div>
    </Page>
  );
}

export const page = createLazyRoute("/doors")({ component: Doors });
