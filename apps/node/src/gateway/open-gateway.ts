import { join } from "node:path";
import { PROFILES } from "@cairn/core";
import { type RunningGateway, runGateway } from "@cairn/gateway";
import { logLevel } from "@cairn/process/log-level";
import { pino } from "pino";
import { followPool } from "../downstream/follow-pool.ts";
import { offerRoute } from "../downstream/offer-route.ts";
import { shardsOf } from "../downstream/offer-shard.ts";
import { openDoor } from "../downstream/open-door.ts";
import { completeSettings, readDownstreamFile } from "../downstream/settings.ts";
import { homeAt, homeToken, writeWhole } from "../home/home.ts";
import { homeKey } from "../home/home-keys.ts";
import { knownNetwork } from "../home/known-network.ts";
import { sayProgress } from "../supervise/ready-line.ts";
import { gatewayHost, gatewayNames, trustedProxies } from "../up/environment.ts";
import { GATEWAY_SETTINGS } from "../up/settings.ts";
import { VERSION } from "../version.ts";
import type { GatewayConfig } from "./gateway-config.ts";

const VERIFIERS = ["verifier-1", "verifier-2", "verifier-3"];

/** The gateway of a home: reads what is kept there and in the environment, and runs it. */
export async function openGateway(config: GatewayConfig): Promise<RunningGateway> {
  const log = pino({ level: logLevel() });
  const home = homeAt(config.home);
  const profile = PROFILES[config.profile];
  const [executor, validator, ...verifiers] = await Promise.all([
    homeKey(home, "gateway", "executor"),
    profile.faucet ? undefined : homeKey(home, "chain", "validator"),
    ...VERIFIERS.map((name) => homeKey(home, "gateway", name)),
  ]);
  return runGateway({
    version: VERSION,
    profile,
    database: config.database,
    chainUrl: config.chainUrl,
    finality: config.finality,
    keys: { executor, verifiers, validator },
    known: await knownNetwork(home),
    onFinal: (deployment) => void writeWhole(home.deploymentFile, `${JSON.stringify(deployment, null, 2)}\n`),
    token: await homeToken(home),
    directories: { blobs: join(home.gateway, "blobs"), spool: join(home.gateway, "spool") },
    pieceLimit: config.pieceLimit,
    listen: {
      host: gatewayHost(),
      port: config.port,
      ...GATEWAY_SETTINGS,
      names: gatewayNames(),
      trustedProxies: trustedProxies(),
    },
    async openDoors({ pool, market, registry }) {
      // A network to try things out takes farmers that have nothing to sign with.
      const settings = completeSettings(home, await readDownstreamFile(home), profile.name === "real");
      const { node, plugins } = await openDoor({ home, pool, settings, registry, log, shards: shardsOf(market) });
      let unfollow: (() => void) | undefined;
      return [
        {
          name: "downstream",
          plugins: [...plugins, offerRoute({ pool, market }, node.chunks)],
          async start() {
            await node.start("when-needed");
            unfollow = followPool(home, settings.pool, node.chunks, log);
          },
          async stop() {
            unfollow?.();
            await node.stop();
          },
        },
      ];
    },
    say: sayProgress,
    log,
  });
}
