import { useState } from "react";
import { shortId } from "../../../format/short-id.ts";
import { Button, Dialog } from "../../../kit/index.ts";
import { settings as all, storing } from "../../../words/settings.ts";
import { changesOf, type Draft } from "./draft.ts";

const words = storing.conflict;

export interface ConflictProps {
  /** What is saved now; undefined: there is none. */
  theirs: Draft | undefined;
  yours: Draft;
  /** What both began from. */
  base: Draft;
  onClose: () => void;
  onTheirs: () => void;
  onMine: () => Promise<void>;
}

/** Two browsers saved: what each has, and which is to hold. */
export function Conflict({ theirs, yours, base, onClose, onTheirs, onMine }: ConflictProps) {
  const [busy, setBusy] = useState(false);
  const named = theirs === undefined ? [] : changesOf(yours, theirs).filter((name) => name in storing.names);
  const touched = new Set(changesOf(yours, base));
  return (
    <Dialog title={words.title} open={theirs !== undefined} onClose={onClose}>
      {theirs === undefined ? null : (
        <div className="stack">
          <p>{words.body}</p>
          {named.length === 0 ? (
            <p>{words.same}</p>
          ) : (
            <div className="table-scroll">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{words.setting}</th>
                    <th scope="col">{words.yours}</th>
                    <th scope="col">{words.theirs}</th>
                  </tr>
                </thead>
                <tbody>
                  {named.map((name) => (
                    <tr key={name}>
                      <th scope="row">{storing.names[name]}</th>
                      <td>{touched.has(name) ? <b>{said(yours, name)}</b> : said(yours, name)}</td>
                      <td>{said(theirs, name)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          <p className="soft">{words.keepHint}</p>
          <div className="row">
            <Button onClick={onTheirs}>{words.takeTheirs}</Button>
            <Button
              kind="main"
              busy={busy}
              onClick={() => {
                setBusy(true);
                void onMine().finally(() => setBusy(false));
              }}
            >
              {words.keepMine}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

/** A value for a person. */
function said(draft: Draft, name: keyof Draft): string {
  const value = draft[name];
  if (typeof value === "boolean") return value ? storing.on : storing.off;
  if (Array.isArray(value))
    return value.length === 0 ? storing.none : value.map((one) => shortId(String(one))).join(", ");
  if (name === "expiry" || name === "low" || name === "balance") return all.frequency(String(value));
  if (name === "shape") return storing.copies.shapes[draft.shape];
  if (name === "where") return storing.where.wheres[draft.where];
  if (name === "rank") return storing.providers.ranks[draft.rank];
  return value === "" ? storing.none : String(value);
}
