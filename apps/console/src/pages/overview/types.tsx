import type { PackageJson } from "@cairn/client";
import { useEffect, useState } from "react";
import { bytes } from "../../format/bytes.ts";
import { number } from "../../format/number.ts";
import { openOwner, useKeysState } from "../../keys/keys.ts";
import { Button, Card, Problem, State } from "../../kit/index.ts";
import { overview } from "../../words/overview.ts";

const words = overview.types;
type Counts = Readonly<Record<string, { files: number; bytes: number }>>;

/** What kinds of files there are: only a browser with the key can tell, as the gateway knows no names. */
export function Types({ packages }: { packages: readonly PackageJson[] }) {
  const keys = useKeysState();
  const open = keys.at === "held" && keys.openUntil !== null;
  const [counts, setCounts] = useState<Counts>();
  const [fault, setFault] = useState<unknown>();
  useEffect(() => {
    if (!open) {
      setCounts(undefined);
      return;
    }
    let over = false;
    void (async () => {
      const [owner, { typesOf }] = await Promise.all([openOwner(words.why), import("@cairn/owner/types-of")]);
      const found = typesOf(
        owner,
        packages.filter(({ state }) => COUNTED.has(state)),
      );
      if (!over) setCounts(found);
    })().catch((error: unknown) => {
      if (!over) setFault(error);
    });
    return () => {
      over = true;
    };
  }, [open, packages]);
  return (
    <Card title={words.title}>
      <div className="stack">
        {keys.at !== "held" ? (
          <State mood="off">{words.none}</State>
        ) : !open ? (
          <>
            <State mood="off">{words.locked}</State>
            <div className="row">
              <Button onClick={() => void openOwner(words.why).catch(() => undefined)}>{words.unlock}</Button>
            </div>
          </>
        ) : counts === undefined ? null : (
          <Shown counts={counts} />
        )}
        {fault === undefined ? null : <Problem error={fault} />}
      </div>
    </Card>
  );
}

/** Stored, with all that it needs or less. */
const COUNTED = new Set(["STORED", "DEGRADED", "REPAIRING"]);

function Shown({ counts }: { counts: Counts }) {
  const rows = Object.entries(counts);
  const most = rows.reduce((before, [, one]) => Math.max(before, one.bytes), 1);
  if (rows.length === 0) return <p className="soft">{words.empty}</p>;
  return (
    <table className="table" aria-label={words.title}>
      <thead>
        <tr>
          <th scope="col">{words.type}</th>
          <th scope="col" className="number">
            {words.files}
          </th>
          <th scope="col" className="number">
            {words.bytes}
          </th>
          <th scope="col">
            <span className="unseen">{words.share}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([type, one]) => (
          <tr key={type}>
            <th scope="row">{type === "other" ? words.other : type}</th>
            <td className="number">{number(one.files)}</td>
            <td className="number" title={`${one.bytes} B`}>
              {bytes(one.bytes)}
            </td>
            <td>
              <svg className="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect width={Math.max(1, (one.bytes / most) * 100)} height="8" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
