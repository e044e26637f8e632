import type { DealJson } from "@cairn/client";
import { Link } from "@tanstack/react-router";
import { number } from "../../format/number.ts";
import { wordOf } from "../../format/word-of.ts";
import type { Mood } from "../../kit/index.ts";
import { Bytes, Coins, type Column, Id, State, Time } from "../../kit/index.ts";
import { Name } from "../../names/name.tsx";
import { deals as words } from "../../words/deals.ts";
import { checks } from "../../words/package-tabs.ts";

const MOODS: Record<string, Mood> = { PROPOSED: "warn", ACTIVE: "good", FAILED: "bad", EXPIRED: "bad" };

export const moodOfDeal = ({ state, silentSince }: Pick<DealJson, "state" | "silentSince">): Mood =>
  state === "ACTIVE" && silentSince !== null
    ? "warn"
    : ((Object.hasOwn(MOODS, state) ? MOODS[state] : undefined) ?? "off");

export const stateWords = ({ state, silentSince }: Pick<DealJson, "state" | "silentSince">): string =>
  state === "ACTIVE" && silentSince !== null ? words.silent : wordOf(words.states, state);

type Key = keyof typeof words.columns;
type Cell = Omit<Column<DealJson>, "key" | "title"> & {
  /** As the API's `sort` calls it. */
  sort?: string;
};

const cid = (value: string | null) => (value === null ? "—" : <Id of={value} />);

const CELLS: Record<Key, Cell> = {
  deal: { sort: "deal", cell: ({ deal }) => <Id of={deal} /> },
  name: {
    sort: "package",
    cell: ({ package: id, label }) =>
      id === null ? (
        "—"
      ) : (
        <Link to="/packages/$id" params={{ id }}>
          <Name of={{ id, label }} />
        </Link>
      ),
  },
  state: { sort: "state", cell: (deal) => <State mood={moodOfDeal(deal)}>{stateWords(deal)}</State> },
  provider: { sort: "provider", cell: ({ provider }) => <Id of={provider} /> },
  region: { sort: "region", cell: ({ region }) => region ?? "—" },
  bytes: { sort: "bytes", number: true, cell: ({ rawLength }) => <Bytes of={rawLength} /> },
  carBytes: {
    sort: "carBytes",
    number: true,
    cell: ({ pieceLength }) => (pieceLength === null ? "—" : <Bytes of={pieceLength} />),
  },
  created: { sort: "created", cell: ({ packageCreatedAt }) => <Time at={packageCreatedAt} /> },
  root: { sort: "root", cell: ({ root }) => cid(root) },
  piece: { sort: "piece", cell: ({ pieceCid }) => cid(pieceCid) },
  commitment: { sort: "commitment", cell: ({ shardCid, commitment }) => cid(shardCid ?? commitment) },
  dealCid: { sort: "dealCid", cell: ({ dealCid }) => cid(dealCid) },
  sealed: { cell: ({ sealedSector }) => (sealedSector === "not sealed" ? words.notSealed : cid(sealedSector)) },
  settings: {
    cell: ({ settings }) => (settings === null ? "—" : words.settingsShort(settings.k, settings.n, settings.days)),
  },
  price: { sort: "price", number: true, cell: ({ pricePerPeriod }) => <Coins of={pricePerPeriod} /> },
  escrow: { sort: "escrow", number: true, cell: ({ escrow }) => <Coins of={escrow} /> },
  paid: { sort: "paid", number: true, cell: ({ paid }) => <Coins of={paid} /> },
  proposed: { sort: "proposed", cell: ({ proposedAt }) => <Time at={proposedAt} /> },
  ends: { sort: "ends", cell: ({ endsAt }) => <Time at={endsAt} /> },
  endsBlock: { number: true, cell: ({ endsBlock }) => (endsBlock === null ? "—" : words.block(number(endsBlock))) },
  proved: { sort: "proved", cell: ({ lastProvedAt }) => <Time at={lastProvedAt} /> },
  checked: { sort: "checked", cell: ({ checkedAt }) => <Time at={checkedAt} /> },
  result: {
    sort: "result",
    cell: ({ checkResult }) => (checkResult === null ? "—" : wordOf(checks.results, checkResult)),
  },
  download: {
    cell: ({ package: id }) =>
      id === null ? (
        "—"
      ) : (
        <Link to="/packages/$id" params={{ id }} search={{ tab: "files" }}>
          {words.download}
        </Link>
      ),
  },
};

export type DealColumn = Key;
export const ALL_COLUMNS = Object.keys(CELLS) as Key[];
export const FIRST_COLUMNS: readonly Key[] = [
  ...([
    "deal",
    "name",
    "state",
    "provider",
    "region",
    "bytes",
    "escrow",
    "paid",
    "ends",
    "proved",
    "checked",
    "download",
  ] as const),
];

/** Columns of a table of deals, each keyed as the API sorts by it. */
export const columnsOf = (keys: readonly Key[]): Column<DealJson>[] =>
  keys.map((key) => {
    const { sort, ...cell } = CELLS[key];
    return { ...cell, key: sort ?? `unsorted-${key}`, title: words.columns[key], sortable: sort !== undefined };
  });

const STORED = "cairn-deal-columns";

/** Known columns of a list with commas, each once; undefined where none is. */
export function readColumns(text: string | null | undefined): Key[] | undefined {
  const known = [...new Set((text ?? "").split(","))].filter((one): one is Key =>
    (ALL_COLUMNS as string[]).includes(one),
  );
  return known.length === 0 ? undefined : known;
}

/** As the person chose in this browser. */
export function storedColumns(): Key[] | undefined {
  try {
    return readColumns(localStorage.getItem(STORED));
  } catch {
    return undefined;
  }
}

export function storeColumns(keys: readonly Key[] | undefined): void {
  try {
    if (keys === undefined) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, keys.join(","));
  } catch {
    // Storage may be forbidden.
  }
}
