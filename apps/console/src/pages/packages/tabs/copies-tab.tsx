import type { DealJson, PackageDetailJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../../api/client.ts";
import { wordOf } from "../../../format/word-of.ts";
import { Asked, Bytes, Card, type Column, Empty, Id, State, Table, Time } from "../../../kit/index.ts";
import { checks } from "../../../words/package-tabs.ts";
import { slots, copies as words } from "../../../words/packages.ts";
import type { TabProps } from "../package-page.tsx";

type Copy = PackageDetailJson["slots"][number] & { agreed: DealJson | undefined };

const COLUMNS: readonly Column<Copy>[] = [
  { key: "where", title: words.columns.where, cell: ({ shard, piece }) => words.where(shard, piece) },
  {
    key: "state",
    title: words.columns.state,
    cell: ({ state, cause, agreed }) => (
      <State mood={state === "ACTIVE" ? (agreed?.silentSince ? "warn" : "good") : "warn"}>
        <span title={cause ?? undefined}>
          {state === "ACTIVE" && agreed?.silentSince ? words.silent : wordOf(slots, state)}
        </span>
      </State>
    ),
  },
  {
    key: "provider",
    title: words.columns.provider,
    cell: ({ provider }) => (provider === null ? "—" : <Id of={provider} />),
  },
  { key: "country", title: words.columns.country, cell: ({ agreed }) => agreed?.region ?? "—" },
  { key: "size", title: words.columns.size, number: true, cell: ({ rawLength }) => <Bytes of={rawLength} /> },
  { key: "since", title: words.columns.since, cell: ({ agreed }) => <Time at={agreed?.activatedAt ?? null} /> },
  { key: "proved", title: words.columns.proved, cell: ({ agreed }) => <Time at={agreed?.lastProvedAt ?? null} /> },
  {
    key: "checked",
    title: words.columns.checked,
    cell: ({ agreed }) =>
      agreed === undefined || agreed.checkedAt === null ? (
        "—"
      ) : (
        <>
          {wordOf(checks.results, agreed.checkResult ?? "")} <Time at={agreed.checkedAt} />
        </>
      ),
  },
];

/** Who holds what, shard by shard. */
export default function CopiesTab({ found }: TabProps) {
  const { id } = found;
  const query = useQuery({ queryKey: ["deals", "of", id], queryFn: () => client.deals({ package: id }) });
  return (
    <Card title={words.title}>
      {found.slots.length === 0 ? (
        <Empty title={words.empty.title}>{words.empty.body}</Empty>
      ) : (
        <Asked query={query}>
          {(deals) => {
            const byId = new Map(deals.map((deal) => [deal.deal, deal]));
            const rows = found.slots.map((slot) => ({ ...slot, agreed: byId.get(slot.deal ?? "") }));
            return (
              <Table
                label={words.title}
                columns={COLUMNS}
                rows={rows}
                rowKey={({ piece, shard }) => `${piece}-${shard}`}
              />
            );
          }}
        </Asked>
      )}
    </Card>
  );
}
