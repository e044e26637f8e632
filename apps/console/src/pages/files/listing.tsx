import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { type Clash, canChooseFolder, downloadInto, downloadItems } from "../../files/downloads.ts";
import type { Item } from "../../files/messages.ts";
import { Button, type Column, Problem, type Sorting, Table } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";
import { ClashDialog } from "./clash-dialog.tsx";

export interface ListingProps<T> {
  label: string;
  rows: readonly T[];
  rowKey: (row: T) => string;
  nameOf: (row: T) => string;
  itemOf: (row: T) => Item | undefined;
  /** Beside the name's: the first column is made here. */
  columns: readonly (Column<T> & { compare?: (a: T, b: T) => number })[];
  compareNames: (a: T, b: T) => number;
  name: (row: T) => ReactNode;
  onOpen: (row: T) => void;
  /** Escape, with nothing selected. */
  onUp: (() => void) | undefined;
  /** What "download all" gets; nothing to offer without it. */
  whole: { items: readonly Item[]; words: string } | undefined;
  sorting?: Sorting;
  /** At the left of the buttons. */
  note?: ReactNode;
  /** The row that is gone to when the listing appears. */
  focusOn?: ((row: T) => boolean) | undefined;
}

/** Files and folders as a table: sorted, selected, opened and downloaded, all of it by keyboard, too. */
export function Listing<T>(props: ListingProps<T>) {
  const { label, rows, rowKey, nameOf, itemOf, columns, compareNames, name, onOpen, onUp, whole, note } = props;
  const [sorting, setSorting] = useState<Sorting>(props.sorting ?? { by: "name", order: "asc" });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [clash, setClash] = useState<Clash>();
  const [fault, setFault] = useState<unknown>();
  const box = useRef<HTMLDivElement>(null);

  const compare = sorting.by === "name" ? compareNames : columns.find(({ key }) => key === sorting.by)?.compare;
  const sorted = useMemo(() => {
    const list = [...rows].sort(compare ?? compareNames);
    return sorting.order === "desc" ? list.reverse() : list;
  }, [rows, compare, compareNames, sorting.order]);

  // Whoever came by keyboard goes on from here.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it appears
  useEffect(() => {
    const active = document.activeElement;
    if (active !== null && active !== document.body && !active.matches("h1, main")) return;
    const at = props.focusOn === undefined ? 0 : Math.max(0, sorted.findIndex(props.focusOn));
    const row = box.current?.querySelector<HTMLElement>(`tr[data-index="${at}"]`) ?? undefined;
    row?.focus({ preventScroll: at === 0 });
  }, []);

  const toggle = (row: T) => {
    const key = rowKey(row);
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    setSelected(next);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.closest("dialog") !== null) return;
    const index = (event.target as HTMLElement).closest?.("tr[data-index]")?.getAttribute("data-index");
    const row = index === null || index === undefined ? undefined : sorted[Number(index)];
    if (event.key === " " && row !== undefined && event.target instanceof HTMLTableRowElement) {
      event.preventDefault();
      if (itemOf(row) !== undefined) toggle(row);
    } else if (event.key === "Escape" || (event.key === "Backspace" && !(event.target instanceof HTMLInputElement))) {
      if (selected.size > 0) setSelected(new Set());
      else if (onUp !== undefined) onUp();
    }
  };
  const chosen = sorted.filter((row) => selected.has(rowKey(row))).flatMap((row) => itemOf(row) ?? []);
  const items = chosen.length > 0 ? chosen : (whole?.items ?? []);
  const get = (how: (items: readonly Item[]) => Promise<void>) => {
    setFault(undefined);
    how(items).catch(setFault);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is inside
    <div className="files" ref={box} onKeyDown={keys}>
      <div className="files-bar">
        <div className="files-note">{chosen.length > 0 ? words.selected(chosen.length) : note}</div>
        {chosen.length > 0 ? <Button onClick={() => setSelected(new Set())}>{words.clear}</Button> : null}
        {items.length === 0 ? null : (
          <>
            <Button kind="main" onClick={() => get((list) => downloadItems(list))}>
              {chosen.length > 0 ? words.download : whole?.words}
            </Button>
            {canChooseFolder() ? (
              <Button onClick={() => get((list) => downloadInto(list, setClash))}>{words.into}</Button>
            ) : null}
          </>
        )}
      </div>
      {fault === undefined ? null : <Problem error={fault} />}
      <ClashDialog clash={clash} onClose={() => setClash(undefined)} />
      <Table
        label={label}
        columns={[
          {
            key: "name",
            title: words.columns.name,
            sortable: true,
            cell: (row) => (
              <span className="file-name">
                <input
                  type="checkbox"
                  tabIndex={-1}
                  aria-label={words.select(nameOf(row))}
                  disabled={itemOf(row) === undefined}
                  checked={selected.has(rowKey(row))}
                  onChange={() => toggle(row)}
                />
                {name(row)}
              </span>
            ),
          },
          ...columns,
        ]}
        rows={sorted}
        rowKey={rowKey}
        sorting={sorting}
        onSort={setSorting}
        onOpen={onOpen}
      />
      <p className="soft files-hint">{words.hint}</p>
    </div>
  );
}
