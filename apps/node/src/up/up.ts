import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { s3Environment } from "@cairn/blobs/s3-settings";
import { contractAddresses, PASSING_TOPICS } from "@cairn/chain";
import type { ChainConfig } from "@cairn/chain/node";
import { CHAIN_MAIN, CHAIN_NODE_FLAGS } from "@cairn/chain/node/process";
import { PROFILES } from "@cairn/core";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import type { PoolConfig } from "pg";
import { calledAs } from "../cli/as-called.ts";
import { formatDuration } from "../cli/format.ts";
import type { GatewayConfig } from "../gateway/gateway-config.ts";
import { type Home, homeAt, makeDirectory, writeWhole } from "../home/home.ts";
import { homeKey } from "../home/home-keys.ts";
import { knownNetwork } from "../home/known-network.ts";
import { homeOption } from "../home/local-provider.ts";
import { removeHome } from "../home/remove-home.ts";
import { type RunFile, removeRunFile, writeRunFile } from "../home/run-file.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { processUnit } from "../supervise/process-unit.ts";
import { stopSignal } from "../supervise/stop-signal.ts";
import { type SupervisedUnit, type Supervisor, superviseChildren } from "../supervise/supervise-children.ts";
import { tellProgress, tellRestarts, tellSilent } from "../supervise/tell-restarts.ts";
import { consoleLink } from "./console-link.ts";
import { archive, chainFinality, chainUrlOf, checkEnvironment, pieceLimit, portOf } from "./environment.ts";
import { requireBlobs } from "./external-blobs.ts";
import { findConsole } from "./find-console.ts";
import { joinNetwork } from "./join-network.ts";
import { localProviderUnit } from "./local-providers.ts";
import { openDatabases } from "./open-databases.ts";
import { requireNetwork } from "./require-network.ts";
import { type HomeSettings, homeSettings, requireFreePort, type UpOptions } from "./settings.ts";
import { tlsSetting } from "./tls-setting.ts";
import { vaultPathsSetting } from "./vault-paths-setting.ts";

const DEFAULT_PORT = 4400;
/** Milliseconds. Providers miss periods while the gateway is away, so that even what keeps falling over is tried every few seconds. */
const RESTART_PAUSES = { first: 200, longest: 5_000, steady: 10_000 };
/** For each of the steps of a first start: coins, three contracts, the verifier set. */
const GATEWAY_READY_SECONDS = 900;
const BLOCKS_OF_FIRST_START = 12;
const GATEWAY_MAIN = fileURLToPath(new URL("../gateway/gateway-main.ts", import.meta.url));
/**
 * Its heap grows by a quarter between two collections, not to its double: strangers' requests die soon, and some 100 MB of them would wait to be
 * collected otherwise (soak/flood.soak.ts).
 */
const GATEWAY_FLAGS = ["--heap-growing-percent=25"];
/** Of each block's gas, for proofs, votes and settlement whatever else is sent. What is left must hold the largest deployment, 6 M gas. */
const PROTOCOL_GAS_SHARE = 0.4;
const SECONDS_WITH_GAS_TO_SHARE = 2;
const DAY = 86_400;
/** What the chain keeps of its past, unless it is an archive: states of so many blocks, history of so many seconds. */
const CHAIN_KEEPS = {
  local: { stateBlocks: 1024, historySeconds: 7 * DAY },
  demo: { stateBlocks: 1024, historySeconds: DAY },
  real: { stateBlocks: 1024, historySeconds: 30 * DAY },
};
/** What the faucet of a throw-away network may give one address. */
const FAUCET_PER_ADDRESS = 1_000_000n * 10n ** 18n;
const FAUCET_POT = 10n ** 9n * 10n ** 18n;

/** Start PostgreSQL, the chain, the gateway and the local providers, keep the first three running, stop all on SIGTERM. */
export async function up(options: UpOptions): Promise<void> {
  const home = homeAt(options.home);
  const port = options.port ?? portOf("CAIRN_PORT") ?? DEFAULT_PORT;
  const chainPort = options.chainPort ?? portOf("CAIRN_CHAIN_PORT");
  const external = chainUrlOf(options.chain);
  checkEnvironment();
  refuseRemote(home);
  await refuseTakenPort(home, port);
  await requireBlobs(home);
  if (options.gatewayOnly === true) requireNetwork(home, external);
  const tls = await tlsSetting(options);
  const vaultPaths = vaultPathsSetting(options.vaultPath, home.directory);
  const lock = lockHome(home.directory);
  const stop = stopSignal(options.temporary);
  let supervisor: Supervisor | undefined;
  try {
    // Of one that was killed, whose process id may be ours by now.
    await removeRunFile(home);
    const settings = await homeSettings(home, { ...options, ...(chainPort === undefined ? {} : { chainPort }) });
    if (options.deals !== undefined) await joinNetwork(home, { deals: options.deals, chainUrl: external });
    await makeDirectory(home.logs);
    supervisor = await superviseChildren({
      record: join(home.directory, "children.json"),
      onEvent: tellRestarts(home, options.temporary),
      pauses: RESTART_PAUSES,
    });
    const url = await Promise.race([
      startAll(supervisor, home, settings, {
        ...{ port, external, gatewayOnly: options.gatewayOnly === true, ...tls, ...vaultPaths },
      }),
      stop.then(() => undefined),
    ]);
    if (url === undefined) return;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ready: true, url, home: home.directory, profile: settings.profile, pid: process.pid, providers: settings.providerPorts.length })}\n`
        : `ready ${url}\n${welcome(url, home, settings, await consoleLink(url, home), tls !== undefined)}`,
    );
    await stop;
  } finally {
    await supervisor?.stop();
    await removeRunFile(home);
    lock.release();
    if (options.temporary) await removeHome(home.directory);
  }
}

/** Its commands would go there, and not to the network that starts here. */
function refuseRemote({ directory, remoteFile }: Home): void {
  if (!existsSync(remoteFile)) return;
  throw new CairnError(`${directory} is logged in at a gateway elsewhere`, {
    code: "logged-in",
    kind: "conflict",
    next: "Start the network in another home (--home), or log out first with `cairn logout`.",
  });
}

/** Before anything is made: a refused start leaves nothing behind. That the home itself is in use says more than that its port is. */
async function refuseTakenPort(home: Home, port: number): Promise<void> {
  try {
    await requireFreePort(port);
  } catch (error) {
    if (existsSync(join(home.directory, "lock"))) lockHome(home.directory).release();
    throw error;
  }
}

function welcome(url: string, home: Home, settings: HomeSettings, link: string | undefined, tls: boolean): string {
  const providers = settings.providerPorts.length;
  // As the person called it: from a checkout, or by its name.
  const cairn = calledAs();
  const at = homeOption(home);
  return [
    "",
    `Cairn is running: ${providers} providers, profile ${settings.profile}, home ${home.directory}`,
    ...(providers > 0
      ? ["Note: all providers here are one operator's, on one machine: good for trying out, not for safe-keeping."]
      : [`No provider runs here: others join with \`${cairn} provider --gateway URL\`.`]),
    "Three verifier keys with a quorum of two, all of one operator: this machine.",
    "",
    ...(link === undefined
      ? [`  look        ${url}`]
      : [`  open        ${link}`, `              (signed in, once, within half an hour; later: ${cairn} open${at})`]),
    ...(tls
      ? [
          `  elsewhere   https://NAME:${new URL(url).port}, NAME as the certificate has it; http is for this machine alone`,
        ]
      : []),
    `  store       ${cairn} put FOLDER${at}`,
    `  get back    ${cairn} get NAME DEST${at}`,
    `  how it is   ${cairn} status${at}`,
    `  stop        Ctrl-C, or ${cairn} stop${at}`,
    "",
  ].join("\n");
}

function runFileEntry({ name, pid, ready = {} }: SupervisedUnit): RunFile["children"][number] {
  const url = ready.url ?? ready.endpoint;
  return {
    name,
    pid: pid ?? 0,
    ...(typeof url === "string" && url !== "" ? { url } : {}),
    ...(typeof ready.provider === "string" ? { provider: ready.provider } : {}),
  };
}

async function startAll(
  supervisor: Supervisor,
  home: Home,
  settings: HomeSettings,
  {
    port,
    external,
    gatewayOnly,
    tls,
    vaultPaths,
  }: { port: number; external: string | undefined; gatewayOnly: boolean } & Pick<GatewayConfig, "tls" | "vaultPaths">,
): Promise<string> {
  // Built, where it must be, while databases and chain start.
  const building = findConsole((line) => process.stderr.write(`cairn: ${line}\n`));
  const databases = await openDatabases(supervisor, home, external === undefined);
  const chainUrl = external ?? (await startChain(supervisor, home, settings, databases.chain as PoolConfig));
  const console = await building;
  const config: GatewayConfig = {
    home: home.directory,
    ...(console === undefined ? {} : { console }),
    profile: settings.profile,
    database: databases.gateway,
    chainUrl,
    ...(external === undefined ? {} : chainFinality()),
    port,
    ...(gatewayOnly ? { doorless: true } : {}),
    ...(tls === undefined ? {} : { tls }),
    ...(vaultPaths === undefined ? {} : { vaultPaths }),
    ...pieceLimit(),
  };
  if (external === undefined && (await knownNetwork(home)) === undefined) {
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
      flags: GATEWAY_FLAGS,
      // No other process is given the keys.
      env: s3Environment(process.env),
      args: [configFile],
      logs: home.logs,
      readySeconds: GATEWAY_READY_SECONDS,
      onProgress: tellProgress,
      onSilent: tellSilent(),
    }),
  );
  const url = String(gateway?.url);
  if (port === 0) await writeWhole(configFile, JSON.stringify({ ...config, port: Number(new URL(url).port) }));
  const onSilent = tellSilent();
  await supervisor.start(
    ...(await Promise.all(
      (gatewayOnly ? [] : settings.providerPorts).map((at, index) =>
        localProviderUnit(home, settings, url, index, at, onSilent),
      ),
    )),
  );
  await writeRunFile(home, {
    url,
    pid: process.pid,
    profile: settings.profile,
    chainUrl,
    startedAt: Math.floor(Date.now() / 1000),
    children: supervisor.units().map(runFileEntry),
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
    heartbeatSeconds: profile.heartbeatSeconds,
    ...(archive() ? {} : { retention: { ...CHAIN_KEEPS[settings.profile], passingTopics: PASSING_TOPICS } }),
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
      onProgress: tellProgress,
      onSilent: tellSilent(),
    }),
  );
  return String(ready?.url);
}
