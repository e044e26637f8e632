import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Audit, auditMigrations, createAudit, type Notice } from "@cairn/audit";
import { openFileBlobStore } from "@cairn/blobs";
import { catalogMigrations, createProjection, enqueue, recordEvents } from "@cairn/catalog";
import { OUTGOING_MIGRATIONS, runIndexer, signTyped } from "@cairn/chain";
import { CairnError, type Clock, type Deployment, MAX_PIECE_BYTES, PROFILES, type Random } from "@cairn/core";
import { migrate, openDatabase } from "@cairn/database";
import { createMarket } from "@cairn/market";
import { openTransport } from "@cairn/transport";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { KnownNetwork } from "../account/account-file.ts";
import { followPool } from "../downstream/follow-pool.ts";
import { offerRoute } from "../downstream/offer-route.ts";
import { shardsOf } from "../downstream/offer-shard.ts";
import { openDoor } from "../downstream/open-door.ts";
import { completeSettings, readDownstreamFile } from "../downstream/settings.ts";
import { homeAt, homeToken, readJson, writeWhole } from "../home/home.ts";
import { homeKey } from "../home/home-keys.ts";
import { VERSION } from "../version.ts";
import { ensureLocalAccount } from "./authenticate.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { createHttpServer } from "./http-server.ts";
import { liveRoute } from "./live-route.ts";
import { createMetrics } from "./metrics.ts";
import { openChain } from "./open-chain.ts";
import { packageRoutes } from "./package-routes.ts";
import { providerDoor } from "./provider-door.ts";
import { publicRoutes } from "./public-routes.ts";

const VERIFIERS = ["verifier-1", "verifier-2", "verifier-3"];
const DEFAULT_DAYS = 180;
const TICKET_SECONDS = 3600;
const CATCH_UP_SECONDS = 60;
/** Claims for providers: often where a person watches, once a day for real. */
const CLAIM_EVERY_SECONDS = { local: 180, demo: 30, real: 86_400 };
/** The verifiers count as away when they saw no head for so many blocks, and so many seconds. */
const ABSENT = { blocks: 3, seconds: 4 };
/** What the faucet deposits for a new owner. */
const FAUCET_DEPOSIT = 1000n * 10n ** 18n;

export interface RunningGateway {
  url: string;
  stop(): Promise<void>;
}

/** The gateway: opens database and chain, takes up what was under way, serves API and providers. */
export async function runGateway(config: GatewayConfig): Promise<RunningGateway> {
  const log = pino({ level: process.env.CAIRN_LOG ?? "info" });
  const home = homeAt(config.home);
  const profile = PROFILES[config.profile];
  const database = await openDatabase(config.database, {
    onIdleError: (error) => log.warn({ error: error.message }, "database connection lost"),
  });
  const { pool } = database;
  await migrate(pool, OUTGOING_MIGRATIONS.namespace, OUTGOING_MIGRATIONS.migrations);
  await migrate(pool, "catalog", catalogMigrations);
  await migrate(pool, "audit", auditMigrations);
  await ensureLocalAccount(pool, await homeToken(home));

  const executorKey = await homeKey(home, "gateway", "executor");
  const verifierKeys = await Promise.all(VERIFIERS.map((name) => homeKey(home, "gateway", name)));
  const validator = profile.faucet ? undefined : await homeKey(home, "chain", "validator");
  const chain = await openChain(
    pool,
    config.chainUrl,
    profile,
    { executor: executorKey, verifiers: verifierKeys, validator },
    (await readJson<Deployment>(home.deploymentFile)) ?? (await readJson<KnownNetwork>(home.joinedFile)),
  );
  await writeWhole(home.deploymentFile, `${JSON.stringify(chain.deployment, null, 2)}\n`);
  const { deployment } = chain;
  const faucet = profile.faucet && deployment.chainId === profile.chainId;
  const ledger = chain.executor;

  const stopping = new AbortController();
  const clock: Clock = {
    now: () => Math.floor(Date.now() / 1000),
    sleep: (seconds, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
  const random: Random = { bytes: (length) => randomBytes(length) };
  const transport = openTransport({
    ledger,
    executor: executorKey.address,
    signRequest: (message) => signTyped("GatewayRequest", message, deployment, executorKey.key),
    allowPrivateEndpoints: profile.name !== "real",
    log,
  });
  const blobs = await openFileBlobStore(join(home.gateway, "blobs"));

  const audit: Audit = createAudit(
    {
      pool,
      ledger,
      deployment,
      verifierSet: chain.verifierSet,
      quorum: chain.quorum,
      verifiers: chain.verifiers.map(({ key, opened }) => ({ ...key, ledger: opened })),
      transport,
      leafFiles: blobs,
      tell: (notice) => tell(notice),
      hand: (topic, payload) => enqueue(pool, topic, payload),
    },
    {
      claimEveryPeriods: Math.max(1, Math.round(CLAIM_EVERY_SECONDS[profile.name] / profile.periodSeconds)),
      absentAfterSeconds: Math.max(ABSENT.seconds, ABSENT.blocks * profile.blockSeconds),
    },
  );
  async function tell({ package: id, provider, deal, ...notice }: Notice): Promise<void> {
    await recordEvents(pool, [
      { ...notice, package: id ?? undefined, provider: provider ?? undefined, deal: deal ?? undefined },
    ]);
  }

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

  const context: GatewayContext & { transport: typeof transport } = {
    pool,
    market,
    audit,
    ledger,
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
    signTicket: async (deal, offset, length) => {
      const message = {
        deal,
        offset: BigInt(offset),
        length: BigInt(length),
        expiry: BigInt(clock.now() + TICKET_SECONDS),
        nonce: `0x${randomBytes(32).toString("hex")}` as const,
      };
      return { message, signature: signTyped("ReadTicket", message, deployment, executorKey.key) };
    },
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

  const server = await createHttpServer([
    publicRoutes(context),
    packageRoutes(context),
    liveRoute(context, stopping.signal),
    providerDoor(context),
    ...downstream.plugins,
    offerRoute(context, downstream.node.chunks),
  ]);
  const poll = Math.max(250, (profile.blockSeconds * 1000) / 4);
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
    while (!stopping.signal.aborted) {
      try {
        const head = await ledger.finalized();
        if (head.number > last) {
          last = head.number;
          const round = audit.round(head).catch(trouble);
          rounds.add(round);
          void round.finally(() => rounds.delete(round));
        }
      } catch (error) {
        trouble(error as Error);
      }
      await clock.sleep(poll / 1000, stopping.signal);
    }
    await Promise.all(rounds);
  }

  return {
    url,
    async stop() {
      stopping.abort();
      unfollow();
      await server.close();
      await downstream.node.stop();
      await market.stop();
      await transport.close();
      // First, so that nobody waits for a block any more: what was sent is taken up at the next start.
      await ledger.stop();
      await Promise.all(loops);
      await database.close();
    },
  };
}

async function listen(server: FastifyInstance, port: number): Promise<string> {
  await server.listen({ host: process.env.CAIRN_HOST ?? "127.0.0.1", port });
  const address = server.server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return `http://127.0.0.1:${bound}`;
}
