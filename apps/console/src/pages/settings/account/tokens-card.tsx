import type { ScopeText, TokenJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { Asked, Button, Card, Choice, Confirm, Field, Form, faultOf, Time } from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { account } from "../../../words/account.ts";
import { SecretDialog } from "../secret-dialog.tsx";

const words = account.tokens;
const DAY = 86_400;
type Expiry = keyof typeof words.expiries;

/** @param may what the person may do: a token does no more */
export function TokensCard({ may }: { may: readonly ScopeText[] }) {
  const allowed = may.includes("admin");
  const query = useQuery({ queryKey: ["tokens"], queryFn: () => client.tokens(), enabled: allowed });
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<ScopeText[]>(["read"]);
  const [expiry, setExpiry] = useState<Expiry>("90");
  const [secret, setSecret] = useState<string>();
  const make = async () => {
    const made = await client.createToken({
      label: label.trim(),
      scopes,
      ...(expiry === "never" ? {} : { expiresAt: Math.floor(Date.now() / 1000) + Number(expiry) * DAY }),
    });
    setSecret(made.secret);
    setLabel("");
    invalidate(["tokens"]);
  };
  return (
    <Card title={words.title}>
      {allowed ? (
        <div className="stack">
          <p className="soft">{words.lead}</p>
          <Asked query={query}>{(tokens) => <Tokens tokens={tokens} />}</Asked>
          <Form onSubmit={make} fields={["label", "scopes", "expiresAt"]}>
            {({ error, busy }) => (
              <>
                <div className="columns narrow start">
                  <Field
                    label={words.label}
                    value={label}
                    fault={faultOf(error, "label") ?? faultOf(error, "expiresAt")}
                    onChange={(event) => setLabel(event.target.value)}
                  />
                  <Choice
                    label={words.expiry}
                    value={expiry}
                    choices={Object.entries(words.expiries) as [Expiry, string][]}
                    onChange={setExpiry}
                  />
                </div>
                <fieldset className="checks">
                  <legend>{words.scopes}</legend>
                  {may.map((scope) => (
                    <label key={scope} className="tick">
                      <input
                        type="checkbox"
                        checked={scopes.includes(scope)}
                        onChange={({ target }) =>
                          setScopes(target.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
                        }
                      />
                      {account.you.scopesOf[scope]}
                    </label>
                  ))}
                  <span className="soft">{faultOf(error, "scopes") ?? words.scopesHint}</span>
                </fieldset>
                <div className="row">
                  <Button type="submit" busy={busy} disabled={scopes.length === 0}>
                    {words.make}
                  </Button>
                </div>
              </>
            )}
          </Form>
        </div>
      ) : (
        <p>{words.notYours}</p>
      )}
      <SecretDialog
        title={words.secretTitle}
        words={words.secret}
        secret={secret}
        onClose={() => setSecret(undefined)}
      />
    </Card>
  );
}

function Tokens({ tokens }: { tokens: readonly TokenJson[] }) {
  const [revoking, setRevoking] = useState<TokenJson>();
  const nameOf = ({ label }: TokenJson) => (label === "" ? words.unnamed : label);
  return tokens.length === 0 ? (
    <p>{words.empty}</p>
  ) : (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={words.title}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.columns.label}</th>
            <th scope="col">{words.columns.scopes}</th>
            <th scope="col">{words.columns.used}</th>
            <th scope="col">{words.columns.ends}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <th scope="row">{nameOf(token)}</th>
              <td>{token.scopes.map((one) => account.you.scopesOf[one]).join(", ")}</td>
              <td>
                <Time at={token.lastUsedAt} />
              </td>
              <td>{token.expiresAt === null ? account.never : <Time at={token.expiresAt} />}</td>
              <td className="number">
                <Button onClick={() => setRevoking(token)}>{words.revoke}</Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Confirm
        title={words.revokeTitle(revoking === undefined ? "" : nameOf(revoking))}
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        act={words.revoke}
        danger
        onConfirm={async () => {
          if (revoking !== undefined) await client.revokeToken(revoking.id);
          invalidate(["tokens"]);
        }}
      >
        {words.revokeBody}
      </Confirm>
    </section>
  );
}
