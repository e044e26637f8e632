import { Link } from "@tanstack/react-router";
import type { FilePackage } from "../../files/messages.ts";
import { hashOf } from "../../files/place.ts";
import { goTo } from "../../files/use-place.ts";
import { number } from "../../format/number.ts";
import { Bytes, Card, type Column, Empty, Time } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";
import { KindIcon } from "./icon.tsx";
import { Listing } from "./listing.tsx";

const collator = new Intl.Collator(undefined, { numeric: true });
const byName = (a: FilePackage, b: FilePackage) => collator.compare(a.name, b.name) || b.createdAt - a.createdAt;

const COLUMNS: readonly (Column<FilePackage> & { compare: (a: FilePackage, b: FilePackage) => number })[] = [
  {
    key: "size",
    title: words.columns.size,
    number: true,
    sortable: true,
    cell: ({ bytes }) => <Bytes of={bytes} />,
    compare: (a, b) => a.bytes - b.bytes,
  },
  {
    key: "files",
    title: words.columns.files,
    number: true,
    sortable: true,
    cell: ({ files }) => number(files),
    compare: (a, b) => a.files - b.files,
  },
  {
    key: "stored",
    title: words.columns.stored,
    sortable: true,
    cell: ({ createdAt }) => <Time at={createdAt} />,
    compare: (a, b) => a.createdAt - b.createdAt,
  },
];

/** All packages, as the folders that they were. */
export function Top({ packages }: { packages: readonly FilePackage[] }) {
  const shown = packages.filter(({ isReadable, state }) => isReadable || !OVER.has(state));
  if (shown.length === 0) {
    return (
      <Card>
        <Empty
          title={words.empty.title}
          action={
            <Link className="button" data-kind="main" to="/upload">
              {words.empty.action}
            </Link>
          }
        >
          {words.empty.body}
        </Empty>
      </Card>
    );
  }
  const readable = shown.filter(({ isReadable }) => isReadable);
  const sum = readable.reduce((all, { files, bytes }) => ({ files: all.files + files, bytes: all.bytes + bytes }), {
    files: 0,
    bytes: 0,
  });
  return (
    <Card>
      <Listing
        label={words.title}
        rows={shown}
        rowKey={({ id }) => id}
        nameOf={({ name }) => name}
        itemOf={({ id, isReadable }) => (isReadable ? { package: id, index: 0 } : undefined)}
        columns={COLUMNS}
        compareNames={byName}
        name={({ id, name, role, isReadable, doubt }) => (
          <>
            <KindIcon kind="package" />
            {isReadable ? <a href={`#${hashOf({ package: id, path: [] })}`}>{name}</a> : <span>{name}</span>}
            {role === null ? null : <span className="soft">{words.role[role]}</span>}
            {isReadable ? null : (
              <span className="soft">{doubt === null ? words.notReadable : words.doubts[doubt]}</span>
            )}
          </>
        )}
        onOpen={({ id, isReadable }) => (isReadable ? goTo({ package: id, path: [] }) : undefined)}
        onUp={undefined}
        whole={undefined}
        note={words.total(sum.files, sum.bytes)}
      />
    </Card>
  );
}

/** States of which nothing is left to show here. */
const OVER: ReadonlySet<string> = new Set(["REMOVED", "ABANDONED", "EXPIRED"]);
