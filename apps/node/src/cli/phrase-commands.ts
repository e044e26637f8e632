import type { Command } from "commander";
import { coins, wholeNumber } from "./number-options.ts";

/** `cairn phrase …`: 24 words that bring an account back. */
export function phraseCommands(program: Command, asks: (command: Command) => Command): void {
  const phrase = program
    .command("phrase")
    .description("24 words that bring your key, wallets, settings and packages back on an empty machine");
  const command = (name: string, about: string): Command =>
    asks(
      phrase
        .command(name)
        .description(about)
        .option("--home <dir>", "home of the network (default: CAIRN_HOME, else ~/.cairn)")
        .option("--json", "answer with one JSON document"),
    );
  const stored = (one: Command): Command =>
    one
      .option("--days <n>", "how long the bundle is kept (default: 365)", wholeNumber(1, 3650))
      .option("--copies <n>", "at so many providers, each of which is enough (default: 3)", wholeNumber(1, 20))
      .option("--max-cost <coins>", "sign for at most this much in all", coins)
      .option("--yes", "ask nothing");
  stored(command("create", "make a phrase, store what it brings back, and show it once"))
    .option("--replace", "in the place of the phrase that there is, which brings nothing back any more")
    .action(async (options) => (await import("./phrase.ts")).createPhrase(options));
  stored(command("update", "store the account as it is now for the phrase that there is")).action(async (options) =>
    (await import("./phrase.ts")).updatePhrase(options),
  );
  command("verify", "hold the words, on standard input or typed, against what is stored").action(async (options) =>
    (await import("./phrase.ts")).verifyPhrase(options),
  );
  command("status", "whether the bundle is there, for how long, and up to date").action(async (options) =>
    (await import("./phrase.ts")).phraseStatus(options),
  );
}
