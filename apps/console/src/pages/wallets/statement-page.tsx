import type { EntryJson, StatementTotalsJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { shortId } from "../../format/short-id.ts";
import { smallCoins } from "../../format/small-coins.ts";
import {
  Asked,
  Card,
  Choice,
  Coins,
  type Column,
  Empty,
  Facts,
  Field,
  Id,
  Page,
  Problem,
  State,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { wallet, statement as words } from "../../words/wallets.ts";
import { useBalance } from "./balances.ts";
import { rangeOfDays } from "./days.ts";
import { PlaceTabs } from "./parts.tsx";
import { statementRoute } from "./route.ts";
import { Signed } from "./signed.tsx";

const KINDS = ["deposit", "withdraw", "reserve", "escrow", "pay", "earned", "refund", "release"] as const;

/** @param idOf the package of a document, where the account has it */
const columns = (idOf: (documentHash: string) => string | undefined): readonly Column<EntryJson>[] => [
  { key: "at", title: words.columns.at, cell: ({ at }) => <Time at={at} /> },
  { key: "kind", title: words.columns.kind, cell: ({ kind }) => wallet.history.kinds[kind] ?? kind },
  { key: "deposit", title: words.columns.deposit, number: true, cell: ({ deposit }) => <Signed of={deposit} /> },
  { key: "escrow", title: words.columns.escrow, number: true, cell: ({ escrow }) => <Signed of={escrow} /> },
  { key: "reserve", title: words.columns.reserve, number: true, cell: ({ reserve }) => <Signed of={reserve} /> },
  { key: "after", title: words.columns.after, number: true, cell: ({ balance }) => <Coins of={balance} /> },
  {
    key: "with",
    title: words.columns.with,
    cell: ({ counterparty }) => (counterparty === null ? "" : <Id of={counterparty} />),
  },
  {
    key: "package",
    title: words.columns.package,
    cell: ({ documentHash }) => {
      const id = documentHash === null ? undefined : idOf(documentHash);
      return id === undefined ? (
        ""
      ) : (
        <Link to="/packages/$id" params={{ id }}>
          <Id of={id} />
        </Link>
      );
    },
  },
];

function Statement() {
  const { kinds, from, until, package: id } = statementRoute.useSearch();
  const navigate = useNavigate({ from: "/wallets/statement" });
  const filter = (change: Record<string, string>) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== "")),
      replace: true,
    });
  const packages = useQuery({ queryKey: ["packages", "all"], queryFn: () => client.packages(true) });
  const asked = {
    ...(kinds === undefined ? {} : { kinds }),
    ...(id === undefined ? {} : { package: id }),
    ...rangeOfDays({ from, until }),
  };
  const { query, rows, more } = usePages(
    ["statement", "list", asked],
    (after) => client.statementPage({ ...asked, ...(after === undefined ? {} : { after }) }),
    ({ entries }) => entries,
  );
  const ids = new Map((packages.data ?? []).map(({ documentHash, id }) => [documentHash, id]));
  const paid = (packages.data ?? []).filter(({ documentHash }) => documentHash !== null);
  return (
    <Page title={words.title} lead={words.lead}>
      <PlaceTabs />
      <Totals />
      <Card>
        <div className="filters">
          <Choice
            label={words.columns.kind}
            value={kinds ?? ""}
            choices={[
              ["", wallet.history.allKinds],
              ...KINDS.map((kind) => [kind, wallet.history.kinds[kind] ?? kind] as [string, string]),
            ]}
            onChange={(value) => filter({ kinds: value })}
          />
          <Choice
            label={words.package}
            value={id ?? ""}
            choices={[["", words.allPackages], ...paid.map((one) => [one.id, shortId(one.id)] as [string, string])]}
            onChange={(value) => filter({ package: value })}
          />
          <Field
            label={wallet.history.from}
            type="date"
            value={from ?? ""}
            onChange={(event) => filter({ from: event.target.value })}
          />
          <Field
            label={wallet.history.until}
            type="date"
            value={until ?? ""}
            onChange={(event) => filter({ until: event.target.value })}
          />
        </div>
      </Card>
      <Card>
        {rows === undefined ? (
          query.error === null ? (
            <Waiting />
          ) : (
            <Problem error={query.error} again={() => void query.refetch()} />
          )
        ) : rows.length > 0 ? (
          <Table
            label={words.title}
            columns={columns((documentHash) => ids.get(documentHash))}
            rows={rows}
            rowKey={({ block, logIndex, kind, wallet }) => `${block} ${logIndex} ${kind} ${wallet}`}
            more={more}
          />
        ) : Object.keys(asked).length > 0 ? (
          <p className="soft">{wallet.history.nothing}</p>
        ) : (
          <Empty title={words.empty.title}>{words.empty.body}</Empty>
        )}
      </Card>
    </Page>
  );
}

/** A wallet each: what its lines come to, held against what the contract has. */
function Totals() {
  const totals = useQuery({ queryKey: ["statement", "totals"], queryFn: () => client.statementTotals() });
  const wallets = useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });
  const name = (address: string) => wallets.data?.find((one) => one.address === address)?.name ?? shortId(address);
  return (
    <Asked query={totals}>
      {(found) => (
        <div className="columns">
          {found.map((one) => (
            <Card key={one.wallet} title={name(one.wallet)}>
              <Total of={one} />
            </Card>
          ))}
        </div>
      )}
    </Asked>
  );
}

const Sum = ({ of }: { of: string }) => (
  <span className="numbers" title={`${of} wei`}>
    {smallCoins(of)}
  </span>
);

function Total({ of }: { of: StatementTotalsJson[number] }) {
  const { wallet, deposit, escrow, reserve, kinds } = of;
  const { data } = useBalance(wallet);
  const { sums } = words;
  const positive = (text: string) => BigInt(text).toString().replace("-", "");
  return (
    <div className="stack">
      <Facts
        of={[
          [sums.deposited, <Sum key="d" of={kinds.deposit} />],
          [sums.withdrawn, <Sum key="w" of={positive(kinds.withdraw)} />],
          [sums.paid, <Sum key="p" of={positive(kinds.pay)} />],
          ...(kinds.earned === "0" ? [] : [[sums.earned, <Sum key="e" of={kinds.earned} />] as const]),
          [sums.escrow, <Sum key="s" of={escrow} />],
          ...(reserve === "0" ? [] : [[sums.reserve, <Sum key="r" of={reserve} />] as const]),
          [sums.free, <Sum key="f" of={deposit} />],
        ]}
      />
      {data === undefined ? null : (
        <State mood={data.balance === deposit ? "good" : "warn"}>
          {data.balance === deposit ? words.equal : words.ahead}
        </State>
      )}
    </div>
  );
}

export const page = createLazyRoute("/wallets/statement")({ component: Statement });
