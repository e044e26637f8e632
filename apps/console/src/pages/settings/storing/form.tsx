import { CairnError } from "@cairn/protocol/errors";
import { type FormEvent, useEffect, useState } from "react";
import { client } from "../../../api/client.ts";
import { queryClient } from "../../../api/query-client.ts";
import { Button, faultOf, Problem, State, toast } from "../../../kit/index.ts";
import { storing as words } from "../../../words/settings.ts";
import { Unsaved } from "../unsaved.tsx";
import { Conflict } from "./conflict.tsx";
import {
  changesOf,
  type Defaults,
  type Draft,
  draftOf,
  fieldOf,
  mine,
  readDraft,
  resetDraft,
  type Saved,
  withNotices,
} from "./draft.ts";
import { Fields } from "./fields.tsx";
import { PreviewCard, usePreview } from "./preview.tsx";

export interface StoringFormProps {
  saved: Saved;
  read: () => Promise<Saved>;
  defaults: Defaults;
}

/** The ten settings as a draft over what is saved: previewed as it stands, saved as a whole, and only over what was read. */
export function StoringForm({ saved, read, defaults }: StoringFormProps) {
  const [base, setBase] = useState(saved);
  const baseDraft = draftOf(base, defaults);
  const [draft, setDraft] = useState(baseDraft);
  const [size, setSize] = useState(2 ** 30);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [theirs, setTheirs] = useState<Saved>();
  const [note, setNote] = useState<string>();
  const found = readDraft(draft, base.settings, defaults, words);
  const changes = changesOf(draft, baseDraft);
  const preview = usePreview(found, defaults, size);

  const take = (next: Saved) => {
    setBase(next);
    setDraft(draftOf(next, defaults));
    setFault(undefined);
    setTheirs(undefined);
  };
  // What was saved elsewhere shows at once where nothing here would be lost by it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when something else was read
  useEffect(() => {
    if (saved === base || changes.length > 0) return;
    if (changesOf(draftOf(saved, defaults), baseDraft).length > 0) setNote(words.changedBelow);
    take(saved);
  }, [saved]);

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setFault(undefined);
    setNote(undefined);
  };
  const keep = (next: Saved) => {
    queryClient.setQueryData(["settings"], next.settings);
    queryClient.setQueryData(["settings", "storing"], next);
    take(next);
    setNote(words.saved(next.settings.version ?? 0));
    toast(words.toast);
  };

  async function save(what: Draft, over: Saved): Promise<void> {
    const wanted = readDraft(what, over.settings, defaults, words);
    if (Object.keys(wanted.faults).length > 0) return showFirstFault();
    setBusy(true);
    setFault(undefined);
    setNote(undefined);
    try {
      const now = await client.notices.settings();
      // These have no version of their own: what was read is held against what is there.
      if (changesOf(draftOf({ ...over, notices: now }, defaults), draftOf(over, defaults)).length > 0)
        return setTheirs(await read());
      const settings = await client.changeSettings(wanted.settings);
      const notices = withNotices(now, wanted.notices);
      const same = JSON.stringify(notices) === JSON.stringify(now);
      keep({ settings, notices: same ? now : await client.notices.changeSettings(notices) });
    } catch (error) {
      if (error instanceof CairnError && error.code === "settings-changed") setTheirs(await read());
      else {
        setFault(error);
        showFirstFault();
      }
    } finally {
      setBusy(false);
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) void save(draft, base);
  };

  // What is typed is said against first, then what the gateway has against it.
  const refused = fault ?? preview.error;
  const faultAt = (name: keyof Draft): string | undefined => {
    const own = found.faults[name];
    if (own !== undefined || !(refused instanceof CairnError)) return own;
    const field = fieldOf(refused.details?.field);
    const shown = field === "n" && draft.shape === "copies" ? "copies" : field;
    return shown === name ? faultOf(refused, String(refused.details?.field)) : undefined;
  };
  const placed = refused instanceof CairnError && fieldOf(refused.details?.field) !== undefined;
  return (
    <form className="settings-form" onSubmit={submit} noValidate>
      <Unsaved when={changes.length > 0} />
      <div className="settings-list">
        <Fields draft={draft} change={change} defaults={defaults} preview={preview.data} faultAt={faultAt} />
      </div>
      <aside className="settings-side">
        <PreviewCard preview={preview} size={size} onSize={setSize} unasked={Object.keys(found.faults).length > 0} />
        <section className="card stack save-bar" aria-label={words.save}>
          {fault === undefined || placed ? null : <Problem error={fault} />}
          <div role="status">
            {changes.length > 0 ? (
              <State mood="warn">{words.unsaved(changes.length)}</State>
            ) : (
              <State mood="good">{note ?? words.upToDate}</State>
            )}
          </div>
          <div className="row">
            <Button type="submit" kind="main" busy={busy} disabled={changes.length === 0}>
              {words.save}
            </Button>
            <Button disabled={changes.length === 0} onClick={() => take(base)}>
              {words.discard}
            </Button>
          </div>
          <Button
            kind="plain"
            onClick={() => {
              setDraft(resetDraft(defaults));
              setFault(undefined);
              toast(words.resetHint);
            }}
          >
            {words.reset}
          </Button>
        </section>
      </aside>
      <Conflict
        theirs={theirs === undefined ? undefined : draftOf(theirs, defaults)}
        yours={draft}
        base={baseDraft}
        onClose={() => setTheirs(undefined)}
        onTheirs={() => {
          if (theirs !== undefined) keepTheirs(theirs);
        }}
        onMine={async () => {
          if (theirs === undefined) return;
          const wanted = mine(draft, baseDraft, draftOf(theirs, defaults));
          setBase(theirs);
          setDraft(wanted);
          setTheirs(undefined);
          await save(wanted, theirs);
        }}
      />
    </form>
  );

  function keepTheirs(next: Saved) {
    queryClient.setQueryData(["settings"], next.settings);
    queryClient.setQueryData(["settings", "storing"], next);
    take(next);
    setNote(words.changedBelow);
  }
}

/** The keyboard goes where something is to be mended. */
function showFirstFault(): void {
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>(".settings-form [aria-invalid='true']");
    field?.focus();
  });
}
