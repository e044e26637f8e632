import type { AskJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../../api/client.ts";
import { coins } from "../../../format/coins.ts";
import { wordOf } from "../../../format/word-of.ts";
import { Asked, Card, type Column, Empty, Id, State, Table, Time } from "../../../kit/index.ts";
import { asks as words } from "../../../words/package-tabs.ts";
import type { TabProps } from "../package-page.tsx";

const MOODS = { quoted: "good", refused: "warn", "passed-over": "off" } as const;

const COLUMNS: readonly Column<AskJson>[] = [
  { key: "provider", title: words.columns.provider, cell: ({ provider }) => <Id of={provider} /> },
  { key: "region", title: words.columns.region, cell: ({ region }) => region },
  {
    key: "price",
    title: words.columns.price,
    cell: ({ price }) => <span title={`${price} wei`}>{words.price(coins(price))}</span>,
  },
  {
    key: "verdict",
    title: words.columns.verdict,
    cell: ({ verdict }) => <State mood={MOODS[verdict]}>{wordOf(words.verdicts, verdict)}</State>,
  },
  { key: "reason", title: words.columns.reason, cell: ({ reason }) => reason ?? "—" },
  {
    key: "where",
    title: words.columns.where,
    cell: ({ piece, shard }) => (piece === null || shard === null ? words.all : words.where(shard, piece)),
  },
  { key: "at", title: words.columns.at, cell: ({ at }) => <Time at={at} /> },
];

/** Every provider that was looked at, with its price and the verdict. */
export default function AsksTab({ found: { id } }: TabProps) {
  const query = useQuery({ queryKey: ["package", id, "asks"], queryFn: () => client.asks(id) });
  return (
    <>
      <p className="soft">{words.lead}</p>
      <Card title={words.title}>
        <Asked query={query}>
          {(asked) =>
            asked.length === 0 ? (
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            ) : (
              <Table label={words.title} columns={COLUMNS} rows={asked} rowKey={({ id }) => String(id)} />
            )
          }
        </Asked>
      </Card>
    </>
  );
}
