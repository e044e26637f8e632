import type { ChainBlockJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { number } from "../../format/number.ts";
import { Asked, Card, Coins, type Column, Empty, Facts, Id, Page, Table, Time } from "../../kit/index.ts";
import { chain as words } from "../../words/chain.ts";
import { callWords } from "./call-words.ts";
import { NetworkTabs } from "./network-tabs.tsx";
import { blockRoute } from "./route.ts";
import { share } from "./share.ts";
import { Who } from "./who.tsx";

type Call = ChainBlockJson["calls"][number];

const COLUMNS: readonly Column<Call>[] = [
  {
    key: "transaction",
    title: words.call.transaction,
    cell: ({ transaction }) => (
      <Link to="/network/transactions/$hash" params={{ hash: transaction }}>
        <Id of={transaction} />
      </Link>
    ),
  },
  { key: "what", title: words.call.what, cell: callWords },
  { key: "from", title: words.call.from, cell: ({ from }) => <Who address={from} /> },
  { key: "to", title: words.call.to, cell: ({ to }) => (to === null ? "—" : <Who address={to} />) },
  { key: "amount", title: words.call.amount, number: true, cell: ({ amount }) => <Coins of={amount} /> },
];

function Block() {
  const { number: asked } = blockRoute.useParams();
  const height = Number(asked);
  const navigate = useNavigate();
  const query = useQuery({ queryKey: ["chain", "block", height], queryFn: () => client.chain.block(height) });
  return (
    <Page
      title={words.block.title(height)}
      actions={
        <>
          {height > 0 ? (
            <Link className="button" to="/network/blocks/$number" params={{ number: String(height - 1) }}>
              {words.block.earlier}
            </Link>
          ) : null}
          <Link className="button" to="/network/blocks/$number" params={{ number: String(height + 1) }}>
            {words.block.later}
          </Link>
        </>
      }
    >
      <NetworkTabs />
      <Asked query={query}>
        {(block) => (
          <>
            <Card title={words.block.facts}>
              <Facts
                of={[
                  [words.block.hash, <code key="hash">{block.hash}</code>],
                  [words.block.time, <Time key="time" at={block.time} />],
                  [
                    words.block.gas,
                    words.blocks.ofLimit(number(BigInt(block.gasUsed)), share(block.gasUsed, block.gasLimit)),
                  ],
                ]}
              />
            </Card>
            <Card title={words.block.calls}>
              {block.calls.length === 0 ? (
                <Empty title={words.block.none.title}>{words.block.none.body}</Empty>
              ) : (
                <Table
                  label={words.block.calls}
                  columns={COLUMNS}
                  rows={block.calls}
                  rowKey={({ transaction }) => transaction}
                  onOpen={({ transaction }) =>
                    void navigate({ to: "/network/transactions/$hash", params: { hash: transaction } })
                  }
                />
              )}
            </Card>
            {block.calls.length < block.transactions ? (
              <p className="soft">{words.block.more(block.calls.length, block.transactions)}</p>
            ) : null}
          </>
        )}
      </Asked>
    </Page>
  );
}

export const page = createLazyRoute("/network/blocks/$number")({ component: Block });
