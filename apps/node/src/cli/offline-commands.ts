import type { Command } from "commander";

/** Commands that make data ready for deals on other networks: they need no gateway. */
export function offlineCommands(program: Command): void {
  const offline = program
    .command("offline")
    .description("make CAR files and piece commitments for other networks; needs no gateway");
  const command = (name: string, description: string): Command =>
    offline
      .command(name)
      .description(description)
      .option("--json", "answer with one JSON document")
      .option("--progress", "say how far it is also where standard error is no terminal");
  const packing = (name: string, description: string): Command =>
    command(name, description)
      .argument("<folder>", "a folder or a file")
      .requiredOption("-o, --output <dir>", "a folder that is not there yet, or is empty")
      .option("--limit <size>", "the sector that each CAR must fit into: 32GiB, 64GiB, 1GiB, …", "32GiB")
      .option("--chunk <size>", "bytes of a block, for sectors below 2MiB (default: 1MiB)")
      .option("--encrypt", "encrypt each file to your account's key; names stay readable")
      .option("--home <dir>", "where that account is (default: CAIRN_HOME, else ~/.cairn)");
  packing("car", "write a folder as CAR files, none larger than a sector takes").action(async (path, options) =>
    (await import("./offline.ts")).offlineCar(path, options),
  );
  command("commp", "say the piece commitment (CommP) of a file, as PieceCID of both versions")
    .argument("<file>", "a CAR file, or any other")
    .action(async (file, options) => (await import("./offline.ts")).offlineCommp(file, options));
  packing("prepare", "both: CAR files, and pieces.csv and pieces.json with the commitment of each").action(
    async (path, options) => (await import("./offline.ts")).offlinePrepare(path, options),
  );
}
