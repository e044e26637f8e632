import type { EventJson } from "@cairn/client";
import { lowest } from "@cairn/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { Button, Card, Choice, Empty, Id, Page, Problem, State, Time, Waiting } from "../../kit/index.ts";
import { activity as words } from "../../words/activity.ts";
import { ActivityTabs } from "./activity-tabs.tsx";
import { moodOfSeverity } from "./mood.ts";
import { activityRoute, SEVERITIES } from "./route.ts";

const PAGE = 100;

function Activity() {
  const { severity, kind, package: of } = activityRoute.useSearch();
  const navigate = useNavigate({ from: "/activity" });
  const [typed, setTyped] = useState(kind ?? "");
  const filter = {
    ...(severity === undefined ? {} : { severities: severity }),
    ...(kind === undefined ? {} : { kind }),
    ...(of === undefined ? {} : { package: of }),
  };
  const query = useInfiniteQuery({
    queryKey: ["events", "list", filter],
    // Before any number that an id can have: the newest come first.
    queryFn: ({ pageParam }) => client.events(undefined, PAGE, { ...filter, before: pageParam }),
    initialPageParam: Number.MAX_SAFE_INTEGER,
    getNextPageParam: (page) => (page.length < PAGE ? undefined : lowest(page.map(({ id }) => id))),
  });
  const events = query.data?.pages.flatMap((page) => page.toSorted((a, b) => b.id - a.id));
  const filtered = Object.keys(filter).length > 0;
  return (
    <Page title={words.title} lead={words.lead}>
      <ActivityTabs />
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ search: (before) => ({ ...before, kind: typed.trim() || undefined }) as typeof before });
        }}
      >
        <Choice
          label={words.severity}
          value={severity ?? "all"}
          choices={[["all", words.severities.all], ...SEVERITIES.map((one) => [one, words.severities[one]] as const)]}
          onChange={(next) =>
            void navigate({
              search: ({ severity: _, ...before }) => (next === "all" ? before : { ...before, severity: next }),
            })
          }
        />
        <div className="field">
          <label htmlFor="kind">{words.kind}</label>
          <input
            id="kind"
            className="input"
            placeholder={words.kindHint}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        {of === undefined ? null : (
          <span>
            {words.package} <Id of={of} />
          </span>
        )}
      </form>
      <Card>
        {events === undefined ? (
          query.error === null ? (
            <Waiting />
          ) : (
            <Problem error={query.error} again={() => void query.refetch()} />
          )
        ) : events.length === 0 ? (
          filtered ? (
            <Empty title={words.nothingSo.title} action={<Link to="/activity">{words.nothingSo.clear}</Link>}>
              {words.nothingSo.body}
            </Empty>
          ) : (
            <Empty title={words.empty.title}>{words.empty.body}</Empty>
          )
        ) : (
          <ul className="list">
            {events.map((event) => (
              <Line key={event.id} event={event} />
            ))}
          </ul>
        )}
      </Card>
      {query.hasNextPage ? (
        <p>
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {words.older}
          </Button>
        </p>
      ) : null}
    </Page>
  );
}

const Line = ({ event }: { event: EventJson }) => (
  <li>
    <State mood={moodOfSeverity(event.severity)} next={event.next}>
      {event.message} <Time at={event.at} />{" "}
      {event.package === null ? null : (
        <Link to="/packages/$id" params={{ id: event.package }}>
          <Id of={event.package} />
        </Link>
      )}
    </State>
  </li>
);

export const page = createLazyRoute("/activity")({ component: Activity });
