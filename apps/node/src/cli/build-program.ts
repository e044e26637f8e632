import { DEAL_STATES } from "@cairn/protocol/words";
import { Argument, Command, Option } from "commander";
import { VERSION } from "../version.ts";
import { accountCommands } from "./account-commands.ts";
import { asCalled } from "./as-called.ts";
import { downstreamCommands } from "./downstream.ts";
import { figureCommands } from "./figure-commands.ts";
import { addExamples } from "./help.ts";
import { keyCommands } from "./key-commands.ts";
import { inWords, someOf } from "./name-options.ts";
import { noticeCommands } from "./notice-commands.ts";
import { coins, day, pieceNumbers, positive, wholeNumber } from "./number-options.ts";
import { offlineCommands } from "./offline-commands.ts";
import { parseEvery } from "./parse-every.ts";
import { phraseCommands } from "./phrase-commands.ts";
import { list, placed } from "./placement-flags.ts";
import { providerCommands } from "./provider-commands.ts";
import { wantsJson } from "./run-program.ts";
import { walletCommands } from "./wallet-commands.ts";

/** Options that may be given again. */
const gather = (value: string, before: string[] = []): string[] => [...before, value];

/** As the catalog has them, which is loaded by none but the gateway. */
const SEVERITIES = ["info", "warning", "error"];
const KINDS = ["deposit", "withdraw", "reserve", "escrow", "pay", "earned", "refund", "release"];
/** Of deals that there are. */
const STATES = DEAL_STATES.filter((state) => state !== "NONE");

/** Each command's module is loaded only when it runs, so that `--help` answers at once. */
export function buildProgram(): Command {
  const program = new Command("cairn")
    .description("Store folders on machines you do not trust, prove that they hold every byte, get them back.")
    .version(VERSION)
    // Told by runProgram, as every error is.
    .configureOutput({
      writeOut: (text) => void process.stdout.write(asCalled(text)),
      writeErr: (text) => void process.stderr.write(asCalled(text)),
      outputError: () => undefined,
      ...(wantsJson() ? { writeErr: () => undefined } : {}),
    })
    .exitOverride();

  const command = (name: string, description: string, json = "answer with one JSON document"): Command =>
    program
      .command(name)
      .description(description)
      .option("--home <dir>", "home of the network (default: CAIRN_HOME, else ~/.cairn)")
      .option("--json", json);
  /** One that asks the network: whether it runs is found out before what keys, archives and the chain need is loaded. */
  const asks = (asking: Command): Command =>
    asking.hook("preAction", async (_, asked) => {
      const [{ homeAt }, { findGateway }] = await Promise.all([
        import("../home/home.ts"),
        import("../home/find-gateway.ts"),
      ]);
      await findGateway(homeAt(asked.optsWithGlobals<{ home?: string }>().home));
    });
  const asking = (...about: Parameters<typeof command>): Command => asks(command(...about));
  const PROGRESS = ["--progress", "say how far it is also where standard error is no terminal"] as const;

  const PACKAGE = "a name, or an id or the start of one, from `cairn ls`";

  command("up", "start a storage network on this machine")
    .alias("start")
    .option("--port <n>", "port of the gateway (default: CAIRN_PORT, else 4400)", wholeNumber(0, 65_535))
    .option(
      "--chain-port <n>",
      "port of the chain's RPC (default: CAIRN_CHAIN_PORT, else one that was free at first)",
      wholeNumber(0, 65_535),
    )
    .option("--chain <url>", "an EVM chain to use instead of running one (default: CAIRN_CHAIN_URL)")
    .option("--deals <address>", "with --chain: join the network of that contract, where this home has none yet")
    .option("--tls-cert <file>", "take https, too: PEM file of the certificate (default: CAIRN_TLS_CERT)")
    .option("--tls-key <file>", "and of its key (default: CAIRN_TLS_KEY)")
    .option(
      "--vault-path <dir>",
      "let users with an open vault store from this folder of this machine (may be given again; default: CAIRN_VAULT_PATHS, else none)",
      gather,
    )
    .option("--providers <n>", "how many providers to run here", wholeNumber(0, 64))
    .option("--gateway-only", "another gateway of a network that runs, on its database and its chain")
    .addOption(new Option("--profile <name>", "constants of the network").choices(["local", "real", "demo"]))
    .addOption(new Option("--temporary", "remove the home when the network ends").hideHelp())
    .action(async (options) => (await import("../up/up.ts")).up(options));

  command("open", "open the web console signed in: prints a link that works once, on this machine")
    .argument("[path]", "a page of it, such as files, packages or wallets")
    .option("--no-browser", "only print the link")
    .action(async (path, options) => (await import("./open.ts")).open(path, options));

  command("stop", "end the network of a home, and wait until it has ended").action(async (options) =>
    (await import("./stop.ts")).stop(options),
  );

  command(
    "status",
    "one screen: processes, chain, packages, deposit, disk, and what to do about what is not well",
  ).action(async (options) => (await import("./status.ts")).status(options));

  placed(asking("put", "store a folder or a file"))
    .argument("<path>", "folder or file; - for standard input (with --name)")
    .argument("[arguments...]", "with --stdin-from-command: what the command is called with")
    .option("--name <name>", "name of the package (default: the folder's own)")
    .addOption(
      new Option("--names <layout>", "private: names are seen by nobody; plain: names stand in the DAG").choices([
        "private",
        "plain",
      ]),
    )
    .option(
      "--no-encrypt",
      "store the bytes as they are: the gateway can read them, and a provider its masked shard alone; of a .car file the blocks in it",
    )
    .option("--public", "the same, and every account and door of the gateway may read it, by the hashes of its blocks")
    .option("--hot", "have the gateway keep the pieces beside the deals: reading them asks no provider")
    .option(
      "--vault",
      "PATH is on the gateway's machine, below a folder that its operator named; the gateway encrypts it to your key, while a vault wallet is unlocked",
    )
    .option("--as-file", "store a .car file as the file that it is, also with --no-encrypt or --public")
    .option(
      "--wallet <wallet>",
      "pay from this wallet, by address or name (default: the settings' order, or this home's key)",
    )
    .option("--max-cost <coins>", "sign for at most this much in all, escrow and repair reserve", coins)
    .option("--exclude <rule>", "leave out what fits, as in a .gitignore (may be given again)", gather)
    .option("--exclude-from <file>", "rules to leave out, one a line (may be given again)", gather)
    .option(
      "--stdin-from-command",
      "run PATH as a command (after --) and store its output, if it ends with exit code 0",
    )
    .option(
      "--allow-empty",
      "store also when nothing comes from standard input or the command, and a folder without files",
    )
    .option("--replace", "take the place of the package of that name, which ends once this one is stored")
    .option("--dry-run", "say what would be taken and how much stored, then stop")
    .option("--quote", "upload it, show who would hold it and what it costs, then stop")
    .option("--restart", "drop what an interrupted put of this name has uploaded, and begin anew")
    .option("--yes", "do not ask before paying")
    .option("--bwlimit <rate>", "upload limit in bytes per second, such as 2MiB")
    .option("--detach", "return when the deals are signed for")
    .option(...PROGRESS)
    .action(async (path, more, { for: days, stdinFromCommand, ...options }, asked) => {
      if (!stdinFromCommand && more.length > 0)
        asked.error(`error: too many arguments for 'put'. Expected 1 argument but got ${1 + more.length}.`, {
          code: "commander.excessArguments",
        });
      const source = stdinFromCommand ? { command: [path, ...more] } : {};
      await (await import("./put.ts")).put(path, { ...options, ...source, ...(days === undefined ? {} : { days }) });
    });

  asking("get", "bring back a package, a folder or a file of it")
    .argument("<package>", `${PACKAGE}, with /path for a part of it`)
    .argument("<dest>", "a path that does not exist yet, or an empty folder; a file may also go into any folder")
    .option("--range <from-to>", "only these bytes of one file, TO not included")
    .option("--encrypted", "one file's OpenPGP message as it is stored, for gpg")
    .option(...PROGRESS)
    .action(async (target, dest, options) => (await import("./get.ts")).get(target, dest, options));

  asking("ls", "list your packages")
    .option("--all", "also those that are gone")
    .action(async (options) => (await import("./ls.ts")).ls(options));

  asking("show", "everything about one package")
    .argument("<package>", `${PACKAGE}, with /path to list what is in it`)
    .option("--files", "list its files")
    .option("--asks", "list who was asked for quotes, or passed over, and why")
    .option("--safety", "say how likely it can be read, now and in each hour of the week")
    .option("--custody", "list which providers proved each shard, from when until when")
    .action(async (target, options) => (await import("./show.ts")).show(target, options));

  asking("deals", "look through your deals: which shard is where, until when, for how much")
    .option("--package <package>", "only those of a package")
    .option(
      "--provider <provider>",
      "only those with one provider: an address, the start of one, or a name from `cairn status`",
    )
    .option("--state <states>", `only those in these states: some of ${inWords(STATES)}`, someOf(STATES))
    .option("--ending <days>", "only those that end within so many days", positive(3650))
    .option("--unproved <days>", "only those whose last proof is older than so many days", positive(3650))
    .option("--unchecked <days>", "only those whose last check is older than so many days", positive(3650))
    .addOption(
      new Option("--sort <what>", "what comes first").choices([
        "proposed",
        "ends",
        "price",
        "bytes",
        "paid",
        "escrow",
        "proved",
        "checked",
        "result",
        "provider",
        "region",
        "state",
        "package",
        "created",
        "deal",
        "commitment",
        "dealCid",
        "root",
        "piece",
        "carBytes",
      ]),
    )
    .option("--reverse", "the other way round")
    .option("--last <n>", "how many at most (default: 50, all with --json)", wholeNumber(1, 1_000_000))
    .action(async (options) => (await import("./deals.ts")).deals(options));

  asking("cat", "write one file of a package to standard output")
    .argument("<package/path>", "a name, or an id or the start of one, and the path of a file in it")
    .option("--range <from-to>", "only these bytes, TO not included")
    .action(async (target, options) => (await import("./cat.ts")).cat(target, options));

  asking("diff", "say what differs between a package and a folder; exit code 1 when something does")
    .argument("<package>", `${PACKAGE}, with /path for a part of it`)
    .argument("<folder>", "a folder or file here")
    .action(async (target, folder, options) => (await import("./diff.ts")).diff(target, folder, options));

  asking("mv", "give a package another name")
    .argument("<package>", PACKAGE)
    .argument("<name>", "its new name")
    .action(async (from, to, options) => (await import("./mv.ts")).mv(from, to, options));

  asking("check", "have every holder re-read and prove its shards, now or again and again")
    .argument("[package]", `${PACKAGE}, with /path for a part of it; with --every none for all packages`)
    .option("--full", "stream every shard here and recompute its commitment")
    .option("--every <time>", "check it by schedule: every hour, day, week, 12hours, 2weeks, month", parseEvery)
    .addOption(new Option("--schedules", "list what is checked by schedule").conflicts(["every", "full", "remove"]))
    .addOption(new Option("--remove <schedule>", "end a schedule").conflicts(["every", "full"]))
    .option(...PROGRESS)
    .action(async (target, { schedules, remove, ...options }, asked) => {
      if (schedules) return (await import("./schedules.ts")).listSchedules(options);
      if (remove !== undefined) return (await import("./schedules.ts")).removeSchedule(remove, options);
      if (options.every !== undefined) return (await import("./schedules.ts")).addSchedule(target, options);
      if (target === undefined)
        asked.error("error: missing required argument 'package'", { code: "commander.missingArgument" });
      return (await import("./check.ts")).check(target as string, options);
    });

  asking("certificate", "write a signed document of who proved a package from when until when, which anybody can check")
    .argument("<package>", PACKAGE)
    .requiredOption("-o, --output <file>", "where to write it; the owner's signature goes into FILE.asc")
    .option("--pieces <numbers>", "only of these pieces, such as 0,2", pieceNumbers)
    .option("--public-key <file>", "write the public key, which the signature is of, there")
    .option("--force", "write over files that are there")
    .action(async (target, options) => (await import("./certificate.ts")).certificate(target, options));

  program
    .command("verify-certificate")
    .description("check a custody certificate; needs no network, no home and no account")
    .argument("<file>", "what `cairn certificate` wrote")
    .option("--signature [file]", "check the owner's signature, too (FILE.asc unless named); needs --key")
    .option("--key <file>", "the owner's public OpenPGP key")
    .option("--rpc <url>", "hold it against this node of the chain")
    .option("--json", "answer with one JSON document")
    .action(async (file, options) => (await import("./verify-certificate.ts")).verifyCertificate(file, options));

  asking("rm", "end a package's deals")
    .argument("<package>", PACKAGE)
    .option("--yes", "do not ask")
    .action(async (target, options) => (await import("./rm.ts")).rm(target, options));

  placed(asking("settings", "what puts go by unless they say otherwise: show it, or change it by these options"))
    .option("--min-days <days>", "least length of a deal: no put is for less", positive(3650))
    .addOption(
      new Option(
        "--renew <whether>",
        "renew packages before they end (kept for a later version: nothing is renewed yet)",
      ).choices(["on", "off"]),
    )
    .option(
      "--preview",
      "change nothing: say which providers qualify under these settings now, and what they would cost",
    )
    .option("--size <size>", "of a put, for the price in the preview (default: 1GiB)")
    .option("--currency <code>", "also show what your money is worth, such as usd")
    .option("--confirmations <n>", "blocks after which coins that come in are confirmed", wholeNumber(1, 10_000))
    .option("--explorer <url>", "link to a transaction on a block explorer, {tx} standing for its hash")
    .option("--wallets <wallets>", "in which order wallets pay: addresses or names, joined by commas", list)
    .option("--unset <names>", "go back to what the network has, such as max-price,country", list)
    .action(async ({ for: days, ...options }) =>
      (await import("./settings.ts")).settings({ ...options, ...(days === undefined ? {} : { days }) }),
    );

  asking("providers", "list the providers of the network, or say everything about one")
    .argument("[provider]", "an address, the start of one, or a name from `cairn status`")
    .action(async (provider, options) => (await import("./providers.ts")).providers(provider, options));

  asking("chain", "look through the chain: its newest blocks, a block, a transaction, or Cairn's contracts")
    .argument("[what]", "the number of a block, the hash of a transaction, or `contracts`")
    .option("--before <block>", "blocks below this one", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option("--last <n>", "how many blocks (default: 20)", wholeNumber(1, 50))
    .action(async (what, options) => (await import("./chain.ts")).chain(what, options));

  providerCommands(command("provider", "run a storage provider for other people's packages"));

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
    .action(async (url, options) => (await import("./farmer.ts")).farmer(url, options));

  downstreamCommands(program);
  offlineCommands(program);

  keyCommands(program);
  accountCommands(program, asks);

  const wallet = asking("wallet", "your coins: what you have, what pays for storage")
    .addArgument(
      new Argument("[action]", "what to do; fund deposits this home's block rewards")
        .choices(["balance", "deposit", "fund", "withdraw", "send"])
        .default("balance"),
    )
    .argument("[amount]", "coins, such as 1.5", coins)
    .argument("[to]", "address, for send")
    .action(async (action, amount, to, options) => (await import("./wallet.ts")).wallet(action, amount, to, options));
  walletCommands(wallet);

  asking("statement", "what moved your money in the contract, or your coins, and what it comes to")
    .option("--coins", "instead of the contract: what moved the coins at your wallets' addresses")
    .option("--package <package>", "only what moved for one package")
    .option("--kind <kinds>", `only these: some of ${inWords(KINDS)}`, someOf(KINDS))
    .option("--since <day>", "from this day on, such as 2026-11-01", day)
    .option("--until <day>", "and before this one", day)
    .option("--last <n>", "how many lines at most (default: 50, all with --json)", wholeNumber(1, 1000))
    .action(async (options) => (await import("./statement.ts")).statement(options));

  figureCommands(program, asking, asks);

  asking("trust", "show the network that your account signs for, or accept that it changed")
    .option("--accept", "sign for the network as it is now")
    .action(async (options) => (await import("./trust.ts")).trust(options));

  asking("recover", "find your packages on the chain and fetch their manifests from providers")
    .option("--phrase", "bring the account back first, by the 24 words on standard input or typed")
    .action(async ({ phrase, ...options }) =>
      phrase
        ? (await import("./recover-phrase.ts")).recoverByPhrase(options)
        : (await import("./recover.ts")).recover(options),
    );
  phraseCommands(program, asks);

  command("backup", "copy what this home cannot lose into one file")
    .argument("<file>")
    .option("--shards", "also the shards that providers in this home hold")
    .option(...PROGRESS)
    .action(async (file, options) => (await import("./backup.ts")).backup(file, options));

  command("restore", "put a home back from a backup")
    .argument("<file>")
    .action(async (file, options) => (await import("./backup.ts")).restore(file, options));

  asking("events", "what happened", "answer with one JSON document a line, an event each")
    .option("--follow", "go on as it happens")
    .option("--last <n>", "how many to begin with", wholeNumber(1, 1000))
    .option("--package <package>", "only those of a package")
    .option("--severity <list>", `only these: some of ${inWords(SEVERITIES)}`, someOf(SEVERITIES))
    .action(async (options) => (await import("./events.ts")).events(options));

  noticeCommands(asking);

  command("doctor", "check this machine and the network").action(async (options) =>
    (await import("./doctor.ts")).doctor(options),
  );

  command("demo", "a narrated minute: store, lose a provider, corrupt another, repair, get back").action(
    async (options) => (await import("./demo.ts")).demo(options),
  );
  program
    .command("completion")
    .description("print a script that lets your shell complete commands, options and package names")
    .addArgument(new Argument("<shell>", "your shell").choices(["bash", "zsh", "fish"]))
    .action(async (shell) => (await import("./completion.ts")).completion(shell));
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .action(async (words) => (await import("./completion.ts")).complete(program, words));
  addExamples(program);
  return program;
}
