import { type Command, Option } from "commander";
import { coins, wholeNumber } from "./number-options.ts";

/** The account's wallets, beside what `cairn wallet` does with the coins of the one in this home. */
export function walletCommands(wallet: Command): void {
  const command = (name: string, description: string): Command => wallet.command(name).description(description);

  // Options that `cairn wallet` has too are its own, wherever they stand.
  command("list", "list the account's wallets").action(async (_, asked: Command) =>
    (await import("./wallets.ts")).listWallets(asked.optsWithGlobals()),
  );
  command("add", "add a wallet")
    .argument("<name>", "what you call it")
    .addOption(
      new Option(
        "--kind <kind>",
        "client: its key stays with you; vault: the gateway signs while you have it unlocked; custodial: at any time, up to a limit",
      )
        .choices(["client", "vault", "custodial"])
        .default("client"),
    )
    .option(
      "--key-file <file>",
      "file whose first line is its private key (if left out: a vault makes one, a client's wallet is this home's own)",
    )
    .option("--per-day <coins>", "what a custodial wallet may sign for in a day", coins)
    .action(async (name: string, _, asked: Command) =>
      (await import("./wallets.ts")).addWallet(name, asked.optsWithGlobals()),
    );
  command("default", "choose the wallet of new packages")
    .argument("<wallet>", "its address or name")
    .action(async (named: string, _, asked: Command) =>
      (await import("./wallets.ts")).setDefault(named, asked.optsWithGlobals()),
    );
  command("trust", "take packages of a wallet for yours that another home of the account made or pays with")
    .argument("<address>", "0x… or f410f…")
    .action(async (address: string, _, asked: Command) =>
      (await import("./wallets.ts")).trustWallet(address, asked.optsWithGlobals()),
    );
  command("unlock", "open a vault, so that the gateway signs with it for some minutes")
    .argument("<wallet>", "its address or name")
    .option("--minutes <n>", "until it locks by itself (default: 15)", wholeNumber(1, 60))
    .action(async (named: string, _, asked: Command) =>
      (await import("./wallets.ts")).unlock(named, asked.optsWithGlobals()),
    );
  command("lock", "lock a vault: the gateway's copy of its key is overwritten")
    .argument("<wallet>", "its address or name")
    .action(async (named: string, _, asked: Command) =>
      (await import("./wallets.ts")).lock(named, asked.optsWithGlobals()),
    );
}
