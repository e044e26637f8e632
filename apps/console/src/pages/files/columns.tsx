import { endingOf, kindOf } from "../../files/kinds.ts";
import type { Row } from "../../files/messages.ts";
import { Bytes, type Column, Time } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";

const collator = new Intl.Collator(undefined, { numeric: true });
const rank = ({ kind }: Row) => (kind === "directory" ? 0 : 1);

/** Folders first, numbers in names as numbers. */
export const byName = (a: Row, b: Row): number => rank(a) - rank(b) || collator.compare(a.name, b.name);

export function typeWords(row: Pick<Row, "name" | "kind">): string {
  const kind = kindOf(row);
  const ending = row.kind === "file" ? endingOf(row.name).toUpperCase() : "";
  return words.kind(words.kinds[kind], ending);
}

type Compared<T> = Column<T> & { compare: (a: T, b: T) => number };

export const rowColumns = <T extends Row>(): readonly Compared<T>[] => [
  {
    key: "size",
    title: words.columns.size,
    number: true,
    sortable: true,
    cell: (row) => (row.kind === "symlink" ? null : <Bytes of={row.size} />),
    compare: (a, b) => a.size - b.size || byName(a, b),
  },
  {
    key: "modified",
    title: words.columns.modified,
    sortable: true,
    cell: ({ seconds }) => <Time at={seconds} />,
    compare: (a, b) => a.seconds - b.seconds || byName(a, b),
  },
  {
    key: "type",
    title: words.columns.type,
    sortable: true,
    cell: typeWords,
    compare: (a, b) => collator.compare(typeWords(a), typeWords(b)) || byName(a, b),
  },
];
