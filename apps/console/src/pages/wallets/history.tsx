import type { HistoryLineJson, WalletJson } from "@cairn/client";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { shortId } from "../../format/short-id.ts";
import {
  Button,
  Card,
  Choice,
  Coins,
  type Column,
  Empty,
  Field,
  Id,
  Problem,
  State,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { wallet } from "../../words/wallets.ts";
import { useBalance } from "./balances.ts";
import { rangeOfDays } from "./days.ts";
import { walletRoute } from "./route.ts";
import { Signed } from "./signed.tsx";

const words = wallet.history;

const COLUMNS: readonly Column<HistoryLineJson>[] = [
  { key: "at", title: words.columns.at, cell: ({ at }) => <Time at={at} /> },
  { key: "kind", title: words.columns.kind, cell: ({ kind }) => words.kinds[kind] ?? kind },
  { key: "coins", title: words.columns.coins, number: true, cell: ({ coins }) => <Signed of={coins} /> },
  { key: "deposit", title: words.columns.deposit, number: true, cell: ({ deposit }) => <Signed of={deposit} /> },
  {
    key: "together",
    title: words.columns.together,
    number: true,
    cell: ({ coins, deposit }) => <Signed of={String(BigInt(coins) + BigInt(deposit))} />,
  },
  {
    key: "aside",
    title: words.columns.aside,
    number: true,
    cell: ({ escrow, reserve }) => <Signed of={String(BigInt(escrow) + BigInt(reserve))} />,
  },
  {
    key: "coinsAfter",
    title: words.columns.coinsAfter,
    number: true,
    cell: ({ coinsAfter }) => <Coins of={coinsAfter} />,
  },
  {
    key: "depositAfter",
    title: words.columns.depositAfter,
    number: true,
    cell: ({ depositAfter }) => <Coins of={depositAfter} />,
  },
  {
    key: "with",
    title: words.columns.with,
    cell: ({ counterparty }) => (counterparty === null ? "" : <Id of={counterparty} />),
  },
  {
    key: "transaction",
    title: words.columns.transaction,
    cell: ({ transaction, link }) =>
      transaction === null ? (
        ""
      ) : link === null ? (
        <Id of={transaction} />
      ) : (
        <a href={link} target="_blank" rel="noreferrer">
          <code title={transaction}>{shortId(transaction)}</code>
        </a>
      ),
  },
];

/** All that moved a wallet's money, as far as its filters (in the URL) let it through. */
export function History({ wallet: { address, name } }: { wallet: WalletJson }) {
  const { kinds, side, from, until } = walletRoute.useSearch();
  const navigate = useNavigate({ from: "/wallets/$address" });
  const filter = (change: { kinds?: string; side?: "coins" | "deposit" | undefined; from?: string; until?: string }) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(
          Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined && value !== ""),
        ),
      replace: true,
    });
  const asked = {
    ...(kinds === undefined ? {} : { kinds }),
    ...(side === undefined ? {} : { side }),
    ...rangeOfDays({ from, until }),
  };
  const { query, rows, more } = usePages(
    ["history", address, asked],
    (after) => client.coins.historyPage(address, { ...asked, ...(after === undefined ? {} : { after }) }),
    ({ lines }) => lines,
  );
  const filtered = Object.keys(asked).length > 0;
  const through = query.data?.pages[0]?.through;
  return (
    <>
      <Card>
        <div className="stack">
          <p className="soft">{words.lead}</p>
          <div className="filters">
            <Choice
              label={words.side}
              value={side ?? "all"}
              choices={[
                ["all", words.sides.all],
                ["coins", words.sides.coins],
                ["deposit", words.sides.deposit],
              ]}
              onChange={(value) => filter({ side: value === "all" ? undefined : value })}
            />
            <Choice
              label={words.kind}
              value={kinds ?? ""}
              choices={[["", words.allKinds], ...Object.entries(words.kinds)]}
              onChange={(value) => filter({ kinds: value })}
            />
            <Field
              label={words.from}
              type="date"
              value={from ?? ""}
              onChange={(event) => filter({ from: event.target.value })}
            />
            <Field
              label={words.until}
              type="date"
              value={until ?? ""}
              onChange={(event) => filter({ until: event.target.value })}
            />
            <Csv address={address} name={name} asked={asked} />
          </div>
          {through === undefined ? null : (
            <Sums address={address} through={through} last={filtered ? undefined : rows?.[0]} />
          )}
        </div>
      </Card>
      <Card title={words.title}>
        {rows === undefined ? (
          query.error === null ? (
            <Waiting />
          ) : (
            <Problem error={query.error} again={() => void query.refetch()} />
          )
        ) : rows.length > 0 ? (
          <Table label={words.title} columns={COLUMNS} rows={rows} rowKey={keyOf(rows)} more={more} />
        ) : filtered ? (
          <p className="soft">{words.nothing}</p>
        ) : (
          <Empty title={words.empty}>{words.emptyBody}</Empty>
        )}
      </Card>
    </>
  );
}

/** Lines have no id: their place among all does for one. */
function keyOf(rows: readonly HistoryLineJson[]) {
  const places = new Map(rows.map((row, at) => [row, rows.length - at]));
  return (row: HistoryLineJson) => `${row.block} ${row.side} ${row.kind} ${places.get(row)}`;
}

interface SumsProps {
  address: string;
  through: number | null;
  /** The newest of all lines; undefined where not all are shown. */
  last: HistoryLineJson | undefined;
}

/** Whether the lines come to what the chain says. */
function Sums({ address, through, last }: SumsProps) {
  const { data } = useBalance(address);
  if (through === null) return <State mood="warn">{words.starting}</State>;
  if (last === undefined || data === undefined) return <p className="soft">{words.through(through)}</p>;
  const equal = last.coinsAfter === data.coins && last.depositAfter === data.balance;
  return (
    <State mood={equal ? "good" : "warn"} next={words.through(through)}>
      {equal ? words.equal : words.ahead}
    </State>
  );
}

/** Every line that fits the filters, in a file. */
function Csv({ address, name, asked }: { address: string; name: string; asked: object }) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const give = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      const [{ historyCsv }, { download }, lines] = await Promise.all([
        import("./history-csv.ts"),
        import("../../keys/download.ts"),
        client.coins.history(address, { ...asked, order: "asc" }),
      ]);
      download(`cairn-${name}-${address.slice(2, 10)}.csv`, historyCsv(lines));
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="stack">
      <Button busy={busy} onClick={() => void give()}>
        {busy ? words.csvBusy : words.csv}
      </Button>
      {fault === undefined ? null : <Problem error={fault} />}
    </div>
  );
}
