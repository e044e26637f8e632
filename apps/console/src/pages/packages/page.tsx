import type { PackageJson } from "@cairn/client";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { number } from "../../format/number.ts";
import { wordOf } from "../../format/word-of.ts";
import {
  Bytes,
  Card,
  Choice,
  type Column,
  Empty,
  Page,
  Problem,
  State,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { Name } from "../../names/name.tsx";
import { packages as words } from "../../words/packages.ts";
import { isAgreed, moodOf } from "./mood.ts";
import { packagesRoute } from "./route.ts";

const COLUMNS: readonly Column<PackageJson>[] = [
  {
    key: "name",
    title: words.columns.name,
    cell: (one) => (
      <Link to="/packages/$id" params={{ id: one.id }}>
        <Name of={one} />
      </Link>
    ),
  },
  {
    key: "state",
    title: words.columns.state,
    sortable: true,
    cell: ({ state }) => <State mood={moodOf(state)}>{wordOf(words.states, state)}</State>,
  },
  {
    key: "live",
    title: words.columns.live,
    number: true,
    cell: ({ state, strength: { live, full } }) => (isAgreed(state) ? words.alive(live, full) : "—"),
  },
  { key: "bytes", title: words.columns.bytes, number: true, sortable: true, cell: ({ bytes }) => <Bytes of={bytes} /> },
  { key: "files", title: words.columns.files, number: true, sortable: true, cell: ({ files }) => number(files) },
  { key: "created", title: words.columns.created, sortable: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  { key: "expires", title: words.columns.expires, sortable: true, cell: ({ expiresAt }) => <Time at={expiresAt} /> },
];

function Packages() {
  const { sort = "created", order = "desc", states } = packagesRoute.useSearch();
  const navigate = useNavigate({ from: "/packages" });
  const asked = { sort, order, ...(states === undefined ? {} : states === "gone" ? { gone: true } : { states }) };
  const { query, rows, more } = usePages(
    ["packages", "list", asked],
    (after) => client.packagesPage({ ...asked, ...(after === undefined ? {} : { after }) }),
    ({ packages }) => packages,
  );
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Choice
          label={words.filter}
          value={states ?? "all"}
          choices={Object.entries(words.filters)}
          onChange={(next) =>
            void navigate({
              search: ({ states: _, ...before }) => (next === "all" ? before : { ...before, states: next }),
            })
          }
        />
      }
    >
      <Card>
        {rows === undefined ? (
          query.error === null ? (
            <Waiting />
          ) : (
            <Problem error={query.error} again={() => void query.refetch()} />
          )
        ) : rows.length === 0 ? (
          states === undefined ? (
            <Empty title={words.empty.title}>{words.empty.body}</Empty>
          ) : (
            <Empty title={words.nothingSo.title} action={<Link to="/packages">{words.nothingSo.clear}</Link>}>
              {words.nothingSo.body}
            </Empty>
          )
        ) : (
          <Table
            label={words.title}
            columns={COLUMNS}
            rows={rows}
            rowKey={({ id }) => id}
            sorting={{ by: sort, order }}
            onSort={({ by, order }) => void navigate({ search: (before) => ({ ...before, sort: by, order }) })}
            more={more}
            onOpen={({ id }) => void navigate({ to: "/packages/$id", params: { id } })}
          />
        )}
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/packages")({ component: Packages });
