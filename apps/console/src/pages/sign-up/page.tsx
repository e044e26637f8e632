import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client.ts";
import { Asked, Button, Card, Field, Form, faultOf, Page, State } from "../../kit/index.ts";
import { signUp, takeInvite } from "../../session/session.ts";
import { signIn, signUp as words } from "../../words/sign-in.ts";

function SignUp() {
  const policy = useQuery({ queryKey: ["sign-up"], queryFn: () => client.signUpPolicy() });
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [invite, setInvite] = useState(takeInvite);
  const navigate = useNavigate();
  const submit = async () => {
    await signUp(name, password, invite.trim());
    await navigate({ to: "/" });
  };
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        <Asked query={policy}>
          {({ policy }) =>
            policy === "closed" ? (
              <State mood="off">{words.closed}</State>
            ) : (
              <Form onSubmit={submit} fields={["name", "password", "invite"]}>
                {({ error, busy }) => (
                  <>
                    {policy === "invite" ? (
                      <Field
                        label={words.invite}
                        hint={words.inviteHint}
                        autoComplete="off"
                        value={invite}
                        fault={faultOf(error, "invite")}
                        onChange={(event) => setInvite(event.target.value)}
                      />
                    ) : null}
                    <Field
                      label={signIn.name}
                      name="username"
                      autoComplete="username"
                      autoCapitalize="none"
                      value={name}
                      fault={faultOf(error, "name")}
                      onChange={(event) => setName(event.target.value)}
                    />
                    <Field
                      label={signIn.password}
                      name="password"
                      type="password"
                      hint={words.passwordHint}
                      autoComplete="new-password"
                      value={password}
                      fault={faultOf(error, "password")}
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
            )
          }
        </Asked>
      </Card>
      <p className="soft">
        {words.haveOne} <Link to="/">{signIn.submit}</Link>
      </p>
    </Page>
  );
}

export const page = createLazyRoute("/sign-up")({ component: SignUp });
