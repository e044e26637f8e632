import { randomBytes } from "node:crypto";
import type { RoleText, SignUpPolicyJson } from "@cairn/client";
import type { CairnClient } from "@cairn/client/client";
import { CairnError } from "@cairn/protocol/errors";
import { confirm } from "./confirm.ts";
import { dateOf } from "./date-of.ts";
import { firstLineOf } from "./first-line.ts";
import { table } from "./output.ts";
import { type CommonOptions, openSession } from "./session.ts";

interface PasswordOptions extends CommonOptions {
  passwordFile?: string;
}

interface NewUserOptions extends PasswordOptions {
  role: RoleText;
  /** Into this home's own account. Operators are always that: they have one account to work from. */
  join?: boolean;
}

export async function addUser(name: string, options: NewUserOptions): Promise<void> {
  requireUserName(name);
  const { client, output } = await openSession(options);
  const { password, made } = await passwordOf(options);
  const joins = options.join === true || options.role !== "owner";
  const user = await client.addUser({ name, password, role: options.role, joins });
  output.result({ ...user, ...(made ? { password } : {}) });
  output.say(
    `Added ${user.role} ${user.name}, ${joins ? "in this home's account" : "with an account of its own"}.`,
    ...shown(password, made),
  );
}

export async function listUsers(options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const users = await client.users();
  output.result(users);
  if (users.length === 0) {
    output.say("No users yet: this home is used with its own token. Add one with `cairn user add NAME`.");
    return;
  }
  const rows = users.map(({ name, role, account, createdAt, seenAt }) => [
    name,
    role,
    account,
    dateOf(createdAt),
    dateOf(seenAt),
  ]);
  output.say(table(["NAME", "ROLE", "ACCOUNT", "SINCE", "SEEN"], rows));
}

export async function removeUser(name: string, options: CommonOptions & { yes?: boolean }): Promise<void> {
  const { client, output } = await openSession(options);
  await confirm(`End ${name}, its sessions and its tokens?`, options);
  const user = await client.removeUser(name);
  output.result(user);
  output.say(`Ended ${user.name}. Packages of its account stay until their terms end.`);
}

export async function setPassword(name: string, options: PasswordOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const { password, made } = await passwordOf(options);
  await client.setPassword(name, password);
  output.result({ name, ...(made ? { password } : {}) });
  output.say(`${name} has another password, and its sessions have ended.`, ...shown(password, made));
}

interface InviteOptions extends NewUserOptions {
  days?: number;
  list?: boolean;
  withdraw?: string;
}

export async function invite(label = "", options: InviteOptions): Promise<void> {
  const { client, output, gateway } = await openSession(options);
  if (options.withdraw !== undefined) {
    const id = await openInvite(client, options.withdraw);
    await client.withdrawInvite(id);
    output.result({ withdrawn: id });
    output.say("Withdrawn: nobody can use it any more.");
    return;
  }
  if (options.list) {
    const invites = await client.invites();
    output.result(invites);
    output.say(
      invites.length === 0
        ? ["No invite is open. Make one with `cairn user invite`."]
        : table(
            ["ID", "FOR", "ROLE", "UNTIL"],
            invites.map((one) => [one.id, one.label, one.role, dateOf(one.expiresAt)]),
          ),
    );
    return;
  }
  const joins = options.join === true || options.role !== "owner";
  const { days, role } = options;
  const made = await client.createInvite({ label, role, joins, ...(days === undefined ? {} : { days }) });
  output.result(made);
  output.say(
    `Invite, good for one user until ${dateOf(made.invite.expiresAt)}. It is not shown again:`,
    "",
    made.code,
    "",
    `On the other machine, with the code as the first line of a file: \`cairn login ${gateway.url} --user NAME --invite-file FILE\``,
    `Programs use POST ${gateway.url}/api/v1/sign-up {name, password, invite}.`,
  );
}

export async function policy(policy: SignUpPolicyJson["policy"] | undefined, options: CommonOptions): Promise<void> {
  const { client, output } = await openSession(options);
  const now = policy === undefined ? await client.signUpPolicy() : await client.setSignUpPolicy(policy);
  output.result(now);
  const WORDS = {
    open: "Anybody may become a user.",
    invite: "Whoever has an invite may become a user (`cairn user invite`).",
    closed: "Nobody becomes a user but by `cairn user add`.",
  };
  output.say(WORDS[now.policy]);
}

/** Its id, by the start of it. */
async function openInvite(client: Pick<CairnClient, "invites">, start: string): Promise<string> {
  const found = (await client.invites()).filter(({ id }) => id.startsWith(start));
  const [invite, other] = found;
  if (invite !== undefined && other === undefined) return invite.id;
  throw new CairnError(
    other === undefined ? `there is no open invite ${start}` : `${found.length} invites begin with ${start}`,
    {
      code: "unknown-invite",
      kind: "missing",
      next: "`cairn user invite --list` shows those that are open.",
    },
  );
}

/** As the gateway says it to programs; here in words. */
function requireUserName(name: string): void {
  if (/^[a-z0-9][a-z0-9._@+-]{0,63}$/i.test(name)) return;
  throw new CairnError(`"${name.slice(0, 40)}" cannot be the name of a user`, {
    code: "bad-user-name",
    kind: "input",
    next: "Use 1 to 64 letters (a to z), digits and . _ @ + -, the first of them a letter or digit.",
  });
}

/** The first line of a file, else one that is made: never an argument, which every user of the machine could read. */
async function passwordOf({ passwordFile }: PasswordOptions): Promise<{ password: string; made: boolean }> {
  if (passwordFile === undefined) return { password: randomBytes(15).toString("base64url"), made: true };
  return { password: await firstLineOf(passwordFile, "the password"), made: false };
}

const shown = (password: string, made: boolean): string[] =>
  made ? ["Its password, which is not shown again:", "", password] : [];
