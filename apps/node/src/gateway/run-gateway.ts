import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Audit, createAudit, type TicketSigner } from "@cairn/audit";
import { openFileBlobStore } from "@cairn/blobs";
import { createProjection, type NewEvent, recordEvents } from "@cairn/catalog";
import { runIndexer } from "@cairn/chain";
import { ChainClock, PROFILES, type Random } from "@cairn/core";
import { openDatabase } from "@cairn/database";
import {
  authenticate,
  createHttpServer,
  createMetrics,
  ensureLocalAccount,
  type GatewayContext,
  KEPT_SECONDS,
  keepTidy,
  liveRoute,
  migrateGateway,
  openChain,
  packageRoutes,
  providerRoutes,
  publicRoutes,
} from "@cairn/gateway";
import { createMarket } from "@cairn/market";
import { machineClock as clock, listenError, localUrl, watchStalls } from "@cairn/process";
import { logLevel } from "@cairn/process/log-level";
import { type Address, CairnError, MAX_PIECE_BYTES, signTyped } from "@cairn/protocol";
import { openTransport } from "@cairn/transport";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
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
const DEFAULT_DAYS = 180;
/** Providers take none that hold for longer than an hour by their own clocks, which may be behind. */
const TICKET_SECONDS = 1800;
const CATCH_UP_SECONDS = 60;
/** Claims for providers: often where a person watches, once a day for real. */
const CLAIM_EVERY_SECONDS = { local: 180, demo: 30, real: 86_400 };
/** A chain without work makes a block every heartbeat; the chain's time goes on for so many of them without one. */
const LONGEST_HEARTBEATS = 2;
/** The verifiers count as away when they saw no head for so many blocks, and so many seconds. */
const ABSENT = { blocks: 3, seconds: 4 };
/** What the faucet deposits for a new owner. */
const FAUCET_DEPOSIT = 1000n * 10n ** 18n;

export interface RunningGateway {
  url: string;
  stop(): Promise<void>;
}

const contestedEvent = (provider: Address): NewEvent => ({
  provider,
  kind: "provider-contested",
  severity: "warning",
  message: `two programs with the keys of provider ${provider} connect in turn: each ends the other's connection`,
  next: "End one of the two: a provider's directory runs once, and a copy of it is the same provider.",
});

/** The gateway: opens database and chain, takes up what was under way, serves API and providers. */
export async function runGateway(config: GatewayConfig): Promise<RunningGateway> {
  const log = pino({ level: logLevel() });
  const home = homeAt(config.home);
  const profile = PROFILES[config.profile];
  const database = await openDatabase(config.database, {
    onIdleError: (error) => log.warn({ error: error.message }, "database connection lost"),
  });
  const { pool } = database;
  // Connections of their own: whatever is asked of the API, audit, pay and the health check do not wait for it.
  const reserved = await openDatabase(config.database, {
    onIdleError: (error) => log.warn({ error: error.message }, "database connection lost"),
  });
  await migrateGateway(pool);
  const token = await homeToken(home);
  await ensureLocalAccount(pool, token);

  const executorKey = await homeKey(home, "gateway", "executor");
  const verifierKeys = await Promise.all(VERIFIERS.map((name) => homeKey(home, "gateway", name)));
  const validator = profile.faucet ? undefined : await homeKey(home, "chain", "validator");
  const chain = await openChain({
    pool,
    chainUrl: config.chainUrl,
    profile,
    keys: { executor: executorKey, verifiers: verifierKeys, validator },
    known: await knownNetwork(home),
    finality: config.finality,
    say: sayProgress,
  });
  // Until they are final the next start looks for them anew.
  void chain.final.then(() => writeWhole(home.deploymentFile, `${JSON.stringify(chain.deployment, null, 2)}\n`));
  const { deployment } = chain;
  const faucet = profile.faucet && deployment.chainId === profile.chainId;
  const ledger = chain.executor;
  const chainClock = new ChainClock(clock, LONGEST_HEARTBEATS * profile.heartbeatSeconds);
  chainClock.see(...(await Promise.all([ledger.latest(), ledger.present()])));
  const chainNow = () => chainClock.now();

  const stopping = new AbortController();
  const random: Random = { bytes: (length) => randomBytes(length) };
  const transport = openTransport({
    ledger,
    executor: executorKey.address,
    signRequest: (message) => signTyped("GatewayRequest", message, deployment, executorKey.key),
    chainNow,
    allowPrivateEndpoints: profile.name !== "real",
    onContested: (provider) =>
      void recordEvents(pool, [contestedEvent(provider)]).catch((error: unknown) =>
        log.warn({ err: error, provider }, "an event is not recorded"),
      ),
    log,
  });
  const blobs = await openFileBlobStore(join(home.gateway, "blobs"));

  const signTicket: TicketSigner = async (deal, offset, length) => {
    const message = {
      deal,
      offset: BigInt(offset),
      length: BigInt(length),
      expiry: BigInt(chainNow() + TICKET_SECONDS),
      nonce: `0x${randomBytes(32).toString("hex")}` as const,
    };
    return { message, signature: signTyped("ReadTicket", message, deployment, executorKey.key) };
  };

  const audit: Audit = createAudit(
    {
      pool: reserved.pool,
      ledger,
      deployment,
      verifierSet: chain.verifierSet,
      quorum: chain.quorum,
      verifiers: chain.verifiers.map(({ key, opened }) => ({ ...key, ledger: opened })),
      transport,
      clock: chainClock,
      signTicket,
      leafFiles: blobs,
    },
    {
      claimEveryPeriods: Math.max(1, Math.round(CLAIM_EVERY_SECONDS[profile.name] / profile.periodSeconds)),
      recordSeconds: KEPT_SECONDS[profile.name],
      absentAfterSeconds: Math.max(ABSENT.seconds, ABSENT.blocks * profile.blockSeconds),
    },
  );

  const market = createMarket({
    pool,
    ledger,
    deployment,
    transport,
    blobs,
    spoolDirectory: join(home.gateway, "spool"),
    executorKey: executorKey.key,
    profile,
    verifierSet: chain.verifierSet,
    clock,
    chainNow,
    random,
    log,
    attest: (deal, seed, proof, signature) => audit.attest({ deal, seed, proof, signature }),
    ...(config.pieceLimit === undefined ? {} : { pieceLimit: config.pieceLimit }),
  });

  const registry = new Registry();
  const downstream = await openDoor({
    home,
    pool,
    // A network to try things out takes farmers that have nothing to sign with.
    settings: completeSettings(home, await readDownstreamFile(home), profile.name === "real"),
    registry,
    log,
    shards: shardsOf(market),
  });

  const stalls = watchStalls();
  const context: GatewayContext & { transport: typeof transport } = {
    pool,
    reservedPool: reserved.pool,
    stalls,
    market,
    audit,
    ledger,
    chainNow,
    transport,
    profile,
    startedAt: Date.now(),
    network: {
      version: VERSION,
      profile: profile.name,
      chainUrl: config.chainUrl,
      executor: executorKey.address,
      verifierSet: chain.verifierSet,
      verifiers: verifierKeys.map((key) => key.address).sort(),
      quorum: chain.quorum,
      operators: 1,
      deployment,
      defaults: { k: profile.k, n: profile.n, days: DEFAULT_DAYS },
      pieceLimit: config.pieceLimit ?? MAX_PIECE_BYTES,
      scrubSeconds: profile.scrubSeconds,
      faucet,
    },
    faucet: faucet
      ? async (owner) => {
          await ledger.deposit({ id: `faucet:${deployment.deals}:${owner}` }, owner, FAUCET_DEPOSIT);
        }
      : undefined,
    signTicket,
    caughtUp: () => caughtUp(),
    metrics: createMetrics(() => context, registry),
    balanceOf: async (owner) => ({ balance: await ledger.balance(owner), coins: await ledger.gasBalance(owner) }),
  };

  const projection = createProjection(pool, ledger);
  async function caughtUp(): Promise<void> {
    const { number } = await ledger.finalized();
    for (let waited = 0; waited < CATCH_UP_SECONDS; waited += 0.25) {
      if (((await projection.head())?.number ?? -1) >= number) return;
      await clock.sleep(0.25, stopping.signal);
    }
    throw new CairnError(`the catalog is still behind block ${number} of the chain`, {
      code: "chain-behind",
      kind: "unavailable",
      next: "Wait a little and try again.",
    });
  }

  const server = await createHttpServer(
    [
      publicRoutes(context),
      packageRoutes(context),
      liveRoute(context, stopping.signal),
      providerRoutes(context),
      ...downstream.plugins,
      offerRoute(context, downstream.node.chunks),
    ],
    {
      version: VERSION,
      names: gatewayNames(),
      trustedProxies: trustedProxies(),
      authenticate: (request) => authenticate(pool, request),
      goodTokens: [token],
      providerOf: (session) => transport.providerOf(session),
    },
  );
  const poll = Math.max(250, (profile.blockSeconds * 1000) / 4);
  /** Blocks come when there is work; a round is due in any case when so much time has passed. */
  const tickMilliseconds = profile.blockSeconds * 1000;
  const trouble = (error: { message: string }, pause: number) =>
    log.warn({ error: error.message, pause }, "the indexer tries again");
  const loops = [
    runIndexer({
      ledger,
      target: projection,
      signal: stopping.signal,
      pollMilliseconds: poll,
      onTrouble: trouble,
    }),
    runIndexer({
      ledger,
      target: audit.projection,
      signal: stopping.signal,
      pollMilliseconds: poll,
      onTrouble: trouble,
    }),
    keepAuditing(),
    keepTidy({ pool, clock, profile: profile.name, signal: stopping.signal, log }),
  ];
  await market.start();
  await downstream.node.start("when-needed");
  const unfollow = followPool(home, downstream.node.settings.pool, downstream.node.chunks, log);
  const url = await listen(server, config.port);

  /** Rounds may overlap: what one of them waits for on chain does not keep the next period from being opened. */
  async function keepAuditing(): Promise<void> {
    const rounds = new Set<Promise<void>>();
    const trouble = (error: Error) => {
      if (!stopping.signal.aborted) log.warn({ error: error.message }, "the audit tries again");
    };
    let last = -1;
    let ticked = 0;
    while (!stopping.signal.aborted) {
      try {
        const [head, latest, present] = await Promise.all([ledger.finalized(), ledger.latest(), ledger.present()]);
        chainClock.see(latest, present);
        await audit.listening();
        const now = performance.now();
        if (head.number > last || now - ticked >= tickMilliseconds) {
          last = head.number;
          ticked = now;
          // Periods begin by the chain's time, whether a block was made since or not.
          const round = audit.round({ ...head, timestamp: Math.max(head.timestamp, chainNow()) }).catch(trouble);
          rounds.add(round);
          void round.finally(() => rounds.delete(round));
        }
      } catch (error) {
        trouble(error as Error);
      }
      await Promise.race([
        ledger.nextBlock(last, stopping.signal),
        clock.sleep(tickMilliseconds / 1000, stopping.signal),
      ]);
    }
    await Promise.all(rounds);
  }

  return {
    url,
    async stop() {
      stopping.abort();
      stalls.stop();
      unfollow();
      await server.close();
      await downstream.node.stop();
      await market.stop();
      await transport.close();
      // First, so that nobody waits for a block any more: what was sent is taken up at the next start.
      await ledger.stop();
      await Promise.all(loops);
      await Promise.all([database.close(), reserved.close()]);
    },
  };
}

async function listen(server: FastifyInstance, port: number): Promise<string> {
  const host = gatewayHost();
  try {
    await server.listen({ host, port });
  } catch (error) {
    throw listenError(error, { host, port, ...GATEWAY_SETTINGS });
  }
  return localUrl(server.server.address() as AddressInfo);
}
