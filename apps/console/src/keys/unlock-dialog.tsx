import { useState } from "react";
import { Button, Dialog, Field, Form, faultOf } from "../kit/index.ts";
import { keys as words } from "../words/keys.ts";
import { type Asking, useAsking } from "./keys.ts";

/** Asks for the passphrase wherever something needs the key. */
export function UnlockDialog() {
  const asking = useAsking();
  return (
    <Dialog title={words.ask.title} open={asking !== undefined} onClose={() => asking?.refuse()}>
      {asking === undefined ? null : <Ask asking={asking} />}
    </Dialog>
  );
}

function Ask({ asking }: { asking: Asking }) {
  const [passphrase, setPassphrase] = useState("");
  return (
    <Form onSubmit={() => asking.answer(passphrase)} fields={["passphrase"]}>
      {({ error, busy }) => (
        <>
          {asking.why === "" ? null : <p>{asking.why}</p>}
          <Field
            label={words.ask.passphrase}
            type="password"
            name="passphrase"
            autoComplete="current-password"
            autoFocus
            value={passphrase}
            fault={faultOf(error, "passphrase")}
            onChange={(event) => setPassphrase(event.target.value)}
          />
          <div className="actions">
            <Button onClick={asking.refuse}>{words.ask.cancel}</Button>
            <Button type="submit" kind="main" busy={busy}>
              {words.unlock}
            </Button>
          </div>
        </>
      )}
    </Form>
  );
}
