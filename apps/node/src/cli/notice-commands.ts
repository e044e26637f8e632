import { type Command, Option } from "commander";
import { coins, wholeNumber } from "./number-options.ts";

const gather = (one: string, before: string[] = []): string[] => [...before, one];
const often = (flag: string, about: string, choices: string[]) =>
  new Option(`--${flag} <how-often>`, about).choices(choices);

/** `cairn notices`: what the account was told. `cairn notify …`: of what, how often, and where. */
export function noticeCommands(asking: (name: string, description: string, json?: string) => Command): void {
  asking(
    "notices",
    "what you were told: deals that end, low balances, damage",
    "answer with one JSON document a line, a notice each",
  )
    .option("--follow", "go on as they come")
    .option("--unread", "only those that are not marked as read")
    .option("--last <n>", "how many to begin with (default: 50)", wholeNumber(1, 1000))
    .option("--read <ids>", "mark these as read, ids with commas; or `all` that are shown")
    .action(async (options) => (await import("./notices.ts")).notices(options));

  const notify = asking("notify", "of what you are told, how often and where: show it, or change it by these options")
    .addOption(often("expiry", "of a deal that ends soon, each", ["never", "once", "daily", "weekly", "monthly"]))
    .option("--days <n>", "from how many days before its end on", wholeNumber(1, 365))
    .addOption(often("low", "of a wallet with less than the threshold", ["never", "daily", "weekly", "monthly"]))
    .option("--threshold <coins>", "what a wallet should have, deposit and coins together", coins)
    .addOption(often("balance", "of what each wallet has", ["never", "daily", "weekly", "monthly"]))
    .addOption(often("damage", "of a package that is degraded or lost", ["never", "each", "daily"]))
    .addOption(often("repair", "of a package that is whole again", ["never", "each", "daily"]))
    .addOption(often("fixity", "of a check that found something", ["never", "each"]))
    .addOption(often("deposit", "of a deposit that is final", ["never", "each"]))
    .addOption(often("owner", "of a put that waits for you", ["never", "daily", "weekly"]))
    .addOption(
      often("account", "of a password that an operator set, or a webhook that takes nothing", ["never", "each"]),
    )
    .option(
      "--send <what=where>",
      "to console, webhook or mail, such as expiry=console,mail (may be given again)",
      gather,
    )
    .action(async (options) => (await import("./notify.ts")).notify(options));

  // Options that `cairn notify` has too are its own, wherever they stand.
  notify
    .command("test")
    .description("send a notice every way that there is")
    .action(async (_, asked: Command) => (await import("./notify.ts")).testNotice(asked.optsWithGlobals()));
  notify
    .command("mail")
    .description("send letters to an address, once the code that it gets came back; show it")
    .argument("[address]", "where letters are to go")
    .option("--confirm <code>", "the code that the address got")
    .option("--remove", "send no letters any more")
    .action(async (address: string | undefined, _, asked: Command) =>
      (await import("./notify.ts")).mail(address, asked.optsWithGlobals()),
    );
  const webhook = notify.command("webhook").description("URLs that notices are sent to, signed");
  webhook
    .command("add")
    .description("send notices to a URL from now on, and show once what they are signed with")
    .argument("<url>", "http or https")
    .option("--label <text>", "what you call it")
    .action(async (url: string, _, asked: Command) =>
      (await import("./webhook.ts")).addWebhook(url, asked.optsWithGlobals()),
    );
  webhook
    .command("list")
    .description("list them")
    .action(async (_, asked: Command) => (await import("./webhook.ts")).listWebhooks(asked.optsWithGlobals()));
  webhook
    .command("remove")
    .description("end one, with what waits for it")
    .argument("<id>", "its id, or the start of it")
    .action(async (id: string, _, asked: Command) =>
      (await import("./webhook.ts")).removeWebhook(id, asked.optsWithGlobals()),
    );
  webhook
    .command("log")
    .description("what was sent to one, and what came of it")
    .argument("<id>", "its id, or the start of it")
    .action(async (id: string, _, asked: Command) =>
      (await import("./webhook.ts")).logOfWebhook(id, asked.optsWithGlobals()),
    );
}
