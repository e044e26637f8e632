import { useState } from "react";
import { Button, Dialog } from "../../kit/index.ts";
import { deals as words } from "../../words/deals.ts";
import { ALL_COLUMNS, type DealColumn, FIRST_COLUMNS } from "./columns.tsx";

/** Which columns a table of deals has; the first, a deal's id, stays. */
export function ColumnChooser({
  shown,
  onChange,
}: {
  shown: readonly DealColumn[];
  onChange: (columns: readonly DealColumn[]) => void;
}) {
  const [open, setOpen] = useState(false);
  const toggle = (column: DealColumn, on: boolean) =>
    onChange(ALL_COLUMNS.filter((one) => (one === column ? on : shown.includes(one))));
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {words.choose}
      </Button>
      <Dialog title={words.chosen} open={open} onClose={() => setOpen(false)}>
        <fieldset className="choices">
          <legend className="unseen">{words.chosen}</legend>
          {ALL_COLUMNS.filter((one) => one !== "deal").map((column) => (
            <label key={column}>
              <input
                type="checkbox"
                checked={shown.includes(column)}
                onChange={(event) => toggle(column, event.target.checked)}
              />
              {words.columns[column]}
            </label>
          ))}
        </fieldset>
        <div className="actions">
          <Button onClick={() => onChange(FIRST_COLUMNS)}>{words.asFirst}</Button>
          <Button kind="main" onClick={() => setOpen(false)}>
            {words.done}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
