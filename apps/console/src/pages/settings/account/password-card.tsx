import { useState } from "react";
import { client } from "../../../api/client.ts";
import { Button, Card, Field, Form, faultOf, toast } from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { account } from "../../../words/account.ts";

const words = account.password;

export function PasswordCard({ name }: { name: string | undefined }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = async () => {
    await client.changePassword(current, password);
    setCurrent("");
    setPassword("");
    toast(words.changed);
    invalidate(["sessions"]);
  };
  return (
    <Card title={words.title}>
      <Form onSubmit={change} fields={["current", "password"]}>
        {({ error, busy }) => (
          <>
            <p className="soft">{words.lead}</p>
            {/* For managers of passwords. */}
            <input type="text" hidden readOnly autoComplete="username" value={name ?? ""} />
            <Field
              label={words.current}
              type="password"
              autoComplete="current-password"
              value={current}
              fault={faultOf(error, "current")}
              onChange={(event) => setCurrent(event.target.value)}
            />
            <Field
              label={words.next}
              type="password"
              autoComplete="new-password"
              value={password}
              fault={faultOf(error, "password")}
              onChange={(event) => setPassword(event.target.value)}
            />
            <div className="row">
              <Button type="submit" busy={busy} disabled={password === ""}>
                {words.change}
              </Button>
            </div>
            <p className="soft">{words.first}</p>
          </>
        )}
      </Form>
    </Card>
  );
}
