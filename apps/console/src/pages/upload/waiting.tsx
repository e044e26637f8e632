import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type HeldOwner, openOwner } from "../../keys/keys.ts";
import { Button, Card, Problem, State, Time } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { type Begun, dropBegun, folderOf, listBegun } from "../../uploads/begun.ts";
import { countBegun } from "../../uploads/count-begun.ts";
import { Pick } from "../../uploads/pick.tsx";
import type { Taken } from "../../uploads/taken.ts";
import { useUploads } from "../../uploads/upload-list.ts";
import { goOn, takeThere } from "../../uploads/uploads.ts";
import { upload as words } from "../../words/upload.ts";

/** What waits for its folder. */
export function useBegun(address: string, enabled: boolean) {
  const under = useUploads().map(({ name, stage }) => `${name} ${stage.at}`);
  return useQuery({
    queryKey: ["begun", "list", address, under],
    queryFn: listBegun,
    enabled,
    staleTime: 0,
    retry: false,
  });
}

/** What was begun in this browser before this page was opened. */
export function Waiting({ held, open }: { held: HeldOwner; open: boolean }) {
  const under = useUploads().map(({ name, stage }) => `${name} ${stage.at}`);
  const count = useQuery({
    queryKey: ["begun", "count", held.address, under.length],
    queryFn: () => countBegun(held.address),
    staleTime: 0,
  });
  const begun = useBegun(held.address, open && (count.data ?? 0) > 0);
  const others = under.length === 0 ? (count.data ?? 0) : 0;
  if (!open) {
    return others === 0 ? null : (
      <Card title={words.waiting.title}>
        <div className="row">
          <State mood="warn" next={words.waiting.next}>
            {words.waiting.locked(others)}
          </State>
          <Button className="right" onClick={() => void openOwner("").catch(() => undefined)}>
            {words.waiting.unlock}
          </Button>
        </div>
      </Card>
    );
  }
  if (begun.data === undefined || begun.data.length === 0) return null;
  return (
    <Card title={words.waiting.title}>
      <ul className="list">
        {begun.data.map((one) => (
          <li key={one.wanted.name}>
            <One begun={one} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function One({ begun: { at, wanted, isFound, there } }: { begun: Begun }) {
  const [fault, setFault] = useState<unknown>();
  const on = (taken: Taken) => {
    setFault(undefined);
    goOn(taken, wanted).catch(setFault);
  };
  const found = () => {
    folderOf(wanted.name).then((taken) => (taken === undefined ? undefined : on(taken)), setFault);
  };
  const drop = () => {
    dropBegun(wanted.name).then(() => invalidate(["begun", "packages"]), setFault);
  };
  return (
    <div className="stack">
      <State mood="warn" next={words.waiting.next}>
        {words.waiting.body(wanted.name)} <Time at={at / 1000} />
      </State>
      <div className="row">
        {isFound || there !== undefined ? (
          <Button kind="main" onClick={there === undefined ? found : () => void takeThere(there, wanted)}>
            {words.waiting.goOn}
          </Button>
        ) : null}
        {there === undefined ? <Pick folder={words.waiting.again} files={false} onTaken={on} /> : null}
        <Button onClick={drop}>{words.waiting.drop}</Button>
      </div>
      {fault === undefined ? null : <Problem error={fault} />}
    </div>
  );
}
