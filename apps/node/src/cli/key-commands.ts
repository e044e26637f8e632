import type { Command } from "commander";

/** Keys of the home's account. */
export function keyCommands(program: Command): void {
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
    .action(async (file, options) => (await import("./key.ts")).exportKey(file, options));
  keyCommand("import", "bring your keys into this home")
    .argument("<file>")
    .action(async (file, options) => (await import("./key.ts")).importKey(file, options));
  keyCommand("list", "show the public parts").action(async (options) => (await import("./key.ts")).listKeys(options));
  keyCommand("create", "make an account now").action(async (options) => (await import("./key.ts")).createKey(options));
}
