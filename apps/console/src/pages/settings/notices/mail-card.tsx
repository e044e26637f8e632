import type { MailAddressJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { queryClient } from "../../../api/query-client.ts";
import { Act, Asked, Button, Card, Field, Form, faultOf, State, toast } from "../../../kit/index.ts";
import { notices } from "../../../words/notices.ts";

const words = notices.mail;
const KEY = ["notices", "mail"];

/** The address that letters go to, which a code shows to be the person's. */
export function MailCard() {
  const query = useQuery({ queryKey: KEY, queryFn: () => client.notices.mail() });
  return (
    <Card title={words.title}>
      <Asked query={query}>
        {(mail) =>
          mail.available ? (
            <Mail mail={mail} />
          ) : (
            <State mood="off" next={words.offNext}>
              {words.off}
            </State>
          )
        }
      </Asked>
    </Card>
  );
}

function Mail({ mail: { address, confirmed, failures } }: { mail: MailAddressJson }) {
  const [typed, setTyped] = useState("");
  const [code, setCode] = useState("");
  const became = (mail: MailAddressJson) => queryClient.setQueryData(KEY, mail);
  const remove = async () => {
    await client.notices.removeMail();
    toast(words.removed);
    await queryClient.invalidateQueries({ queryKey: KEY });
  };
  return (
    <div className="stack">
      {address === null ? null : (
        <div className="row">
          <State mood={failures > 0 ? "bad" : confirmed ? "good" : "warn"}>
            {confirmed ? words.confirmed(address) : words.waits(address)}
            {failures > 0 ? ` ${words.failing(failures)}` : null}
          </State>
          <Act className="right" act={remove}>
            {words.remove}
          </Act>
        </div>
      )}
      {address === null || confirmed ? null : (
        <Form onSubmit={async () => void became(await client.notices.confirmMail(code.trim()))} fields={["code"]}>
          {({ error, busy }) => (
            <div className="columns narrow start">
              <Field
                label={words.code}
                inputMode="numeric"
                autoComplete="one-time-code"
                value={code}
                fault={faultOf(error, "code")}
                onChange={(event) => setCode(event.target.value)}
              />
              <div className="beside-fields">
                <Button type="submit" kind="main" busy={busy} disabled={code.trim() === ""}>
                  {words.confirm}
                </Button>
              </div>
            </div>
          )}
        </Form>
      )}
      <Form
        onSubmit={async () => {
          became(await client.notices.setMail(typed.trim()));
          setTyped("");
        }}
        fields={["address"]}
      >
        {({ error, busy }) => (
          <div className="columns narrow start">
            <Field
              label={address === null ? words.address : words.other}
              type="email"
              autoComplete="email"
              value={typed}
              hint={words.hint}
              fault={faultOf(error, "address")}
              onChange={(event) => setTyped(event.target.value)}
            />
            <div className="beside-fields">
              <Button type="submit" busy={busy} disabled={typed.trim() === ""}>
                {words.send}
              </Button>
            </div>
          </div>
        )}
      </Form>
    </div>
  );
}
