import type { DeliveryJson, WebhookJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { Asked, Button, Card, Confirm, Field, Form, faultOf, State, Time } from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { notices } from "../../../words/notices.ts";
import { SecretDialog } from "../secret-dialog.tsx";

const words = notices.webhooks;

/** Where notices are posted: added, looked after, removed. */
export function WebhooksCard() {
  const query = useQuery({ queryKey: ["notices", "webhooks"], queryFn: () => client.notices.webhooks() });
  const [url, setUrl] = useState("");
  const [label, setLabel] = useState("");
  const [secret, setSecret] = useState<string>();
  const add = async () => {
    const made = await client.notices.addWebhook({ url: url.trim(), label: label.trim() });
    setSecret(made.secret);
    setUrl("");
    setLabel("");
    invalidate(["notices"]);
  };
  return (
    <Card title={words.title}>
      <div className="stack">
        <p className="soft">{words.lead}</p>
        <Asked query={query}>
          {(webhooks) =>
            webhooks.length === 0 ? (
              <p>{words.none}</p>
            ) : (
              <ul className="list">
                {webhooks.map((one) => (
                  <Webhook key={one.id} webhook={one} />
                ))}
              </ul>
            )
          }
        </Asked>
        <Form onSubmit={add} fields={["url", "label"]}>
          {({ error, busy }) => (
            <div className="columns narrow start">
              <Field
                label={words.url}
                type="url"
                value={url}
                hint={words.urlHint}
                fault={faultOf(error, "url")}
                onChange={(event) => setUrl(event.target.value)}
              />
              <Field
                label={words.label}
                value={label}
                hint={words.labelHint}
                fault={faultOf(error, "label")}
                onChange={(event) => setLabel(event.target.value)}
              />
              <div className="beside-fields">
                <Button type="submit" busy={busy} disabled={url.trim() === ""}>
                  {words.add}
                </Button>
              </div>
            </div>
          )}
        </Form>
        <SecretDialog
          title={words.secretTitle}
          words={words.secret}
          secret={secret}
          onClose={() => setSecret(undefined)}
        />
      </div>
    </Card>
  );
}

function Webhook({ webhook: { id, url, label, failures, waiting } }: { webhook: WebhookJson }) {
  const [removing, setRemoving] = useState(false);
  const [open, setOpen] = useState(false);
  const name = label === "" ? url : label;
  return (
    <li>
      <div className="row">
        <span>
          <b>{name}</b> {label === "" ? null : <code className="soft">{url}</code>}
        </span>
        <span className="row right">
          <Button aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? words.hideLog : words.log}
          </Button>
          <Button onClick={() => setRemoving(true)}>{words.remove}</Button>
        </span>
      </div>
      <State mood={failures > 0 ? "bad" : waiting > 0 ? "warn" : "good"}>
        {failures > 0 ? words.failing(failures) : waiting > 0 ? null : words.fine}
        {waiting > 0 ? ` ${words.waiting(waiting)}` : null}
      </State>
      {open ? <Deliveries of={id} /> : null}
      <Confirm
        title={words.removeTitle(name)}
        open={removing}
        onClose={() => setRemoving(false)}
        act={words.remove}
        danger
        onConfirm={async () => {
          await client.notices.removeWebhook(id);
          invalidate(["notices"]);
        }}
      >
        {words.removeBody}
      </Confirm>
    </li>
  );
}

/** The first hundred are what one looks at. */
function Deliveries({ of }: { of: string }) {
  const query = useQuery({ queryKey: ["notices", "deliveries", of], queryFn: () => client.notices.deliveries(of) });
  return (
    <Asked query={query}>
      {(deliveries) =>
        deliveries.length === 0 ? (
          <p className="soft">{words.logEmpty}</p>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          <section className="table-scroll" tabIndex={0} aria-label={words.log}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{words.columns.kind}</th>
                  <th scope="col">{words.columns.state}</th>
                  <th scope="col" className="number">
                    {words.columns.tries}
                  </th>
                  <th scope="col">{words.columns.at}</th>
                </tr>
              </thead>
              <tbody>
                {deliveries.slice(0, 100).map((one) => (
                  <Delivery key={one.id} {...one} />
                ))}
              </tbody>
            </table>
          </section>
        )
      }
    </Asked>
  );
}

function Delivery({ kind, state, attempts, triedAt, dueAt, status, error }: DeliveryJson) {
  const why = [...(status === null ? [] : [words.status(status)]), ...(error === null ? [] : [error])].join(": ");
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>
        <State mood={state === "delivered" ? "good" : state === "waiting" ? "warn" : "bad"}>
          {words.states[state]}
          {why === "" || state === "delivered" ? null : `: ${why}`}
          {state === "waiting" && dueAt !== null && attempts > 0 ? (
            <>
              , {words.again} <Time at={dueAt} />
            </>
          ) : null}
        </State>
      </td>
      <td className="number">{attempts}</td>
      <td>
        <Time at={triedAt} />
      </td>
    </tr>
  );
}
