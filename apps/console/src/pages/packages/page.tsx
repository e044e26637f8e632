import type { PackageJson } from "@cairn/client";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import {
  Bytes,
  Card,
  type Column,
  Empty,
  Id,
  Page,
  Problem,
  State,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { packages as words } from "../../words/packages.ts";
import { moodOf } from "./mood.ts";
import { packagesRoute } from "./route.ts";

const COLUMNS: readonly Column<PackageJson>[] = [
  {
    key: "id",
    title: words.columns.id,
    cell: ({ id }) => (
      <Link to="/packages/$id" params={{ id }}>
        <Id of={id} />
      </Link>
    ),
  },
  {
    key: "state",
    title: words.columns.state,
    sortable: true,
    cell: ({ state }) => <State mood={moodOf(state)}>{words.states[state] ?? state.toLowerCase()}</State>,
  },
  { key: "bytes", title: words.columns.bytes, number: true, sortable: true, cell: ({ bytes }) => <Bytes of={bytes} /> },
  { key: "files", title: words.columns.files, number: true, sortable: true, cell: ({ files }) => files },
  { key: "created", title: words.columns.created, sortable: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  { key: "expires", title: words.columns.expires, sortable: true, cell: ({ expiresAt }) => <Time at={expiresAt} /> },
];

function Packages() {
  const { sort = "created", order = "desc", states } = packagesRoute.useSearch();
  const navigate = useNavigate({ from: "/packages" });
  const asked = { sort, order, ...(states === undefined ? {} : { states }) };
  const { query, rows, more } = usePages(
    ["packages", "list", asked],
    (after) => client.packagesPage({ ...asked, ...(after === undefined ? {} : { after }) }),
    ({ packages }) => packages,
  );
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        {rows === undefined ? (
          query.error === null ? (
            <Waiting />
          ) : (
            <Problem error={query.error} again={() => void query.refetch()} />
          )
        ) : rows.length === 0 ? (
          <Empty title={words.empty.title}>{words.empty.body}</Empty>
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
