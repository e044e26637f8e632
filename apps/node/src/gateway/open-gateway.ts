import { join } from "node:path";
import { smtpMailer } from "@cairn/accounts";
import { PROFILES } from "@cairn/core";
import { type RunningGateway, runGateway } from "@cairn/gateway";
import { namesIn, readTls } from "@cairn/gateway/tls";
import { logLevel } from "@cairn/process/log-level";
import { pino } from "pino";
import { doorDirectory, doorSettings } from "../home/door-home.ts";
import { homeAt, homeGatewayId, homeToken, writeWhole } from "../home/home.ts";
import { homeKey, homeSecret } from "../home/home-keys.ts";
import { knownNetwork } from "../home/known-network.ts";
import { sayProgress } from "../supervise/ready-line.ts";
import { doorPort, gatewayHost, gatewayNames, publicUrl, sharedDirectory, trustedProxies } from "../up/environment.ts";
import { s3Place } from "../up/external-blobs.ts";
import { privateWebhooks, smtpSettings } from "../up/notice-settings.ts";
import { GATEWAY_SETTINGS } from "../up/settings.ts";
import { keptFolders } from "../up/vault-paths-setting.ts";
import { VERSION } from "../version.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { loadDoors } from "./load-doors.ts";

const VERIFIERS = ["verifier-1", "verifier-2", "verifier-3"];

/** The gateway of a home: reads what is kept there and in the environment, and runs it. */
export async function openGateway(config: GatewayConfig): Promise<RunningGateway> {
  const log = pino({ level: logLevel() });
  const home = homeAt(config.home);
  const profile = PROFILES[config.profile];
  const files = sharedDirectory() ?? home.gateway;
  const smtp = smtpSettings();
  const doors = config.doorless === true ? [] : await loadDoors();
  const [executor, validator, ...verifiers] = await Promise.all([
    homeKey(home, "gateway", "executor"),
    profile.faucet ? undefined : homeKey(home, "chain", "validator"),
    ...VERIFIERS.map((name) => homeKey(home, "gateway", name)),
  ]);
  return runGateway({
    id: await homeGatewayId(home),
    version: VERSION,
    profile,
    database: config.database,
    chainUrl: config.chainUrl,
    finality: config.finality,
    keys: { executor, verifiers, validator },
    known: await knownNetwork(home),
    onFinal: (deployment) => void writeWhole(home.deploymentFile, `${JSON.stringify(deployment, null, 2)}\n`),
    notices: { mailer: smtp === undefined ? undefined : smtpMailer(smtp), allowPrivate: privateWebhooks() },
    token: await homeToken(home),
    custodySecret: await homeSecret(home),
    directories: { blobs: join(files, "blobs"), spool: join(files, "spool") },
    vaultPaths: { folders: config.vaultPaths ?? [], kept: keptFolders(home.directory) },
    console: config.console,
    publicUrl: publicUrl(),
    s3: await s3Place(home),
    pieceLimit: config.pieceLimit,
    listen: {
      host: gatewayHost(),
      port: config.port,
      ...GATEWAY_SETTINGS,
      ...(config.tls === undefined ? {} : { tls: config.tls }),
      names: [...gatewayNames(), ...(config.tls === undefined ? [] : namesIn(readTls(config.tls)))],
      trustedProxies: trustedProxies(),
    },
    doors: doors.map((door) => ({
      door,
      directory: doorDirectory(home, door.name),
      settings: doorSettings(home, door.name),
    })),
    doorPort,
    say: sayProgress,
    log,
  });
}
