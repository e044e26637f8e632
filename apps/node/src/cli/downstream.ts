import { resolve } from "node:path";
import type { DownstreamFile } from "@cairn/doors/downstream";
import { type Command, Option } from "commander";
import { positive, wholeNumber } from "./number-options.ts";

interface ServeFlags {
  home?: string;
  json?: boolean;
  host?: string;
  port?: number;
  heartbeat?: "Merkle" | "Swizzle";
  checkFraction?: number;
  interval?: number;
  requireSignature?: boolean;
  requireNonce?: boolean;
  maxTokensPerIp?: number;
  maxSizePerAddress?: number;
  cityDatabase?: string;
  trustedProxy?: string[];
}

const GREATEST = Number.MAX_SAFE_INTEGER;

/** `cairn downstream …`: the operator's side of the downstream door. Each command's module is loaded only when it runs. */
export function downstreamCommands(program: Command): void {
  const group = program.command("downstream").description("run a verification node that Storj's farmers know");
  const command = (name: string, description: string): Command =>
    group
      .command(name)
      .description(description)
      .option("--home <dir>", "home of the node (default: CAIRN_HOME, else ~/.cairn)")
      .option("--json", "answer with one JSON document");

  command("serve", "this door alone, as a standalone verification node")
    .option("--host <address>", "where to listen (default: CAIRN_HOST, else 127.0.0.1)")
    .option("--port <n>", "port (default: 5000; 0 takes a free one)", wholeNumber(0, 65_535))
    .addOption(new Option("--heartbeat <type>", "how farmers prove").choices(["Merkle", "Swizzle"]))
    .option("--check-fraction <part>", "part of a chunk that a challenge reads", positive(1))
    .option("--interval <seconds>", "how often a farmer answers", positive(31_536_000))
    .option("--require-signature", "new farmers sign a message with their address")
    .option("--no-require-signature", "new farmers only name an address")
    .option("--require-nonce", "the signed message must hold a nonce of this node (not for old clients)")
    .option("--max-tokens-per-ip <n>", "farmers of one network address; 0: no limit", wholeNumber(0, GREATEST))
    .option("--max-size-per-address <bytes>", "bytes that one Bitcoin address may hold", wholeNumber(0, GREATEST))
    .option("--city-database <file>", "City database in MaxMind's format")
    .option("--trusted-proxy <network...>", "whose X-Forwarded-For is believed: an address, a range, loopback")
    .action(async (flags: ServeFlags) => {
      const { serveDownstream } = await import("../downstream/serve.ts");
      await serveDownstream({
        ...(flags.home === undefined ? {} : { home: flags.home }),
        ...(flags.json === undefined ? {} : { json: flags.json }),
        flags: settingsOf(flags),
      });
    });

  command("whitelist", "who may farm: only listed addresses, once there is a list")
    .argument(
      "<file|address>",
      "a CSV file (first row skipped; address, balance) that replaces the list, or one address to add",
    )
    .action(async (target, options) => (await import("./downstream-whitelist.ts")).whitelist(target, options));

  command("maintain", "keep chunks prepared: sizes from MIN to MAX in powers of BASE, TOTAL bytes together")
    .argument("<min>", "smallest chunk, bytes or such as 1KiB")
    .argument("<max>", "largest chunk")
    .argument("<total>", "bytes of all prepared chunks together")
    .argument("<base>", "sizes are powers of this", wholeNumber(2, 1024))
    .option("--progress", "say how far it is also where standard error is no terminal")
    .action(async (min, max, total, base, options) =>
      (await import("./downstream-maintain.ts")).maintain({ min, max, total, base }, options),
    );

  command("offer", "let farmers hold copies of a package's shards as well")
    .argument("<package>", "a name, or an id or the start of one, from `cairn ls`")
    .option("--copies <n>", "copies of each shard (default: 1)", wholeNumber(1, 100))
    .option("--progress", "say how far it is also where standard error is no terminal")
    .action(async (target, options) => (await import("./downstream-offer.ts")).offer(target, options));

  command("renew", "after heartbeat.json was lost: end all contracts and go on with a new heartbeat").action(
    async (options) => (await import("./downstream-renew.ts")).renew(options),
  );

  command("status", "totals and farmers")
    .option("--limit <n>", "how many farmers to show (default: 25)", wholeNumber(1, 100_000))
    .action(async (options) => (await import("./downstream-status.ts")).status(options));
}

/** Flags under the settings' names. */
function settingsOf(flags: ServeFlags): DownstreamFile {
  const named: Record<keyof DownstreamFile & string, unknown> | Record<string, unknown> = {
    host: flags.host,
    port: flags.port,
    scheme: flags.heartbeat,
    checkFraction: flags.checkFraction,
    intervalSeconds: flags.interval,
    requireSignature: flags.requireSignature,
    requireNonce: flags.requireNonce,
    maxTokensPerNetwork: flags.maxTokensPerIp === 0 ? null : flags.maxTokensPerIp,
    maxBytesPerAddress: flags.maxSizePerAddress,
    cityDatabase: flags.cityDatabase === undefined ? undefined : resolve(flags.cityDatabase),
    trustedProxies: flags.trustedProxy,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
