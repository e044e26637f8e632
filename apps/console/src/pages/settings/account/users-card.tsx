import type { RoleText, SignUpPolicyJson, UserJson, WhoJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import {
  Act,
  Asked,
  Button,
  Card,
  Choice,
  Confirm,
  Dialog,
  Field,
  Form,
  faultOf,
  Id,
  Problem,
  Time,
  toast,
} from "../../../kit/index.ts";
import { invalidate } from "../../../live/live.ts";
import { account } from "../../../words/account.ts";
import { SecretDialog } from "../secret-dialog.tsx";

const words = account.users;
type Who = WhoJson;
/** Roles that one may give: none above one's own. */
const rolesOf = ({ scopes }: Who) =>
  (scopes.includes("operate") ? ["member", "owner", "operator"] : ["member", "owner"]).map(
    (one) => [one as RoleText, words.roles[one as RoleText]] as const,
  );

/** Users of the account; an operator's are those of the gateway. */
export function UsersCard({ who }: { who: Who }) {
  const query = useQuery({ queryKey: ["users"], queryFn: () => client.users() });
  const operates = who.scopes.includes("operate");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<UserJson>();
  const [resetting, setResetting] = useState<UserJson>();
  return (
    <Card title={words.title} actions={<Button onClick={() => setAdding(true)}>{words.add}</Button>}>
      <div className="stack">
        <p className="soft">{operates ? words.leadOperator : words.leadOwner}</p>
        <Asked query={query}>
          {(users) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <section className="table-scroll" tabIndex={0} aria-label={words.title}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{words.columns.name}</th>
                    <th scope="col">{words.columns.role}</th>
                    <th scope="col">{words.columns.account}</th>
                    <th scope="col">{words.columns.seen}</th>
                    <td />
                  </tr>
                </thead>
                <tbody>
                  {users.map((user) => (
                    <tr key={user.id}>
                      <th scope="row">
                        {user.name} {user.id === who.user?.id ? <span className="soft">({words.you})</span> : null}
                      </th>
                      <td>{words.roles[user.role]}</td>
                      <td>{user.account === who.account ? words.this : <Id of={user.account} />}</td>
                      <td>
                        <Time at={user.seenAt} />
                      </td>
                      <td>
                        {user.id === who.user?.id ? null : (
                          <span className="row buttons">
                            <Button onClick={() => setResetting(user)}>{words.setPassword}</Button>
                            <Button onClick={() => setRemoving(user)}>{words.remove}</Button>
                          </span>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </Asked>
      </div>
      <AddUser who={who} open={adding} onClose={() => setAdding(false)} />
      <SetPassword user={resetting} onClose={() => setResetting(undefined)} />
      <Confirm
        title={words.removeTitle(removing?.name ?? "")}
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        act={words.remove}
        name={removing?.name ?? ""}
        danger
        onConfirm={async () => {
          if (removing !== undefined) await client.removeUser(removing.name);
          invalidate(["users", "invites"]);
        }}
      >
        {words.removeBody}
      </Confirm>
    </Card>
  );
}

function AddUser({ who, open, onClose }: { who: Who; open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<RoleText>("owner");
  const operates = who.scopes.includes("operate");
  const [joins, setJoins] = useState(!operates);
  const add = async () => {
    await client.addUser({ name: name.trim(), password, role, joins });
    setName("");
    setPassword("");
    toast(words.added);
    invalidate(["users"]);
    onClose();
  };
  return (
    <Dialog title={words.addTitle} open={open} onClose={onClose}>
      <Form onSubmit={add} fields={["name", "password", "role"]}>
        {({ error, busy }) => (
          <>
            <Field
              label={words.name}
              value={name}
              autoComplete="off"
              fault={faultOf(error, "name")}
              onChange={(event) => setName(event.target.value)}
            />
            <Field
              label={words.password}
              type="password"
              autoComplete="new-password"
              value={password}
              hint={words.passwordHint}
              fault={faultOf(error, "password")}
              onChange={(event) => setPassword(event.target.value)}
            />
            <Choice label={words.role} value={role} choices={rolesOf(who)} onChange={setRole} />
            {operates ? <Joins joins={joins} onChange={setJoins} /> : null}
            <div className="actions">
              <Button type="submit" kind="main" busy={busy}>
                {words.add}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Dialog>
  );
}

const Joins = ({ joins, onChange }: { joins: boolean; onChange: (joins: boolean) => void }) => (
  <div>
    <label className="tick">
      <input type="checkbox" checked={joins} onChange={(event) => onChange(event.target.checked)} />
      {words.joins}
    </label>
    <small className="soft">{words.joinsHint}</small>
  </div>
);

function SetPassword({ user, onClose }: { user: UserJson | undefined; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const set = async () => {
    if (user !== undefined) await client.setPassword(user.name, password);
    setPassword("");
    toast(words.passwordSet);
    onClose();
  };
  return (
    <Dialog title={words.setPasswordTitle(user?.name ?? "")} open={user !== undefined} onClose={onClose}>
      <Form onSubmit={set} fields={["password"]}>
        {({ error, busy }) => (
          <>
            <p>{words.setPasswordBody}</p>
            <Field
              label={words.newPassword}
              type="password"
              autoComplete="new-password"
              value={password}
              hint={words.passwordHint}
              fault={faultOf(error, "password")}
              onChange={(event) => setPassword(event.target.value)}
            />
            <div className="actions">
              <Button type="submit" kind="danger" busy={busy}>
                {words.setPassword}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Dialog>
  );
}

/** Codes that make one user each. */
export function InvitesCard({ who }: { who: Who }) {
  const query = useQuery({ queryKey: ["invites"], queryFn: () => client.invites() });
  const operates = who.scopes.includes("operate");
  const [label, setLabel] = useState("");
  const [role, setRole] = useState<RoleText>("owner");
  const [days, setDays] = useState("7");
  const [joins, setJoins] = useState(!operates);
  const [link, setLink] = useState<string>();
  const make = async () => {
    const { code } = await client.createInvite({ label: label.trim(), role, joins, days: Number(days) });
    // In the fragment, which is sent nowhere.
    setLink(`${location.origin}/sign-up#invite=${code}`);
    setLabel("");
    invalidate(["invites"]);
  };
  const it = account.invites;
  return (
    <Card title={it.title}>
      <div className="stack">
        <p className="soft">{it.lead}</p>
        <Asked query={query}>
          {(invites) =>
            invites.length === 0 ? (
              <p>{it.empty}</p>
            ) : (
              <ul className="list">
                {invites.map((one) => (
                  <li key={one.id} className="row">
                    <span>
                      <b>{one.label}</b> {words.roles[one.role]}, {one.joins ? it.joins : it.own}, {it.ends}{" "}
                      <Time at={one.expiresAt} />
                    </span>
                    <Act
                      className="right"
                      act={() => client.withdrawInvite(one.id).then(() => invalidate(["invites"]))}
                    >
                      {it.withdraw}
                    </Act>
                  </li>
                ))}
              </ul>
            )
          }
        </Asked>
        <Form onSubmit={make} fields={["label", "days", "role"]}>
          {({ error, busy }) => (
            <>
              <div className="columns narrow start">
                <Field
                  label={it.label}
                  value={label}
                  fault={faultOf(error, "label")}
                  onChange={(event) => setLabel(event.target.value)}
                />
                <Choice label={it.role} value={role} choices={rolesOf(who)} onChange={setRole} />
                <Field
                  label={it.days}
                  inputMode="numeric"
                  value={days}
                  fault={faultOf(error, "days")}
                  onChange={(event) => setDays(event.target.value)}
                />
              </div>
              {operates ? <Joins joins={joins} onChange={setJoins} /> : null}
              <div className="row">
                <Button type="submit" busy={busy}>
                  {it.make}
                </Button>
              </div>
            </>
          )}
        </Form>
      </div>
      <SecretDialog title={it.secretTitle} words={it.secret} secret={link} onClose={() => setLink(undefined)} />
    </Card>
  );
}

/** Who may make a user of their own. */
export function PolicyCard() {
  const query = useQuery({ queryKey: ["sign-up"], queryFn: () => client.signUpPolicy() });
  const [fault, setFault] = useState<unknown>();
  const set = async (policy: SignUpPolicyJson["policy"]) => {
    setFault(undefined);
    try {
      await client.setSignUpPolicy(policy);
      toast(account.policy.saved);
    } catch (error) {
      setFault(error);
    } finally {
      invalidate(["sign-up"]);
    }
  };
  return (
    <Card title={account.policy.title}>
      <Asked query={query}>
        {({ policy }) => (
          <Choice
            label={account.policy.label}
            value={policy}
            choices={Object.entries(account.policy.policies) as [SignUpPolicyJson["policy"], string][]}
            onChange={(next) => void set(next)}
          />
        )}
      </Asked>
      {fault === undefined ? null : <Problem error={fault} />}
    </Card>
  );
}
