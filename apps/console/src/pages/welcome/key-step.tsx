import { CairnError } from "@cairn/protocol/errors";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { Backup } from "../../keys/backup.tsx";
import { importKey, makeKey, useKeysState } from "../../keys/keys.ts";
import type { BroughtBack } from "../../keys/restore.ts";
import { Button, Card, Field, Form, State } from "../../kit/index.ts";
import { useWho } from "../../session/session.ts";
import { backup, welcome } from "../../words/keys.ts";
import { FromWords, Restored } from "./from-words.tsx";

const words = welcome.key;

/** A key is made or imported; then a copy of it is offered. */
export function KeyStep() {
  const keys = useKeysState();
  const account = useQuery({ queryKey: ["account"], queryFn: () => client.account() });
  const [way, setWay] = useState<"make" | "have" | "words">("make");
  const [back, setBack] = useState<BroughtBack>();
  if (keys.at === "held") {
    return (
      <>
        <Card title={words.title}>
          <div className="stack">
            <State mood="good">{words.done(keys.held.userId)}</State>
            {back === undefined ? null : <Restored back={back} />}
            <div className="row">
              <Link className="button" data-kind="main" to="/welcome" search={{ step: "wallet" }}>
                {welcome.next}
              </Link>
            </div>
          </div>
        </Card>
        <Card title={backup.title}>
          <div className="stack">
            <p>{backup.body}</p>
            <Backup held={keys.held} />
          </div>
        </Card>
      </>
    );
  }
  const elsewhere = account.data?.owner ?? null;
  return (
    <Card title={words.title}>
      <div className="stack">
        <p>{words.body}</p>
        {elsewhere === null ? null : (
          <State mood="warn" next={words.elsewhereNext}>
            {words.elsewhere(elsewhere)}
          </State>
        )}
        <div className="row">
          {(["make", "have", "words"] as const).map((one) => (
            <Button key={one} aria-pressed={way === one} onClick={() => setWay(one)}>
              {words[one]}
            </Button>
          ))}
        </div>
        {way === "make" ? <Make /> : way === "have" ? <Import /> : <FromWords onBack={setBack} />}
      </div>
    </Card>
  );
}

function Make() {
  const who = useWho();
  const [name, setName] = useState(who.user?.name ?? "");
  const [email, setEmail] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const differ = again !== "" && again !== passphrase;
  const submit = async () => {
    const mail = email.trim();
    await makeKey(who.account, { name: name.trim(), passphrase, ...(mail === "" ? {} : { email: mail }) });
  };
  return (
    <Form onSubmit={submit}>
      {({ busy }) => (
        <>
          <div className="columns">
            <Field
              label={words.name}
              hint={words.nameHint}
              autoComplete="name"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <Field
              label={words.email}
              type="email"
              autoComplete="email"
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
            <Field
              label={words.passphrase}
              hint={words.passphraseHint}
              type="password"
              autoComplete="new-password"
              value={passphrase}
              onChange={(event) => setPassphrase(event.target.value)}
            />
            <Field
              label={words.again}
              type="password"
              autoComplete="new-password"
              value={again}
              fault={differ ? words.differ : undefined}
              onChange={(event) => setAgain(event.target.value)}
            />
          </div>
          <div className="row">
            <Button
              type="submit"
              kind="main"
              busy={busy}
              disabled={name.trim() === "" || passphrase === "" || again !== passphrase}
            >
              {words.submit}
            </Button>
          </div>
        </>
      )}
    </Form>
  );
}

function Import() {
  const who = useWho();
  const [file, setFile] = useState<File>();
  const [passphrase, setPassphrase] = useState("");
  const submit = async () => {
    if (file === undefined) {
      throw new CairnError(words.noFile, { code: "key-unusable", kind: "input", next: words.fileHint });
    }
    await importKey(who.account, new Uint8Array(await file.arrayBuffer()), passphrase);
  };
  return (
    <Form onSubmit={submit}>
      {({ busy }) => (
        <>
          <div className="columns">
            <Field
              label={words.file}
              hint={words.fileHint}
              type="file"
              onChange={(event) => setFile(event.target.files?.[0])}
            />
            <Field
              label={words.filePassphrase}
              hint={words.filePassphraseHint}
              type="password"
              autoComplete="current-password"
              value={passphrase}
              onChange={(event) => setPassphrase(event.target.value)}
            />
          </div>
          <div className="row">
            <Button type="submit" kind="main" busy={busy} disabled={passphrase === ""}>
              {words.import}
            </Button>
          </div>
        </>
      )}
    </Form>
  );
}
