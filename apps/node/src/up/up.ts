import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { contractAddresses } from "@cairn/chain";
import { CHAIN_MAIN, CHAIN_NODE_FLAGS, type ChainConfig } from "@cairn/chain/node";
import { CairnError, type Hex, PROFILES } from "@cairn/core";
import { exitWithParent } from "@cairn/process";
import type { PoolConfig } from "pg";
import { formatDuration } from "../cli/format.ts";
import type { GatewayConfig } from "../gateway/gateway-config.ts";
import { type Home, homeAt, readJson, writeWhole } from "../home/home.ts";
import { homeKey } from "../home/home-keys.ts";
import { removeRunFile, writeRunFile } from "../home/run-file.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { processUnit } from "../supervise/process-unit.ts";
import { stopSignal } from "../supervise/stop-signal.ts";
import { type Supervisor, superviseChildren } from "../supervise/supervise-children.ts";
import { tellRestarts } from "../supervise/tell-restarts.ts";
import { localProviderUnit } from "./local-providers.ts";
import { openDatabases } from "./open-databases.ts";
import { type HomeSettings, homeSettings, requireFreePort, type UpOptions } from "./settings.ts";

const DEFAULT_PORT = 4400;
/** Milliseconds. Providers miss periods while the gateway is away, so that even what keeps falling over is tried every few seconds. */
const RESTART_PAUSES = { first: 200, longest: 5_000, steady: 10_000 };
/** A first start waits for some thirty blocks: coins, three contracts, the verifier set. */
const GATEWAY_READY_SECONDS = 900;
const BLOCKS_OF_FIRST_START = 12;
const GATEWAY_MAIN = fileURLToPath(new URL("../gateway/gateway-main.ts", import.meta.url));
/** Of each block's gas, for proofs, votes and settlement whatever else is sent. What is left must hold the largest deployment, 6 M gas. */
const PROTOCOL_GAS_SHARE = 0.4;
const SECONDS_WITH_GAS_TO_SHARE = 2;
/** What the faucet of a throw-away network may give one address. */
const FAUCET_PER_ADDRESS = 1_000_000n * 10n ** 18n;
const FAUCET_POT = 10n ** 9n * 10n ** 18n;

/** Start PostgreSQL, the chain, the gateway and the local providers, keep the first three running, stop all on SIGTERM. */
export async function up(options: UpOptions): Promise<void> {
  exitWithParent();
  const home = homeAt(options.home);
  const port = options.port ?? portFromEnvironment() ?? DEFAULT_PORT;
  const lock = lockHome(home.directory);
  const stop = stopSignal();
  let supervisor: Supervisor | undefined;
  try {
    if (port !== 0) await requireFreePort(port);
    const settings = await homeSettings(home, options);
    await mkdir(home.logs, { recursive: true });
    supervisor = await superviseChildren({
      record: join(home.directory, "children.json"),
      onEvent: tellRestarts,
      pauses: RESTART_PAUSES,
    });
    const url = await Promise.race([startAll(supervisor, home, settings, port), stop.then(() => undefined)]);
    if (url === undefined) return;
    process.stdout.write(`ready ${url}\n`);
    if (!options.json) process.stdout.write(welcome(url, home, settings));
    await stop;
  } finally {
    await supervisor?.stop();
    await removeRunFile(home);
    lock.release();
  }
}

function portFromEnvironment(): number | undefined {
  const text = process.env.CAIRN_PORT;
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CairnError(`CAIRN_PORT is "${text}", which is no port`, {
    code: "bad-input",
    kind: "input",
    next: "Set it to a number from 0 to 65535, or unset it.",
  });
}

function welcome(url: string, home: Home, settings: HomeSettings): string {
  const providers = settings.providerPorts.length;
  return [
    "",
    `Cairn is running: ${providers} providers, profile ${settings.profile}, home ${home.directory}`,
    ...(providers > 0
      ? ["Note: all providers here are one operator's, on one machine: good for trying out, not for safe-keeping."]
      : ["No provider runs here: others join with `cairn provider --gateway URL`."]),
    "Three verifier keys with a quorum of two, all of one operator: this machine.",
    "",
    `  look        ${url}`,
    "  store       node bin/cairn.mjs put FOLDER",
    "  get back    node bin/cairn.mjs get NAME DEST",
    "  stop        Ctrl-C",
    "",
  ].join("\n");
}

async function startAll(supervisor: Supervisor, home: Home, settings: HomeSettings, port: number): Promise<string> {
  const databases = await openDatabases(supervisor, home);
  const chainUrl = process.env.CAIRN_CHAIN_URL ?? (await startChain(supervisor, home, settings, databases.chain));
  const config: GatewayConfig = {
    home: home.directory,
    profile: settings.profile,
    database: databases.gateway,
    chainUrl,
    port,
    ...(process.env.CAIRN_PIECE_LIMIT === undefined ? {} : { pieceLimit: Number(process.env.CAIRN_PIECE_LIMIT) }),
  };
  if ((await readJson(home.deploymentFile)) === undefined) {
    const seconds = PROFILES[settings.profile].blockSeconds * BLOCKS_OF_FIRST_START;
    process.stderr.write(
      `cairn: first start of this home: contracts are being deployed, about ${formatDuration(seconds)}\n`,
    );
  }
  const configFile = join(home.gateway, "config.json");
  await writeWhole(configFile, JSON.stringify(config));
  const [gateway] = await supervisor.start(
    processUnit({
      name: "gateway",
      restart: true,
      module: GATEWAY_MAIN,
      args: [configFile],
      logs: home.logs,
      readySeconds: GATEWAY_READY_SECONDS,
    }),
  );
  const url = String(gateway?.url);
  if (port === 0) await writeWhole(configFile, JSON.stringify({ ...config, port: Number(new URL(url).port) }));
  await supervisor.start(
    ...(await Promise.all(
      settings.providerPorts.map((at, index) => localProviderUnit(home, settings, url, index, at)),
    )),
  );
  await writeRunFile(home, {
    url,
    pid: process.pid,
    profile: settings.profile,
    chainUrl,
    startedAt: Math.floor(Date.now() / 1000),
    children: supervisor.units().map((unit) => ({ name: unit.name, pid: unit.pid ?? 0 })),
  });
  return url;
}

async function startChain(
  supervisor: Supervisor,
  home: Home,
  settings: HomeSettings,
  database: PoolConfig,
): Promise<string> {
  const profile = PROFILES[settings.profile];
  const validator = await homeKey(home, "chain", "validator");
  const faucet = profile.faucet ? await homeKey(home, "chain", "faucet") : undefined;
  const contracts = contractAddresses((await homeKey(home, "gateway", "executor")).key);
  const config: ChainConfig = {
    chainId: profile.chainId,
    blockSeconds: profile.blockSeconds,
    validatorKey: validator.key,
    database: database as ChainConfig["database"],
    emission: !profile.faucet,
    ...(faucet === undefined
      ? {}
      : {
          alloc: { [faucet.address]: FAUCET_POT.toString() } as Record<Hex, string>,
          faucet: { key: faucet.key, perAddress: FAUCET_PER_ADDRESS.toString() },
        }),
    listen: { host: "127.0.0.1", port: settings.chainPort },
    priority: {
      addresses: [contracts.ProofLedger, contracts.StorageDeals],
      share: profile.blockSeconds < SECONDS_WITH_GAS_TO_SHARE ? 0 : PROTOCOL_GAS_SHARE,
    },
  };
  const file = join(home.chain, "config.json");
  await writeWhole(file, JSON.stringify(config));
  const [ready] = await supervisor.start(
    processUnit({
      name: "chain",
      restart: true,
      module: CHAIN_MAIN,
      args: [file],
      env: { NODE_OPTIONS: CHAIN_NODE_FLAGS.join(" ") },
      logs: home.logs,
    }),
  );
  return String(ready?.url);
}
