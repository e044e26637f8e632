import { Link } from "@tanstack/react-router";
import { coins } from "../../format/coins.ts";
import { exactTime } from "../../format/time.ts";
import { Act, Button, Card, Progress, State } from "../../kit/index.ts";
import type { Changes } from "../../uploads/changes-since.ts";
import type { Upload, Wanted } from "../../uploads/upload-list.ts";
import { begin, remove, stop } from "../../uploads/uploads.ts";
import { upload as words } from "../../words/upload.ts";
import { Failed } from "./failed.tsx";
import { FoundForm } from "./found-form.tsx";
import { OfferView } from "./offer-view.tsx";
import { Placing } from "./placing.tsx";

/** One upload, at whatever stage it is. */
export function UploadCard({ upload }: { upload: Upload }) {
  const { name, note, away, found, changes, stage } = upload;
  return (
    <Card title={name} actions={found === undefined ? undefined : <span className="soft">{foundWords(found)}</span>}>
      <div className="stack">
        {note === undefined || stage.at === "stored" ? null : <p className="soft">{note}</p>}
        {away ? <State mood="warn">{words.away}</State> : null}
        {changes === undefined ? null : <Different changes={changes} />}
        <AtStage upload={upload} />
      </div>
    </Card>
  );
}

/** What is not as it was picked, by name. */
function Different({ changes: { gone, changed, added } }: { changes: Changes }) {
  return (
    <>
      {gone.length === 0 ? null : (
        <State mood="warn" next={words.since.goneNext}>
          {words.since.gone(gone)}
        </State>
      )}
      {changed.length === 0 ? null : <State mood="warn">{words.since.changed(changed)}</State>}
      {added.length === 0 ? null : <State mood="warn">{words.since.added(added)}</State>}
    </>
  );
}

const foundWords = ({ files, folders, bytes }: NonNullable<Upload["found"]>) =>
  folders > 0 ? words.found(files, folders, bytes) : words.only(files, bytes);

function AtStage({ upload }: { upload: Upload }) {
  const { number, name, stage, wanted } = upload;
  const again = (what: Wanted | undefined) => (what === undefined ? undefined : () => begin(number, what));
  switch (stage.at) {
    case "looking":
      return (
        <div className="row">
          <p>{words.stages.looking}</p>
          <Act className="right" act={() => remove(number)}>
            {words.stop}
          </Act>
        </div>
      );
    case "found":
      return <FoundForm upload={upload} fault={stage.fault} />;
    case "queued":
    case "preparing":
    case "quoting":
      return (
        <div className="row">
          <p>{words.stages[stage.at]}</p>
          <Button className="right" onClick={() => stop(number)}>
            {words.stop}
          </Button>
        </div>
      );
    case "sending":
    case "committing":
      return (
        <Progress
          stage={words.stages[stage.at]}
          done={stage.done}
          total={stage.total === 0 ? undefined : stage.total}
          rate={stage.rate}
          onStop={() => stop(number)}
        />
      );
    case "offered":
      return <OfferView stage={stage} />;
    case "signing":
      return <p>{words.stages.signing}</p>;
    case "placing":
      return <Placing id={stage.id} />;
    case "reading":
      return <p>{words.stages.reading}</p>;
    case "stored":
      return <Stored upload={upload} stage={stage} />;
    case "discarded":
      return <Over number={number}>{words.stages.discarded}</Over>;
    case "stopped":
      return (
        <>
          <State mood="off" next={words.stages.stoppedNext}>
            {words.stages.stopped}
          </State>
          <div className="row">
            <Button kind="main" onClick={again(wanted)}>
              {words.goOn}
            </Button>
            <Act act={() => remove(number)}>{words.waiting.drop}</Act>
          </div>
        </>
      );
    case "failed":
      return <Failed error={stage.error} name={name} again={again(wanted)} onDrop={() => remove(number)} />;
  }
}

function Over({ number, children }: { number: number; children: string }) {
  return (
    <div className="row">
      <State mood="off">{children}</State>
      <Act className="right" act={() => remove(number)}>
        {words.dismiss}
      </Act>
    </div>
  );
}

function Stored({ upload, stage }: { upload: Upload; stage: Extract<Upload["stage"], { at: "stored" }> }) {
  const { name, offer, number } = upload;
  const { id, seconds, confirmed } = stage;
  return (
    <>
      <State mood="good">{words.stored(name)}</State>
      <p className="soft">
        {offer === undefined ? null : `${words.storedCost(coins(offer.plan.total), exactTime(offer.plan.endsAt))} `}
        {confirmed === undefined ? null : `${words.storedChecked(confirmed.places)} `}
        {words.took(seconds)}
      </p>
      <div className="row">
        <Link className="button" data-kind="main" to="/packages/$id" params={{ id }}>
          {words.open}
        </Link>
        <Act act={() => remove(number)}>{words.dismiss}</Act>
      </div>
    </>
  );
}
