import type { WalletJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Card, Coins, type Column, Empty, Figure, Figures, Id, Page, Table, Time } from "../../kit/index.ts";
import { wallets as words } from "../../words/wallets.ts";

const COLUMNS: readonly Column<WalletJson>[] = [
  {
    key: "name",
    title: words.columns.name,
    cell: ({ name, isDefault }) => `${name} ${isDefault ? words.standard : ""}`,
  },
  { key: "address", title: words.columns.address, cell: ({ address }) => <Id of={address} /> },
  { key: "kind", title: words.columns.kind, cell: ({ kind }) => kind },
  { key: "made", title: words.columns.made, cell: ({ createdAt }) => <Time at={createdAt} /> },
];

function Wallets() {
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  const account = useQuery({ queryKey: ["account"], queryFn: () => client.account() });
  return (
    <Page title={words.title} lead={words.lead}>
      <Figures>
        <Figure name={words.deposit} value={account.data && <Coins of={account.data.balance} />} />
        <Figure name={words.coins} value={account.data && <Coins of={account.data.coins} />} />
      </Figures>
      <Card>
        <Asked query={wallets}>
          {(found) =>
            found.length === 0 ? (
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            ) : (
              <Table label={words.title} columns={COLUMNS} rows={found} rowKey={({ address }) => address} />
            )
          }
        </Asked>
      </Card>
    </Page>
  );
}

export const page = createLazyRoute("/wallets")({ component: Wallets });
