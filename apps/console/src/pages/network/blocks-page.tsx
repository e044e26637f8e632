import type { ChainBlocksJson } from "@cairn/client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { number } from "../../format/number.ts";
import { Asked, Card, type Column, Empty, Id, Page, Table, Time } from "../../kit/index.ts";
import { chain } from "../../words/chain.ts";
import { NetworkTabs } from "./network-tabs.tsx";
import { blocksRoute } from "./route.ts";
import { share } from "./share.ts";

const words = chain.blocks;
const PAGE = 50;
/** The chain tells nobody of its blocks: while the newest are shown they are asked for. */
const LIVE_MILLISECONDS = 2_000;

const COLUMNS: readonly Column<ChainBlocksJson["blocks"][number]>[] = [
  {
    key: "number",
    title: words.number,
    cell: ({ number: height }) => (
      <Link to="/network/blocks/$number" params={{ number: String(height) }}>
        {number(height)}
      </Link>
    ),
  },
  { key: "time", title: words.time, cell: ({ time }) => <Time at={time} /> },
  {
    key: "transactions",
    title: words.transactions,
    number: true,
    cell: ({ transactions }) => (transactions === 0 ? <span className="soft">0</span> : <b>{transactions}</b>),
  },
  {
    key: "gas",
    title: words.gas,
    number: true,
    cell: ({ gasUsed, gasLimit }) => words.ofLimit(number(BigInt(gasUsed)), share(gasUsed, gasLimit)),
  },
  { key: "hash", title: words.hash, cell: ({ hash }) => <Id of={hash} /> },
];

function Blocks() {
  const { before } = blocksRoute.useSearch();
  const navigate = useNavigate();
  const below = before !== undefined && /^\d{1,15}$/.test(before) ? Number(before) : undefined;
  const query = useQuery({
    queryKey: ["chain", "blocks", below ?? "newest"],
    queryFn: () => client.chain.blocks({ limit: PAGE, ...(below === undefined ? {} : { before: below }) }),
    refetchInterval: below === undefined ? LIVE_MILLISECONDS : false,
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={words.title} lead={words.lead}>
      <NetworkTabs />
      <Asked query={query}>
        {({ head, blocks, next }) => (
          <>
            <div className="row">
              <span>{below === undefined ? words.live(head) : words.before(below)}</span>
              <span className="row right">
                {below === undefined ? null : <Link to="/network/blocks">{words.newest}</Link>}
                {next === null ? null : (
                  <Link to="/network/blocks" search={{ before: String(next) }}>
                    {words.older}
                  </Link>
                )}
              </span>
            </div>
            <Card>
              {blocks.length === 0 ? (
                <Empty title={words.empty.title}>{words.empty.body}</Empty>
              ) : (
                <Table
                  label={words.title}
                  columns={COLUMNS}
                  rows={blocks}
                  rowKey={(block) => String(block.number)}
                  onOpen={(block) =>
                    void navigate({ to: "/network/blocks/$number", params: { number: String(block.number) } })
                  }
                />
              )}
            </Card>
          </>
        )}
      </Asked>
    </Page>
  );
}

export const page = createLazyRoute("/network/blocks")({ component: Blocks });
