import { asCairnError, type CairnError } from "@cairn/core";
import { Command, CommanderError, Option } from "commander";
import { downstreamCommands } from "./cli/downstream.ts";
import { positive, wholeNumber } from "./cli/number-options.ts";
import { VERSION } from "./version.ts";

const EXIT_CODES: Record<CairnError["kind"], number> = {
  input: 2,
  auth: 3,
  missing: 4,
  conflict: 5,
  unavailable: 6,
  exhausted: 7,
  corrupt: 8,
  internal: 1,
};

/** Each command's module is loaded only when it runs, so that `--help` answers at once. */
function buildProgram(): Command {
  const program = new Command("cairn")
    .description("Store folders on machines you do not trust, prove that they hold every byte, get them back.")
    .version(VERSION)
    .showHelpAfterError("(add --help for what is allowed)")
    .exitOverride();

  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option("--home <dir>", "home of the network (default: CAIRN_HOME, else ~/.cairn)")
      .option("--json", "answer with one JSON document");

  const PACKAGE = "a name or an id from `cairn ls`";

  command("up", "start a storage network on this machine")
    .option("--port <n>", "port of the gateway (default: CAIRN_PORT, else 4400)", wholeNumber(0, 65_535))
    .option("--providers <n>", "how many providers to run here", wholeNumber(0, 64))
    .addOption(new Option("--profile <name>", "constants of the network").choices(["local", "real", "demo"]))
    .action(async (options) => (await import("./up/up.ts")).up(options));

  command("put", "store a folder or a file")
    .argument("<path>", "folder or file")
    .option("--name <name>", "name of the package (default: the folder's own)")
    .option("--k <k>", "shards that restore a piece", wholeNumber(1, 255))
    .option("--n <n>", "shards of a piece, each on another provider", wholeNumber(1, 255))
    .option("--for <days>", "how long to keep it (default: 180)", positive(3650))
    .addOption(
      new Option("--names <layout>", "private: names are seen by nobody; plain: names stand in the DAG").choices([
        "private",
        "plain",
      ]),
    )
    .option("--no-encrypt", "store the bytes as they are, readable by every provider that holds k shards")
    .option("--quote", "show who would hold it and what it costs, then stop")
    .option("--detach", "return when the deals are signed for")
    .action(async (path, { for: days, ...options }) =>
      (await import("./cli/put.ts")).put(path, { ...options, ...(days === undefined ? {} : { days }) }),
    );

  command("get", "bring back a package, a folder or a file of it")
    .argument("<package>", `${PACKAGE}, with /path for a part of it`)
    .argument("<dest>", "where to; must not exist or be an empty folder")
    .option("--range <from-to>", "only these bytes of one file, TO not included")
    .option("--encrypted", "one file's OpenPGP message as it is stored, for gpg")
    .action(async (target, dest, options) => (await import("./cli/get.ts")).get(target, dest, options));

  command("ls", "list your packages")
    .option("--all", "also those that are gone")
    .action(async (options) => (await import("./cli/ls.ts")).ls(options));

  command("show", "everything about one package")
    .argument("<package>", `${PACKAGE}, with /path to list what is in it`)
    .option("--files", "list its files")
    .action(async (target, options) => (await import("./cli/show.ts")).show(target, options));

  command("check", "have every holder re-read and prove its shards, now")
    .argument("<package>", `${PACKAGE}, with /path for a part of it`)
    .option("--full", "stream every shard here and recompute its commitment")
    .action(async (target, options) => (await import("./cli/check.ts")).check(target, options));

  command("rm", "end a package's deals")
    .argument("<package>", PACKAGE)
    .action(async (target, options) => (await import("./cli/rm.ts")).rm(target, options));

  command("providers", "list the providers of the network").action(async (options) =>
    (await import("./cli/providers.ts")).providers(options),
  );

  command("provider", "run a storage provider for other people's packages")
    .option("--gateway <url...>", "gateways to serve (default: the one running in this home)")
    .option("--directory <dir>", "where shards and keys live (default: HOME/provider)")
    .option("--capacity <size>", "how much to store, such as 500GB or 2TiB")
    .option("--price <coins>", "price per GiB and day")
    .option("--region <text>", "where this machine is, in your words")
    .option("--windows <text>", 'hours on duty, such as "mon-fri 18-24, sat-sun 0-24"')
    .option("--zone <name>", "time zone of the windows (default: this machine's)")
    .option("--port <n>", "also answer direct HTTP on this port", wholeNumber(0, 65_535))
    .option("--endpoint <url>", "under which address others reach that port")
    .action(async (options) => (await import("./cli/provider.ts")).provider(options));

  command("farmer", "earn with free space at a downstream node (the Storj protocol)")
    .argument("[url]", "the node (default: the one running in this home)")
    .option("--node <url>", "the same")
    .option("--address <address>", "Bitcoin address to earn for")
    .option("--identity <file>", "the original client's identities.json")
    .option("--key <file>", "private key of the address (WIF or hex), which signs the registration")
    .option("--size <size>", "how much to hold, such as 500MB or 2GiB (default: 32MiB)")
    .option("--path <dir>", "where contracts and chunks live (default: HOME/farmer)")
    .option("--token-file <file>", "where the token is kept (default: PATH/token)")
    .option("--rotate-token", "have the node replace the token first")
    .option("--moved", "PATH's node has another address now")
    .action(async (url, options) => (await import("./cli/farmer.ts")).farmer(url, options));

  downstreamCommands(program);

  const key = program.command("key").description("your account's keys");
  const keyCommand = (name: string, description: string): Command =>
    key
      .command(name)
      .description(description)
      .option("--home <dir>", "home of the network (default: CAIRN_HOME, else ~/.cairn)")
      .option("--json", "answer with one JSON document")
      .option("--passphrase-file <file>", "file whose first line is the passphrase (default: CAIRN_PASSPHRASE)");
  keyCommand("export", "write your keys to a file")
    .argument("<file>")
    .option("--openpgp", "only the OpenPGP secret key, as gpg reads it")
    .action(async (file, options) => (await import("./cli/key.ts")).exportKey(file, options));
  keyCommand("import", "bring your keys into this home")
    .argument("<file>")
    .action(async (file, options) => (await import("./cli/key.ts")).importKey(file, options));
  keyCommand("list", "show the public parts").action(async (options) =>
    (await import("./cli/key.ts")).listKeys(options),
  );
  keyCommand("create", "make an account now").action(async (options) =>
    (await import("./cli/key.ts")).createKey(options),
  );

  command("wallet", "your coins: what you have, what pays for storage")
    .argument("[action]", "balance, deposit, fund (from this home's block rewards), withdraw or send", "balance")
    .argument("[amount]", "coins, such as 1.5")
    .argument("[to]", "address, for send")
    .action(async (action, amount, to, options) =>
      (await import("./cli/wallet.ts")).wallet(action, amount, to, options),
    );

  command("recover", "find your packages on the chain and fetch their manifests from providers").action(
    async (options) => (await import("./cli/recover.ts")).recover(options),
  );

  command("backup", "copy what this home cannot lose into one file")
    .argument("<file>")
    .option("--shards", "also the shards that providers in this home hold")
    .action(async (file, options) => (await import("./cli/backup.ts")).backup(file, options));

  command("restore", "put a home back from a backup")
    .argument("<file>")
    .action(async (file, options) => (await import("./cli/backup.ts")).restore(file, options));

  command("events", "what happened")
    .option("--follow", "go on as it happens")
    .option("--last <n>", "how many to begin with", wholeNumber(1, 1000))
    .action(async (options) => (await import("./cli/events.ts")).events(options));

  command("doctor", "check this machine and the network").action(async (options) =>
    (await import("./cli/doctor.ts")).doctor(options),
  );

  command("demo", "a narrated minute: store, lose a provider, corrupt another, repair, get back").action(
    async (options) => (await import("./cli/demo.ts")).demo(options),
  );
  return program;
}

function report(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODES.input;
    return;
  }
  const known = asCairnError(error);
  process.exitCode = EXIT_CODES[known.kind];
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ error: known.toJSON() }, null, 2)}\n`);
    return;
  }
  process.stderr.write(`cairn: ${known.message}\n`);
  if (known.next !== undefined) process.stderr.write(`       ${known.next}\n`);
  if (known.kind === "internal" && error instanceof Error) {
    process.stderr.write(`       (${known.code}; this is a defect, please report it)\n${error.stack}\n`);
  }
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  report(error);
}
