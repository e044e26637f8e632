import type { CairnError } from "@cairn/protocol/errors";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Button, Card, Field, Form, Page, Problem } from "../kit/index.ts";
import { logIn } from "../session/session.ts";
import { signIn as words } from "../words/sign-in.ts";

/** Stands where the page would: whoever logs in is at once where it wanted to go. */
export function SignIn({ over, fault }: { over: boolean; fault: CairnError | undefined }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  return (
    <Page title={words.title}>
      {fault === undefined ? null : <Problem error={fault} />}
      {over ? <p>{words.over}</p> : null}
      <Card>
        <Form onSubmit={() => logIn(name, password)}>
          {({ busy }) => (
            <>
              <Field
                label={words.name}
                name="username"
                autoComplete="username"
                autoCapitalize="none"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
              <Field
                label={words.password}
                name="password"
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
              <div className="actions">
                <Button type="submit" kind="main" busy={busy}>
                  {words.submit}
                </Button>
              </div>
            </>
          )}
        </Form>
      </Card>
      <p className="soft">
        {words.local} <code>{words.command}</code>
      </p>
      <p className="soft">
        {words.invited} <Link to="/sign-up">{words.signUp}</Link>
      </p>
    </Page>
  );
}
