import type { DealJson } from "@cairn/client";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import {
  Bytes,
  Card,
  Coins,
  type Column,
  Empty,
  Id,
  Page,
  Problem,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { deals as words } from "../../words/deals.ts";
import { dealsRoute } from "./route.ts";

const COLUMNS: readonly Column<DealJson>[] = [
  { key: "deal", title: words.columns.deal, cell: ({ deal }) => <Id of={deal} /> },
  { key: "state", title: words.columns.state, sortable: true, cell: ({ state }) => state.toLowerCase() },
  { key: "provider", title: words.columns.provider, sortable: true, cell: ({ provider }) => <Id of={provider} /> },
  {
    key: "package",
    title: words.columns.package,
    cell: ({ package: id }) =>
      id === null ? (
        "—"
      ) : (
        <Link to="/packages/$id" params={{ id }}>
          <Id of={id} />
        </Link>
      ),
  },
  { key: "size", title: words.columns.size, number: true, cell: ({ rawLength }) => <Bytes of={rawLength} /> },
  { key: "escrow", title: words.columns.price, number: true, cell: ({ escrow }) => <Coins of={escrow} /> },
  { key: "ends", title: words.columns.ends, sortable: true, cell: ({ endsAt }) => <Time at={endsAt} /> },
];

function Deals() {
  const asked = dealsRoute.useSearch();
  const navigate = useNavigate({ from: "/deals" });
  const { query, rows, more } = usePages(
    ["deals", "list", asked],
    (after) => client.dealsPage({ ...asked, ...(after === undefined ? {} : { after }) }),
    ({ deals }) => deals,
  );
  const { sort, order = "asc" } = asked;
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
            rowKey={({ deal }) => deal}
            sorting={sort === undefined ? undefined : { by: sort, order }}
            onSort={({ by, order }) => void navigate({ search: (before) => ({ ...before, sort: by, order }) })}
            more={more}
          />
        )}
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/deals")({ component: Deals });
