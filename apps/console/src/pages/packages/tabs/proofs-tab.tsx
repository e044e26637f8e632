import type { DealProofsJson } from "@cairn/client";
import { highest, lowest } from "@cairn/core/extremes";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { number } from "../../../format/number.ts";
import { exactTime } from "../../../format/time.ts";
import { wordOf } from "../../../format/word-of.ts";
import { Asked, Button, Card, type Column, Dialog, Empty, Id, State, Table } from "../../../kit/index.ts";
import { proofs as words } from "../../../words/package-tabs.ts";
import { copies } from "../../../words/packages.ts";
import type { TabProps } from "../package-page.tsx";
import { ProofLine } from "../proof-line.tsx";

/** Outcomes that a span is good by, and those that are held against nobody. */
const GOOD = new Set(["proved", "chain"]);
const NEUTRAL = new Set(["off-duty", "pending", "void", "mixed", "held", "unheard"]);
const moodOfSpan = (outcome: string) => (GOOD.has(outcome) ? "good" : NEUTRAL.has(outcome) ? "off" : "bad");

const sum = (of: DealProofsJson, figure: "counted" | "proved") =>
  of.spans.reduce((total, span) => total + span[figure], 0);

/** What each period of each deal came to. */
export default function ProofsTab({ found: { id } }: TabProps) {
  const network = useQuery({
    queryKey: ["network"],
    queryFn: () => client.network(),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const period = network.data?.deployment.periodSeconds;
  const query = useQuery({
    queryKey: ["package", id, "proofs"],
    queryFn: () => client.proofs.ofPackage(id),
    // A proof that comes as it should is no event.
    refetchInterval: period === undefined ? false : period * 1000,
  });
  const [open, setOpen] = useState<string>();
  return (
    <Asked query={query}>
      {(deals) => {
        const spans = deals.flatMap((deal) => deal.spans);
        if (spans.length === 0) {
          return (
            <Card>
              <Empty title={words.empty.title}>{words.empty.body}</Empty>
            </Card>
          );
        }
        const from = lowest(spans.map(({ since }) => since));
        const until = highest(spans.map((span) => span.until));
        const shown = deals.find(({ deal }) => deal === open);
        return (
          <>
            <p className="soft">{words.lead}</p>
            <Legend outcomes={new Set(spans.map(({ outcome }) => outcome))} />
            <Card title={words.since(exactTime(from), exactTime(until))}>
              <Table
                label={words.title}
                columns={columns({ from, until, open: setOpen })}
                rows={deals.toSorted((a, b) => a.piece - b.piece || a.shard - b.shard || a.deal.localeCompare(b.deal))}
                rowKey={({ deal }) => deal}
                onOpen={({ deal }) => setOpen(deal)}
              />
            </Card>
            <Dialog
              title={shown === undefined ? "" : words.of(copies.where(shown.shard, shown.piece))}
              open={shown !== undefined}
              onClose={() => setOpen(undefined)}
            >
              {shown === undefined ? null : <Spans of={shown} />}
            </Dialog>
          </>
        );
      }}
    </Asked>
  );
}

const columns = (of: {
  from: number;
  until: number;
  open: (deal: string) => void;
}): readonly Column<DealProofsJson>[] => [
  {
    key: "deal",
    title: words.columns.deal,
    cell: ({ shard, piece, deal }) => (
      <Button kind="plain" title={deal} onClick={() => of.open(deal)} aria-haspopup="dialog">
        {copies.where(shard, piece)}
      </Button>
    ),
  },
  { key: "provider", title: words.columns.provider, cell: ({ provider }) => <Id of={provider} /> },
  {
    key: "line",
    title: words.columns.line,
    cell: (deal) => (
      <ProofLine
        spans={deal.spans}
        from={of.from}
        until={of.until}
        label={words.provedOf(sum(deal, "proved"), sum(deal, "counted"))}
      />
    ),
  },
  {
    key: "proved",
    title: words.columns.proved,
    number: true,
    cell: (deal) => words.provedOf(sum(deal, "proved"), sum(deal, "counted")),
  },
  {
    key: "last",
    title: words.columns.last,
    cell: ({ spans }) => {
      const last = spans.findLast(({ outcome }) => outcome !== "pending");
      return last === undefined ? (
        "—"
      ) : (
        <State mood={moodOfSpan(last.outcome)}>{wordOf(words.outcomes, last.outcome)}</State>
      );
    },
  },
];

const Legend = ({ outcomes }: { outcomes: ReadonlySet<string> }) => (
  <ul className="legend">
    {Object.entries(words.outcomes).map(([outcome, said]) =>
      outcomes.has(outcome) ? (
        <li key={outcome} data-outcome={outcome}>
          {said}
        </li>
      ) : null,
    )}
  </ul>
);

const Spans = ({ of }: { of: DealProofsJson }) => (
  <div className="table-scroll">
    <table className="table small">
      <thead>
        <tr>
          <th scope="col">{words.spans.when}</th>
          <th scope="col">{words.spans.outcome}</th>
          <th scope="col" className="number">
            {words.spans.periods}
          </th>
          <th scope="col" className="number">
            {words.spans.proved}
          </th>
        </tr>
      </thead>
      <tbody>
        {of.spans.toReversed().map(({ from, to, since, until, outcome, counted, proved }) => (
          <tr key={from}>
            <th scope="row">{words.since(exactTime(since), exactTime(until))}</th>
            <td>
              <State mood={moodOfSpan(outcome)}>{wordOf(words.outcomes, outcome)}</State>
            </td>
            <td className="number">{number(to - from + 1)}</td>
            <td className="number">{counted === 0 ? "—" : words.provedOf(proved, counted)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
