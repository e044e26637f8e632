import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { kit } from "../words/shell.ts";

export interface Column<T> {
  /** As the API's `sort` calls it, where it can be sorted by. */
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  number?: boolean;
  sortable?: boolean;
}

export interface Sorting {
  by: string;
  order: "asc" | "desc";
}

export interface TableProps<T> {
  /** Read out as the table's name. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  sorting?: Sorting | undefined;
  onSort?: (sorting: Sorting) => void;
  /** The next page of the list, where there is one; asked for as the end comes into view. */
  more?: { has: boolean; busy: boolean; load: () => void };
  /** Enter and a double click on a row. */
  onOpen?: (row: T) => void;
}

const ROW_PIXELS = 37;
const OVERSCAN = 12;

/** A table of any length: only the rows in view are in the document. The first column names its row. */
export function Table<T>({ label, columns, rows, rowKey, sorting, onSort, more, onOpen }: TableProps<T>) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PIXELS,
    overscan: OVERSCAN,
    getItemKey: (index) => rowKey(rows[index]!),
    // Before it is measured: as many rows as a screen has.
    initialRect: { width: 800, height: 800 },
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? -1;
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const wanted = more?.has === true && !more.busy && lastShown >= rows.length - 1 - OVERSCAN;
  const load = more?.load;
  useEffect(() => {
    if (wanted) load?.();
  }, [wanted, load]);

  const keys = (event: KeyboardEvent<HTMLTableRowElement>, row: T) => {
    if (event.target !== event.currentTarget) return;
    const beside = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key] as
      | "nextElementSibling"
      | "previousElementSibling"
      | undefined;
    if (beside !== undefined) {
      event.preventDefault();
      const other = event.currentTarget[beside];
      if (other instanceof HTMLElement) other.focus();
    } else if (event.key === "Enter") {
      onOpen?.(row);
    }
  };

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="table-scroll" ref={scroll} tabIndex={0} aria-label={label}>
        <table className="table" aria-label={label} aria-rowcount={more?.has === true ? -1 : rows.length + 1}>
          <thead>
            <tr>
              {columns.map(({ key, title, number, sortable }) => (
                <th
                  key={key}
                  scope="col"
                  className={number === true ? "number" : undefined}
                  aria-sort={sortOf(key, sorting)}
                >
                  {sortable === true && onSort !== undefined ? (
                    <button
                      type="button"
                      className="sort"
                      title={kit.sortBy(title)}
                      onClick={() =>
                        onSort({ by: key, order: sorting?.by === key && sorting.order === "asc" ? "desc" : "asc" })
                      }
                    >
                      {title}
                    </button>
                  ) : (
                    title
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Gap height={above} columns={columns.length} />
            {items.map(({ index, key }) => {
              const row = rows[index]!;
              return (
                <tr
                  key={key}
                  ref={virtual.measureElement}
                  data-index={index}
                  aria-rowindex={index + 2}
                  tabIndex={onOpen === undefined ? undefined : 0}
                  onKeyDown={(event) => keys(event, row)}
                  onDoubleClick={() => onOpen?.(row)}
                >
                  {columns.map(({ key: column, cell, number }, at) =>
                    at === 0 ? (
                      <th key={column} scope="row">
                        {cell(row)}
                      </th>
                    ) : (
                      <td key={column} className={number === true ? "number" : undefined}>
                        {cell(row)}
                      </td>
                    ),
                  )}
                </tr>
              );
            })}
            <Gap height={below} columns={columns.length} />
          </tbody>
        </table>
      </section>
      <p className="unseen" role="status">
        {kit.rows(rows.length, more?.has !== true)}
      </p>
    </>
  );
}

/** The height of what is not in the document; set by script, which the content security policy allows. */
function Gap({ height, columns }: { height: number; columns: number }) {
  const size = (cell: HTMLTableCellElement | null) => {
    if (cell !== null) cell.style.height = `${height}px`;
  };
  return height <= 0 ? null : (
    <tr className="gap">
      <td colSpan={columns} ref={size} />
    </tr>
  );
}

const sortOf = (key: string, sorting: Sorting | undefined) =>
  sorting?.by !== key ? undefined : sorting.order === "asc" ? "ascending" : "descending";
