import { Link } from "@tanstack/react-router";
import { client } from "../../../api/client.ts";
import { Card, Empty, Problem, Table, usePages, Waiting } from "../../../kit/index.ts";
import { dealsTab as words } from "../../../words/package-tabs.ts";
import { packages } from "../../../words/packages.ts";
import { columnsOf } from "../../deals/columns.tsx";
import type { TabProps } from "../package-page.tsx";

const COLUMNS = columnsOf(["deal", "state", "provider", "region", "bytes", "escrow", "paid", "ends", "proved"]).map(
  (column) => ({ ...column, sortable: false }),
);

/** What was agreed with each provider for this package. */
export default function DealsTab({ found: { id } }: TabProps) {
  const { query, rows, more } = usePages(
    ["deals", "list", { package: id }],
    (after) => client.dealsPage({ package: id, ...(after === undefined ? {} : { after }) }),
    ({ deals }) => deals,
  );
  return (
    <Card
      title={packages.tabs.deals}
      actions={
        <Link to="/deals" search={{ package: id }}>
          {words.all}
        </Link>
      }
    >
      {rows === undefined ? (
        query.error === null ? (
          <Waiting />
        ) : (
          <Problem error={query.error} again={() => void query.refetch()} />
        )
      ) : rows.length === 0 ? (
        <Empty title={words.empty.title}>{words.empty.body}</Empty>
      ) : (
        <Table label={packages.tabs.deals} columns={COLUMNS} rows={rows} rowKey={({ deal }) => deal} more={more} />
      )}
    </Card>
  );
}
