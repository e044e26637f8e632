import type { WalletJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Card, Coins, type Column, Empty, Id, Page, Table } from "../../kit/index.ts";
import { wallets as words } from "../../words/wallets.ts";
import { Amounts } from "./amounts.tsx";
import { together, useBalance, useBalances } from "./balances.ts";
import { Limits } from "./limits.tsx";
import { MakeWallet } from "./make-wallet.tsx";
import { PlaceTabs, Signs } from "./parts.tsx";
import { PaymentOrder } from "./payment-order.tsx";

const Balance = ({ of, address }: { of: "coins" | "deposit" | "together"; address: string }) => {
  const { data } = useBalance(address);
  if (data === undefined) return <>…</>;
  return <Coins of={of === "together" ? together(data).toString() : of === "coins" ? data.coins : data.balance} />;
};

const COLUMNS: readonly Column<WalletJson>[] = [
  {
    key: "name",
    title: words.columns.name,
    cell: ({ name, address, isDefault }) => (
      <>
        <Link to="/wallets/$address" params={{ address }}>
          {name}
        </Link>{" "}
        {isDefault ? <span className="badge">{words.standard}</span> : null}
      </>
    ),
  },
  { key: "address", title: words.columns.address, cell: ({ address }) => <Id of={address} /> },
  { key: "filecoin", title: words.columns.filecoin, cell: ({ filecoin }) => <Id of={filecoin} /> },
  {
    key: "kind",
    title: words.columns.kind,
    cell: ({ kind }) => <span title={words.kindHints[kind]}>{words.kinds[kind]}</span>,
  },
  { key: "signs", title: words.columns.signs, cell: (wallet) => <Signs wallet={wallet} /> },
  {
    key: "coins",
    title: words.columns.coins,
    number: true,
    cell: ({ address }) => <Balance of="coins" address={address} />,
  },
  {
    key: "deposit",
    title: words.columns.deposit,
    number: true,
    cell: ({ address }) => <Balance of="deposit" address={address} />,
  },
  {
    key: "together",
    title: words.columns.together,
    number: true,
    cell: ({ address }) => <Balance of="together" address={address} />,
  },
];

function Wallets() {
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  return (
    <Page title={words.title} lead={words.lead} actions={wallets.data && <MakeWallet wallets={wallets.data} />}>
      <PlaceTabs />
      <Asked query={wallets}>
        {(found) =>
          found.length === 0 ? (
            <Card>
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            </Card>
          ) : (
            <>
              <Sums wallets={found} />
              <Card>
                <Table label={words.title} columns={COLUMNS} rows={found} rowKey={({ address }) => address} />
              </Card>
              <div className="columns">
                <PaymentOrder wallets={found} />
                <Limits />
              </div>
            </>
          )
        }
      </Asked>
    </Page>
  );
}

/** Of all wallets; each figure once every wallet's is known. */
function Sums({ wallets }: { wallets: readonly WalletJson[] }) {
  const balances = useBalances(wallets.map(({ address }) => address));
  const totals = useQuery({ queryKey: ["statement", "totals"], queryFn: () => client.statementTotals() });
  const known = balances.filter((one) => one !== undefined);
  const sum = (of: (one: (typeof known)[number]) => bigint) =>
    known.length < wallets.length ? undefined : known.reduce((before, one) => before + of(one), 0n);
  const aside = totals.data?.reduce((before, { escrow, reserve }) => before + BigInt(escrow) + BigInt(reserve), 0n);
  return (
    <Amounts
      together={sum(together)}
      deposit={sum(({ balance }) => BigInt(balance))}
      coins={sum(({ coins }) => BigInt(coins))}
      coinsNote={words.figures.coinsNote}
      aside={aside}
    />
  );
}

export const page = createLazyRoute("/wallets")({ component: Wallets });
