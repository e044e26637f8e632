import { type Download, forgetDownload, useDownloads } from "../../files/downloads.ts";
import { useFilesAway } from "../../files/files.ts";
import type { Trouble } from "../../files/messages.ts";
import { Button, Card, Problem, Progress, State } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";

/** What is being got, and what came of what was. */
export function Downloads() {
  const downloads = useDownloads();
  return downloads.length === 0 ? null : (
    <Card title={words.downloads.title}>
      <ul className="list downloads">
        {downloads.map((one) => (
          <li key={one.number}>
            <One download={one} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function One({ download }: { download: Download }) {
  const { number, name, plan, state, told, rate, error, troubles, folder, again, stop } = download;
  const away = useFilesAway();
  if (state === "running") {
    return (
      <>
        <Progress
          stage={away ? words.downloads.waiting(name) : words.downloads.running(name, told.path)}
          done={told.bytes}
          total={plan.bytes}
          rate={away ? undefined : rate}
          onStop={stop}
        />
        {plan.files > 1 ? <p className="soft">{words.downloads.files(told.files, plan.files)}</p> : null}
      </>
    );
  }
  const damaged = troubles.filter(({ why }) => why === "damaged").length;
  return (
    <>
      {state === "failed" ? (
        <>
          <State mood="bad">{words.downloads.failed(name)}</State>
          <Problem error={error} />
        </>
      ) : state === "stopped" ? (
        <State mood="off">{words.downloads.stopped(name)}</State>
      ) : damaged > 0 ? (
        <State mood="warn" next={words.downloads.next}>
          {words.downloads.part(name, damaged)}
        </State>
      ) : (
        <State mood="good">
          {told.files === 0 && folder !== undefined && troubles.some(({ why }) => why === "kept")
            ? words.downloads.there(name, folder)
            : words.downloads.done(name, told.files, told.bytes, folder)}
        </State>
      )}
      {troubles.length === 0 ? null : <Troubles troubles={troubles} isOpen={damaged > 0} />}
      <div className="row">
        {state === "done" && damaged === 0 ? null : <Button onClick={again}>{words.downloads.again}</Button>}
        <Button kind="plain" onClick={() => forgetDownload(number)}>
          {words.downloads.forget}
        </Button>
      </div>
    </>
  );
}

const Troubles = ({ troubles, isOpen }: { troubles: readonly Trouble[]; isOpen: boolean }) => (
  <details open={isOpen}>
    <summary>{words.downloads.troubles(troubles.length)}</summary>
    <ul className="troubles">
      {troubles.map(({ path, why, as, error }) => (
        <li key={`${path} ${why}`}>
          <code>{path}</code>: {words.downloads.why[why]}
          {as === undefined ? null : <> ({words.downloads.as(as)})</>}
          {error === undefined ? null : (
            <>
              : {error.message}. {error.next}
            </>
          )}
        </li>
      ))}
    </ul>
  </details>
);
