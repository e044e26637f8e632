import type { Command } from "commander";
import { coins } from "./number-options.ts";

/** `cairn provider …`: what an operator does with a provider's cold key. */
export function providerCommands(provider: Command): void {
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
