import type { ProviderJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Bytes, Card, Coins, type Column, Empty, Id, Page, State, Table } from "../../kit/index.ts";
import { network as words } from "../../words/network.ts";

const COLUMNS: readonly Column<ProviderJson>[] = [
  { key: "provider", title: words.columns.provider, cell: ({ provider }) => <Id of={provider} /> },
  { key: "region", title: words.columns.region, cell: ({ region }) => region },
  {
    key: "state",
    title: words.columns.state,
    cell: ({ connected, cause }) => (
      <State mood={connected ? "good" : "bad"}>{cause ?? (connected ? words.connected : words.away)}</State>
    ),
  },
  { key: "deals", title: words.columns.deals, number: true, cell: ({ deals }) => deals },
  { key: "used", title: words.columns.used, number: true, cell: ({ used }) => <Bytes of={used} /> },
  { key: "capacity", title: words.columns.capacity, number: true, cell: ({ capacity }) => <Bytes of={capacity} /> },
  { key: "rating", title: words.columns.rating, number: true, cell: ({ rating }) => `${rating} %` },
  { key: "price", title: words.columns.price, number: true, cell: ({ price }) => <Coins of={price} /> },
];

function Network() {
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => client.providers() });
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        <Asked query={providers}>
          {(found) =>
            found.length === 0 ? (
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            ) : (
              <Table label={words.title} columns={COLUMNS} rows={found} rowKey={({ provider }) => provider} />
            )
          }
        </Asked>
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/network")({ component: Network });
