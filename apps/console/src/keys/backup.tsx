import { useState } from "react";
import { client } from "../api/client.ts";
import { Button, Field, Form, Problem } from "../kit/index.ts";
import { backup as words } from "../words/keys.ts";
import { download } from "./download.ts";
import { exportFile, type HeldOwner, privateKey, revocationCertificate } from "./keys.ts";

/** Copies of what this browser holds, to be kept elsewhere. */
export function Backup({ held }: { held: HeldOwner }) {
  const [passphrase, setPassphrase] = useState("");
  const [fault, setFault] = useState<unknown>();
  const short = held.fingerprint.slice(-8).toLowerCase();
  const file = async () => {
    const { chainId, deals } = (await client.network()).deployment;
    download(`cairn-${short}.json`, await exportFile(passphrase, { chainId, deals: deals.toLowerCase() }));
  };
  const give = (name: string, make: () => Promise<string>) => () => {
    setFault(undefined);
    make().then((text) => download(name, text), setFault);
  };
  return (
    <div className="backup">
      <section>
        <h3>{words.file}</h3>
        <p className="soft">{words.fileBody}</p>
        <Form onSubmit={file}>
          {({ busy }) => (
            <>
              <Field
                label={words.passphrase}
                hint={words.passphraseHint}
                type="password"
                autoComplete="new-password"
                value={passphrase}
                onChange={(event) => setPassphrase(event.target.value)}
              />
              <div className="row">
                <Button type="submit" busy={busy} disabled={passphrase.length < 8}>
                  {words.fileAction}
                </Button>
              </div>
            </>
          )}
        </Form>
      </section>
      <section>
        <h3>{words.key}</h3>
        <p className="soft">{words.keyBody}</p>
        <Button onClick={give(`cairn-${short}.asc`, privateKey)}>{words.keyAction}</Button>
      </section>
      <section>
        <h3>{words.revocation}</h3>
        <p className="soft">{words.revocationBody}</p>
        <Button onClick={give(`cairn-${short}-revocation.asc`, () => revocationCertificate(words.why))}>
          {words.revocationAction}
        </Button>
      </section>
      {fault === undefined ? null : <Problem error={fault} />}
    </div>
  );
}
