import { Argument, type Command, Option } from "commander";
import { wholeNumber } from "./number-options.ts";
import { list } from "./placement-flags.ts";

type Asking = (name: string, description: string) => Command;

const SCOPES = "read, write, admin, operate";
const role = () =>
  new Option("--role <role>", "what it may do").choices(["owner", "member", "operator"]).default("owner");
const JOIN = ["--join", "in this home's own account, instead of an account of its own"] as const;
const PASSWORD = [
  "--password-file <file>",
  "file whose first line is the password (default: one is made and shown once)",
] as const;

/** A command that only has further ones, and what makes those: each of them asks the network. */
function group(program: Command, name: string, description: string, asks: (command: Command) => Command): Asking {
  const parent = program.command(name).description(description);
  return (sub, about) =>
    asks(
      parent
        .command(sub)
        .description(about)
        .option("--home <dir>", "home of the network (default: CAIRN_HOME, else ~/.cairn)")
        .option("--json", "answer with one JSON document"),
    );
}

/** `cairn user …`: who may use this gateway; `cairn token …`: the keys of programs. */
export function accountCommands(program: Command, asks: (command: Command) => Command): void {
  const user = group(program, "user", "people who use this gateway", asks);
  user("add", "add a user")
    .argument("<name>", "what it logs in with")
    .addOption(role())
    .option(...JOIN)
    .option(...PASSWORD)
    .action(async (name, options) => (await import("./user.ts")).addUser(name, options));
  user("list", "list the users").action(async (options) => (await import("./user.ts")).listUsers(options));
  user("remove", "end a user, its sessions and its tokens; its account's packages stay until their terms end")
    .argument("<name>")
    .option("--yes", "do not ask")
    .action(async (name, options) => (await import("./user.ts")).removeUser(name, options));
  user("password", "give a user another password; its sessions end")
    .argument("<name>")
    .option(...PASSWORD)
    .action(async (name, options) => (await import("./user.ts")).setPassword(name, options));
  user("invite", "make an invite, which lets one person become a user, and show it once")
    .argument("[label]", "whom it is for")
    .addOption(role())
    .option(...JOIN)
    .option("--days <n>", "how long it is good (default: 7)", wholeNumber(1, 90))
    .option("--list", "show the open ones instead")
    .option("--withdraw <id>", "withdraw an open one instead: its id, or the start of it")
    .action(async (label, options) => (await import("./user.ts")).invite(label, options));
  user("policy", "show who may become a user, or say so")
    .addArgument(new Argument("[policy]", "anybody; whoever is invited; nobody").choices(["open", "invite", "closed"]))
    .action(async (policy, options) => (await import("./user.ts")).policy(policy, options));

  const token = group(program, "token", "keys that let programs use your account", asks);
  token("create", "make a token, and show it once")
    .argument("<label>", "what it is for")
    .option("--scope <names>", `what it may do, of ${SCOPES} (default: read,write)`, list)
    .option("--days <n>", "how long it is good (default: until it is revoked)", wholeNumber(1, 36_500))
    .action(async (label, options) => (await import("./token.ts")).createToken(label, options));
  token("list", "list the tokens").action(async (options) => (await import("./token.ts")).listTokens(options));
  token("revoke", "end a token at once")
    .argument("<id>", "its id, or the start of it, from `cairn token list`")
    .action(async (id, options) => (await import("./token.ts")).revokeToken(id, options));

  const own = (name: string, about: string): Command =>
    program
      .command(name)
      .description(about)
      .option("--home <dir>", "home of your keys and of the token (default: CAIRN_HOME, else ~/.cairn)")
      .option("--json", "answer with one JSON document");
  own("login", "have this home use a gateway elsewhere, with an account of yours there")
    .argument("<url>", "address of the gateway, such as https://gateway.example")
    .option("--user <name>", "log in as that user; the password is asked for, or in --password-file")
    .option("--password-file <file>", "file whose first line is the password")
    .option("--invite-file <file>", "become that user first, by the invite in the file's first line")
    .option("--token-file <file>", "instead of a user: use the token in the file's first line")
    .option("--days <n>", "how long the login is good (default: until `cairn logout`)", wholeNumber(1, 36_500))
    .option(
      "--chain <url>",
      "a chain node that you trust, to hold what the gateway says against (default: CAIRN_CHAIN_URL)",
    )
    .option("--ca <file>", "PEM file of the authority that vouches for the gateway's certificate, beside the system's")
    .option("--insecure", "also over plain http to another machine, where others may read password and token")
    .action(async (url, options) => (await import("./login.ts")).login(url, options));
  own("logout", "forget the gateway that this home is logged in at, and revoke its token").action(async (options) =>
    (await import("./login.ts")).logout(options),
  );

  asks(own("limits", "what your account may use and does; operators show and set those of others"))
    .option("--user <name>", "of that user's account (operators)")
    .option("--account <id>", "of that account (operators)")
    .option("--spool <size>", "set: bytes of uploads that are not stored yet, or none (operators)")
    .option("--packages <n>", "set: packages, or none (operators)")
    .option("--egress <size>", "set: bytes read in a day, or none (operators)")
    .option("--commits <n>", "set: packages agreed in an hour, or none (operators)")
    .action(async (options) => (await import("./limits.ts")).limits(options));
}
