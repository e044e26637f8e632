import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { callFiles } from "../../files/files.ts";
import { kindOf } from "../../files/kinds.ts";
import type { Hit, Search } from "../../files/messages.ts";
import { hashOf, NOWHERE } from "../../files/place.ts";
import { goTo } from "../../files/use-place.ts";
import { Card, type Column, Problem, Waiting } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";
import { byName, rowColumns } from "./columns.tsx";
import { KindIcon } from "./icon.tsx";
import { Listing } from "./listing.tsx";

const MOST = 5_000;
const folderOf = ({ packageName, folder }: Hit) => [packageName, ...folder].join(" / ");
const COLUMNS: readonly (Column<Hit> & { compare: (a: Hit, b: Hit) => number })[] = [
  {
    key: "place",
    title: words.columns.place,
    sortable: true,
    cell: (hit) => <a href={`#${hashOf({ package: hit.package, path: hit.folder })}`}>{folderOf(hit)}</a>,
    compare: (a, b) => folderOf(a).localeCompare(folderOf(b)) || byName(a, b),
  },
  ...rowColumns<Hit>(),
];

const searchAll = (text: string, signal: AbortSignal, told: (found: Search) => void): Promise<Search> =>
  callFiles("search", { text, most: MOST }, { signal, told });

/** What is found by name in all packages, as one types. */
export function Found({ text }: { text: string }) {
  const [partly, setPartly] = useState<Search>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was found for other words is over
  useEffect(() => setPartly(undefined), [text]);
  const query = useQuery<Search>({
    queryKey: ["files", "search", text],
    queryFn: ({ signal }) => searchAll(text, signal, setPartly),
    gcTime: 0,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const found = query.isPlaceholderData ? (partly ?? query.data) : (query.data ?? partly);
  if (found === undefined) {
    return query.error === null ? <Waiting /> : <Problem error={query.error} again={() => void query.refetch()} />;
  }
  const { hits, total, names, read, of, unread } = found;
  return (
    <Card>
      <p role="status">{read < of ? words.search.reading(read, of) : words.search.found(hits.length, total, names)}</p>
      {unread.map(({ id, name, error }) => (
        <p key={id} className="soft">
          {words.search.unread(name)} {error.message}
        </p>
      ))}
      {hits.length === 0 ? null : (
        <Listing
          label={words.search.label}
          rows={hits}
          rowKey={(hit) => `${hit.package}/${hit.index}`}
          nameOf={({ name }) => name}
          itemOf={(hit) => ({ package: hit.package, index: hit.index })}
          columns={COLUMNS}
          compareNames={byName}
          name={(hit) => (
            <>
              <KindIcon kind={kindOf(hit)} />
              <a href={`#${hashOf(placeOf(hit))}`}>{hit.name}</a>
            </>
          )}
          onOpen={(hit) => goTo(placeOf(hit))}
          onUp={() => goTo(NOWHERE)}
          whole={undefined}
        />
      )}
    </Card>
  );
}

const placeOf = (hit: Hit) => ({ package: hit.package, path: hit.index === 0 ? [] : [...hit.folder, hit.name] });
