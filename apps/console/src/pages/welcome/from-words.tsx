import { useState } from "react";
import type { BroughtBack } from "../../keys/restore.ts";
import { Button, Field, Form, State, Time } from "../../kit/index.ts";
import { useWho } from "../../session/session.ts";
import { restore as words } from "../../words/phrase.ts";

/** Everything comes back by the words on the paper. @param onBack told once, what has */
export function FromWords({ onBack }: { onBack: (back: BroughtBack) => void }) {
  const who = useWho();
  const [written, setWritten] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [step, setStep] = useState<string>();
  const submit = async () => {
    try {
      const { restoreByPhrase } = await import("../../keys/restore.ts");
      onBack(await restoreByPhrase(who.account, { written, passphrase }, setStep));
    } finally {
      setStep(undefined);
    }
  };
  return (
    <Form onSubmit={submit}>
      {({ busy }) => (
        <>
          <p>{words.body}</p>
          <Field
            label={words.written}
            autoComplete="off"
            spellCheck={false}
            value={written}
            onChange={(event) => setWritten(event.target.value)}
          />
          <Field
            label={words.passphrase}
            hint={words.passphraseHint}
            type="password"
            autoComplete="new-password"
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
          />
          {step === undefined ? null : <p role="status">{step}</p>}
          <div className="row">
            <Button type="submit" kind="main" busy={busy} disabled={written.trim() === "" || passphrase === ""}>
              {words.action}
            </Button>
          </div>
        </>
      )}
    </Form>
  );
}

export function Restored({ back: { storedAt, wallets, packages, failed, settings } }: { back: BroughtBack }) {
  return (
    <>
      <State mood="good">{words.done(wallets, packages)}</State>
      <p>
        {words.stored} <Time at={storedAt} />. {words.storedNote}
      </p>
      {failed.length === 0 ? null : (
        <State mood="warn" next={words.failedNext}>
          {words.failed(failed.length, failed[0]!)}
        </State>
      )}
      {settings === undefined ? null : (
        <State mood="warn" next={settings.next}>
          {words.settings(settings.message)}
        </State>
      )}
    </>
  );
}
