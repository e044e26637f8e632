import type { Command } from "commander";
import { coins, wholeNumber } from "./number-options.ts";

/** `cairn provider`, which runs one, and `cairn provider …`: what an operator does with its cold key. */
export function providerCommands(provider: Command): void {
  provider
    .option("--gateway <url...>", "gateways to serve (default: the one running in this home)")
    .option("--directory <dir>", "where shards and keys live (default: HOME/provider)")
    .option("--capacity <size>", "how much to store, such as 500GB or 2TiB")
    .option("--price <coins>", "price per GiB and month of 30 days")
    .option("--region <text>", "where this machine is, in your words")
    .option("--country <code>", "and in which country, such as CA (ISO 3166-1): owners may ask for some only")
    .option("--windows <text>", 'hours on duty, such as "mon-fri 18-24, sat-sun 0-24"')
    .option("--zone <name>", "time zone of the windows (default: this machine's)")
    .option("--port <n>", "also answer direct HTTP on this port", wholeNumber(0, 65_535))
    .option("--endpoint <url>", "under which address others reach that port")
    .option(
      "--chain <url>",
      "a chain node that you trust (default: CAIRN_CHAIN_URL, else the one that the gateway names)",
    )
    .option("--reactivate", "register again after `cairn provider retire`")
    .action(async (options) => (await import("./provider.ts")).provider(options));

  const command = (name: string, description: string): Command =>
    provider
      .command(name)
      .description(description)
      .option("--home <dir>", "home of the network (default: CAIRN_HOME, else ~/.cairn)")
      .option("--json", "answer with one JSON document")
      .option("--directory <dir>", "where the provider's keys live (default: HOME/provider)")
      .option("--chain <url>", "the chain to use (default: CAIRN_CHAIN_URL, else the one that the provider uses)");

  // The options that `cairn provider` has too are its own, wherever they stand.
  command("retire", "take no new deals; those that it has go on to their end").action(async (_, retiring: Command) =>
    (await import("./provider-account.ts")).retire(retiring.optsWithGlobals()),
  );
  command("withdraw", "take the credited pay out of the contract, to the provider's own address")
    .argument("[coins]", "how much (default: all of it)", coins)
    .action(async (amount: bigint | undefined, _, withdrawing: Command) =>
      (await import("./provider-account.ts")).withdraw(amount, withdrawing.optsWithGlobals()),
    );
}
