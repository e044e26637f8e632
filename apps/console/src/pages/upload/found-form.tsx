import type { NetworkJson, SettingsJson } from "@cairn/client";
import type { CairnError } from "@cairn/protocol/errors";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { useKeysState } from "../../keys/keys.ts";
import { Act, Asked, Button, Field, Form, State } from "../../kit/index.ts";
import type { Upload } from "../../uploads/upload-list.ts";
import { begin, remove } from "../../uploads/uploads.ts";
import { adviceOf } from "../../words/advice.ts";
import { upload as words } from "../../words/upload.ts";
import { useBegun } from "./waiting.tsx";

/** What was found: its name, for how long and how it is kept, and the word to begin. */
export function FoundForm({ upload, fault }: { upload: Upload; fault: CairnError | undefined }) {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => client.settings() });
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  return (
    <>
      {upload.found === undefined || upload.found.kinds.length < 1 ? null : (
        <p className="soft">
          {upload.found.kinds.map(({ kind, files, bytes }) => words.kind(words.kinds[kind](files), bytes)).join(", ")}
        </p>
      )}
      <p className="soft">{words.untold}</p>
      <Asked query={settings}>
        {(chosen) => (
          <Asked query={network}>
            {({ defaults }) => <Ready upload={upload} fault={fault} settings={chosen} defaults={defaults} />}
          </Asked>
        )}
      </Asked>
    </>
  );
}

function Ready(props: {
  upload: Upload;
  fault: CairnError | undefined;
  settings: SettingsJson;
  defaults: NetworkJson["defaults"];
}) {
  const { upload, fault, settings, defaults } = props;
  const k = settings.k ?? defaults.k;
  const n = settings.n ?? defaults.n;
  const [name, setName] = useState(upload.name);
  const [days, setDays] = useState(String(upload.wanted?.days ?? settings.days ?? defaults.days));
  const [replace, setReplace] = useState(upload.wanted?.replace ?? false);
  const taken = fault?.code === "name-taken";
  const submit = async () => {
    const placement = settings.placement ?? {};
    begin(upload.number, { name: name.trim(), k, n, days: Number(days), placement, replace });
  };
  return (
    <Form onSubmit={submit}>
      {({ busy }) => (
        <>
          <div className="columns">
            <Field
              label={words.name}
              hint={words.nameHint}
              value={name}
              maxLength={255}
              fault={fault === undefined ? undefined : `${fault.message}. ${taken ? "" : (adviceOf(fault) ?? "")}`}
              onChange={(event) => setName(event.target.value)}
            />
            <Field
              label={words.days}
              hint={words.daysHint}
              type="number"
              min={1}
              max={3650}
              step="any"
              value={days}
              onChange={(event) => setDays(event.target.value)}
            />
          </div>
          {taken || replace ? (
            <label className="check">
              <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.target.checked)} />
              <span>
                {words.replace}. <span className="soft">{words.replaceHint}</span>
              </span>
            </label>
          ) : null}
          <GoesOn name={name.trim()} />
          <p>
            {words.shape(k, n)} <Link to="/settings">{words.shapeChange}</Link>
          </p>
          <div className="row">
            <Button type="submit" kind="main" busy={busy} disabled={name.trim() === "" || !(Number(days) > 0)}>
              {words.start}
            </Button>
            <Act act={() => remove(upload.number)}>{words.cancel}</Act>
            <span className="soft">{words.startNote}</span>
          </div>
        </>
      )}
    </Form>
  );
}

/** That it goes on with an upload that waits under this name; an open key knows which do. */
function GoesOn({ name }: { name: string }) {
  const keys = useKeysState();
  const begun = useBegun(keys.at === "held" ? keys.held.address : "", keys.at === "held" && keys.openUntil !== null);
  const waits = begun.data?.some(({ wanted }) => wanted.name === name) ?? false;
  return waits ? <State mood="good">{words.waiting.goesOn}</State> : null;
}
