import type { EntryJson } from "@cairn/client";
import { periodAt } from "@cairn/core/periods";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../../api/client.ts";
import { number } from "../../../format/number.ts";
import { duration, exactTime } from "../../../format/time.ts";
import { wordOf } from "../../../format/word-of.ts";
import {
  Card,
  Coins,
  type Column,
  Empty,
  Facts,
  Figure,
  Figures,
  Id,
  Problem,
  Table,
  Time,
  usePages,
  Waiting,
} from "../../../kit/index.ts";
import { money as words } from "../../../words/package-tabs.ts";
import type { TabProps } from "../package-page.tsx";

/** What of a line stands in the column of coins: what left or came to the deposit, or moved out of escrow. */
const amountOf = ({ deposit, escrow, reserve }: EntryJson) =>
  [deposit, escrow, reserve].find((one) => one !== "0") ?? "0";

const COLUMNS: readonly Column<EntryJson>[] = [
  { key: "at", title: words.columns.at, cell: ({ at }) => <Time at={at} /> },
  { key: "kind", title: words.columns.kind, cell: ({ kind }) => wordOf(words.kinds, kind) },
  { key: "amount", title: words.columns.amount, number: true, cell: (entry) => <Coins of={amountOf(entry)} /> },
  {
    key: "to",
    title: words.columns.to,
    cell: ({ counterparty }) => (counterparty === null ? "—" : <Id of={counterparty} />),
  },
  { key: "transaction", title: words.columns.transaction, cell: ({ transaction }) => <Id of={transaction} /> },
];

/** What it costs, what was paid, and until when it is. */
export default function MoneyTab({ found }: TabProps) {
  const { id, escrow, paid, reserve, pricePerPeriod, expiresAt } = found;
  const network = useQuery({
    queryKey: ["network"],
    queryFn: () => client.network(),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => client.settings() });
  const last = useQuery({
    queryKey: ["deals", "last", id],
    queryFn: () => client.dealsPage({ package: id, sort: "ends", order: "asc", states: "ACTIVE,PROPOSED", limit: 1 }),
  });
  const clock = network.data?.deployment;
  const block = last.data?.deals[0]?.endsBlock ?? null;
  const { query, rows, more } = usePages(
    ["statement", "of", id],
    (after) => client.statementPage({ package: id, order: "desc", ...(after === undefined ? {} : { after }) }),
    ({ entries }) => entries,
  );
  return (
    <>
      <Figures>
        <Figure name={words.escrow} value={<Coins of={escrow} />} />
        <Figure name={words.paid} value={<Coins of={paid} />} />
        <Figure name={words.reserve} value={<Coins of={reserve} />} />
        <Figure
          name={words.price}
          value={<Coins of={pricePerPeriod} />}
          note={clock === undefined ? undefined : words.perPeriod(duration(clock.periodSeconds))}
        />
      </Figures>
      <Card>
        <Facts
          of={[
            [
              words.expires,
              expiresAt === null ? (
                "—"
              ) : (
                <span key="date">
                  {exactTime(expiresAt)} (<Time at={expiresAt} />)
                </span>
              ),
            ],
            ...(expiresAt === null || clock === undefined
              ? []
              : [[words.period, number(periodAt(expiresAt, clock))] as const]),
            ...(block === null
              ? []
              : [
                  [
                    words.block,
                    <span key="block">
                      {words.about(number(block))} <span className="soft">({words.blockNote})</span>
                    </span>,
                  ] as const,
                ]),
            [
              words.renewal,
              settings.data === undefined ? (
                "…"
              ) : (
                <span key="renew">
                  {words.renews[settings.data.renew === false ? "false" : "true"]}.{" "}
                  <span className="soft">{words.renewNote}</span> <Link to="/settings">{words.settings}</Link>
                </span>
              ),
            ],
          ]}
        />
      </Card>
      <Card title={words.lines}>
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
            label={words.lines}
            columns={COLUMNS}
            rows={rows}
            rowKey={({ wallet, block, logIndex, kind }) => `${wallet}-${block}-${logIndex}-${kind}`}
            more={more}
          />
        )}
      </Card>
    </>
  );
}
