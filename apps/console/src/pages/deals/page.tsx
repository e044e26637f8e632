import type { DealJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useLocation, useNavigate } from "@tanstack/react-router";
import { type MouseEvent, useState } from "react";
import { client } from "../../api/client.ts";
import {
  Button,
  Card,
  type Column,
  Dialog,
  Empty,
  Id,
  Page,
  Problem,
  State,
  Table,
  toast,
  usePages,
  Waiting,
} from "../../kit/index.ts";
import { findNames, useFoundNames, useHasNames } from "../../names/names.ts";
import { deals as words } from "../../words/deals.ts";
import { ColumnChooser } from "./column-chooser.tsx";
import { columnsOf, FIRST_COLUMNS, readColumns, storeColumns, storedColumns } from "./columns.tsx";
import { DealLife } from "./deal-life.tsx";
import { dealQueryOf, exportUrl, isAsked } from "./deal-query.ts";
import { Filters, type Typed } from "./filters.tsx";
import { dealsRoute } from "./route.ts";

const ROWS = 200;
/** Packages that a name may be looked for in at once: their ids stand in the query. */
const MOST_NAMED = 150;

function Deals() {
  const search = dealsRoute.useSearch();
  const navigate = useNavigate({ from: "/deals" });
  const change = (next: Record<string, string | undefined>) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(
          Object.entries({ ...before, ...next }).filter(([, value]) => value !== undefined && value !== ""),
        ) as typeof before,
      hash: true,
      replace: true,
      resetScroll: false,
    });
  const canName = useHasNames();
  // Behind the `#`, which the gateway is not told: names are encrypted.
  const { hash } = useLocation();
  const name = nameOfHash(hash);
  const named = useFoundNames(canName ? name : undefined);
  const tooMany = named !== undefined && named.length > MOST_NAMED;
  const asked = dealQueryOf(search, tooMany ? undefined : named);
  const [typed, setTyped] = useState<Typed>({});
  const isEmptyName = named !== undefined && named.length === 0;
  const { query, rows, more } = usePages(
    ["deals", "list", asked, isEmptyName],
    async (after) =>
      isEmptyName
        ? { deals: [], next: null }
        : client.dealsPage({ limit: ROWS, ...asked, ...(after === undefined ? {} : { after }) }),
    ({ deals }) => deals,
  );
  const shown = readColumns(search.columns) ?? storedColumns() ?? FIRST_COLUMNS;
  const columns = withOpening(columnsOf(shown), (deal) => change({ deal }));
  // A file holds what the fields say, though the table may not show it yet.
  const download = async (event: MouseEvent, format: "csv" | "json") => {
    const isKnown = name === undefined || named !== undefined;
    if (isKnown && isAsked(typed, { search: search.search, name })) return;
    event.preventDefault();
    const { search: text = search.search, name: part = name } = typed;
    const ids = part === undefined || part.trim() === "" || !canName ? undefined : await findNames(part.trim());
    if (ids !== undefined && ids.length === 0) return toast(words.filters.noName);
    if (ids !== undefined && ids.length > MOST_NAMED) return toast(words.filters.tooMany(ids.length, MOST_NAMED));
    const { search: _, ...rest } = search;
    const link = document.createElement("a");
    link.href = exportUrl(format, dealQueryOf(text?.trim() ? { ...rest, search: text.trim() } : rest, ids));
    link.download = "";
    link.click();
  };
  const clear = () => setTyped({});
  const { sort = "proposed", order = sort === "proposed" ? "desc" : "asc" } = search;
  const filtered =
    name !== undefined ||
    Object.entries(search).some(
      ([key, value]) => value !== undefined && !["sort", "order", "columns", "deal"].includes(key),
    );
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <ColumnChooser
            shown={shown}
            onChange={(next) => {
              storeColumns(next === FIRST_COLUMNS ? undefined : next);
              change({ columns: next === FIRST_COLUMNS ? undefined : next.join(",") });
            }}
          />
          {/* Of nothing there is no file, and of names that are not read, or of more than can be asked for at once, none that says what was meant. */}
          {tooMany || isEmptyName || (name !== undefined && !canName)
            ? null
            : (["csv", "json"] as const).map((format) => (
                <a
                  key={format}
                  className="button"
                  href={exportUrl(format, asked)}
                  download
                  title={words.exportHint}
                  aria-describedby="export-names"
                  onClick={(event) => void download(event, format)}
                >
                  {words[format]}
                </a>
              ))}
        </>
      }
    >
      <p className="soft small" id="export-names">
        {words.exportNames}
      </p>
      <Card>
        <Filters
          value={{ ...search, ...(name === undefined ? {} : { name }) }}
          onChange={({ name: next, ...rest }) =>
            next === undefined
              ? change(rest)
              : void navigate({
                  search: (before) => before,
                  hash: next === "" ? "" : `name=${encodeURIComponent(next)}`,
                  replace: true,
                  resetScroll: false,
                })
          }
          canName={canName}
          typed={typed}
          onTyped={(part) => setTyped((before) => ({ ...before, ...part }))}
        />
        {name !== undefined && !canName ? <State mood="warn">{words.filters.nameLocked}</State> : null}
        {tooMany ? <State mood="warn">{words.filters.tooMany(named.length, MOST_NAMED)}</State> : null}
        {isEmptyName ? <State mood="off">{words.filters.noName}</State> : null}
        {filtered ? (
          <p className="row">
            {search.package === undefined ? null : (
              <Link to="/packages/$id" params={{ id: search.package }}>
                {words.life.package} <Id of={search.package} />
              </Link>
            )}
            <Link className="right" to="/deals" onClick={clear}>
              {words.filters.clear}
            </Link>
          </p>
        ) : null}
      </Card>
      <Card>
        {rows === undefined ? (
          query.error === null ? (
            <Waiting />
          ) : (
            <Problem error={query.error} again={() => void query.refetch()} />
          )
        ) : rows.length === 0 ? (
          filtered ? (
            <Empty
              title={words.nothingSo.title}
              action={
                <Link to="/deals" onClick={clear}>
                  {words.nothingSo.clear}
                </Link>
              }
            >
              {words.nothingSo.body}
            </Empty>
          ) : (
            <Empty title={words.empty.title}>{words.empty.body}</Empty>
          )
        ) : (
          <Table
            label={words.title}
            columns={columns}
            rows={rows}
            rowKey={({ deal }) => deal}
            sorting={{ by: sort, order }}
            onSort={({ by, order }) => change({ sort: by, order })}
            more={more}
            onOpen={({ deal }) => change({ deal })}
          />
        )}
      </Card>
      <Life id={search.deal} rows={rows} onClose={() => change({ deal: undefined })} />
    </Page>
  );
}

function nameOfHash(hash: string): string | undefined {
  const found = /^#?name=(.+)$/.exec(hash);
  try {
    return found === null ? undefined : decodeURIComponent(found[1]!);
  } catch {
    return undefined;
  }
}

/** The first column opens its row: a button is reached by keyboard and finger. */
function withOpening([first, ...rest]: Column<DealJson>[], open: (deal: string) => void): Column<DealJson>[] {
  if (first === undefined) return [];
  const { cell } = first;
  const opening = (deal: DealJson) =>
    first.title !== words.columns.deal ? (
      cell(deal)
    ) : (
      <Button kind="plain" className="link" aria-haspopup="dialog" onClick={() => open(deal.deal)}>
        {cell(deal)}
      </Button>
    );
  return [{ ...first, cell: opening }, ...rest];
}

/** A deal of the URL: of the rows that are shown, or asked for by itself. */
function Life({
  id,
  rows,
  onClose,
}: {
  id: string | undefined;
  rows: readonly DealJson[] | undefined;
  onClose: () => void;
}) {
  const here = rows?.find(({ deal }) => deal === id);
  const query = useQuery({
    queryKey: ["deals", "one", id],
    queryFn: () => client.dealsPage({ search: id!, limit: 1 }),
    enabled: id !== undefined && rows !== undefined && here === undefined,
  });
  const deal = here ?? query.data?.deals.find((one) => one.deal === id);
  return (
    <Dialog title={words.life.title} open={deal !== undefined && id !== undefined} onClose={onClose}>
      {deal === undefined ? null : <DealLife deal={deal} />}
    </Dialog>
  );
}

export const page = createLazyRoute("/deals")({ component: Deals });
