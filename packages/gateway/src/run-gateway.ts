import { keepHomeToken, openerIsThere, Uploads, Vaults } from "@cairn/accounts";
import { createAudit } from "@cairn/audit";
import {
  addJob,
  announceGateway,
  cancelJob,
  createProjection,
  findJob,
  type Leases,
  type NewEvent,
  recordEvents,
} from "@cairn/catalog";
import {
  askFaucet,
  type EvmLedger,
  type Finality,
  openCoinChain,
  openExplorer,
  openHeads,
  openRpc,
  openWalletChain,
  readRaw,
} from "@cairn/chain";
import { errorsAbi } from "@cairn/contracts";
import { ChainClock, type Deployment, type Profile } from "@cairn/core";
import { type DatabaseTarget, ensureDatabaseId } from "@cairn/database";
import type { DoorPort } from "@cairn/doors";
import { createMarket, openSpoolId } from "@cairn/market";
import { machineClock as clock, machineRandom as random, watchStalls } from "@cairn/process";
import { type Address, MAX_PIECE_BYTES, signDigest, signTyped } from "@cairn/protocol";
import { openTransport, rememberNonces } from "@cairn/transport";
import type { Pool } from "pg";
import { Registry } from "prom-client";
import type { Abi } from "viem";
import { accountsRoutes } from "./accounts-routes.ts";
import { caughtUp } from "./caught-up.ts";
import { consoleRoutes, readConsole } from "./console-routes.ts";
import { openCoinsOf } from "./figures/coins-of.ts";
import type { GatewayContext } from "./gateway-context.ts";
import type { GatewayKey } from "./gateway-key.ts";
import { houseOwners } from "./house-owners.ts";
import { liveRoute } from "./live-route.ts";
import { createMetrics } from "./metrics.ts";
import { migrateGateway } from "./migrate-gateway.ts";
import { type GatewayChain, openChain } from "./open-chain.ts";
import { packageRoutes } from "./package-routes.ts";
import { findPrincipal, principalOf } from "./principal-of.ts";
import { providerRoutes } from "./provider-routes.ts";
import { publicRoutes } from "./public-routes.ts";
import { backgroundTasks } from "./services/background-tasks.ts";
import { keepAuditing } from "./services/keep-auditing.ts";
import { keepCoins } from "./services/keep-coins.ts";
import { keepFigures } from "./services/keep-figures.ts";
import { keepIndexing } from "./services/keep-indexing.ts";
import { keepLeases } from "./services/keep-leases.ts";
import { keepNotifying, type NoticeWays } from "./services/keep-notifying.ts";
import { KEPT_SECONDS, keepTidy } from "./services/keep-tidy.ts";
import { type BlobsPlace, openBlobs } from "./services/open-blobs.ts";
import { type DoorPlace, openDoors } from "./services/open-doors.ts";
import { openPool } from "./services/open-pool.ts";
import { type ListenOptions, serveHttp } from "./services/serve-http.ts";
import { workAtJobs } from "./services/work-at-jobs.ts";
import { runServices, type Service, type ServicesLog } from "./services.ts";
import { signTickets } from "./sign-tickets.ts";
import { packPaths, packPathsKind } from "./vault-paths/pack-paths.ts";
import { PathReader } from "./vault-paths/path-reader.ts";

const DEFAULT_DAYS = 180;
/** Claims for providers: often where a person watches, once a day for real. */
const CLAIM_EVERY_SECONDS = { local: 180, demo: 30, real: 86_400 };
/** A chain without work makes a block every heartbeat; the chain's time goes on for so many of them without one. */
const LONGEST_HEARTBEATS = 2;
/** Transactions that wait are looked at this often, at most. */
const LEAST_POLL_SECONDS = 1;
/** The verifiers count as away when they saw no head for so many blocks, and so many seconds. */
const ABSENT = { blocks: 3, seconds: 4 };
/** Wei that a house account may sign for in a day: some months of a hundred GiB at the prices of a local network. */
const HOUSE_DAILY_LIMIT = 100n * 10n ** 18n;
/** What the faucet deposits for a new owner. */
const FAUCET_DEPOSIT = 1000n * 10n ** 18n;

export interface GatewayOptions {
  /** Which of the gateways of its database it is: the same at each start, and no other's. */
  id: string;
  /** Of the product. */
  version: string;
  profile: Profile;
  database: DatabaseTarget;
  chainUrl: string;
  /** How the chain tells which blocks are final; by the tag when left out. */
  finality?: Finality | undefined;
  keys: {
    executor: GatewayKey;
    verifiers: GatewayKey[];
    /** Pays the others' gas on a chain of ours without a faucet. */
    validator: GatewayKey | undefined;
  };
  /** Contracts that are there already. */
  known: Deployment | { chainId: number; deals: Address } | undefined;
  /** Told of the contracts when they cannot be reorganised away any more; until then the next start looks for them anew. */
  onFinal(deployment: Deployment): void;
  /** How notices leave; by the console and by public webhooks alone where it is left out. */
  notices?: NoticeWays | undefined;
  /** Bearer token of the home's account. */
  token: string;
  /** What keystores of custodial wallets open with: 256 random bits. */
  custodySecret: string;
  directories: { blobs: string; spool: string };
  /**
   * Folders of this machine that users may have stored, absolute and without a slash at the end; none if left out. `kept` are the gateway's own, absolute:
   * nothing in them can be stored, wherever links and mounts show it.
   */
  vaultPaths?: { folders: readonly string[]; kept: readonly string[] } | undefined;
  /** Where the built console lies; without one, `/` shows the status page. */
  console?: string | undefined;
  /** The bucket of the blobs; files where it is left out. */
  s3?: BlobsPlace["s3"];
  /** Largest CAR file in bytes; the protocol's limit when left out. */
  pieceLimit?: number | undefined;
  listen: ListenOptions;
  /** Where other machines reach it; the address that it listens at when left out. */
  publicUrl?: string | undefined;
  /** Other protocols on the same listener. */
  doors: readonly DoorPlace[];
  /** Where a port that clients of a door expect is opened; undefined where it is not. */
  doorPort(port: DoorPort): DoorPort | undefined;
  /** Told what is being done, or waited for, in a line for a person. */
  say(line: string): void;
  log: ServicesLog & Record<"info" | "warn" | "error", (fields: object, message: string) => void>;
}

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

/**
 * The gateway: opens database and chain, takes up what was under way, serves API, providers and doors.
 *
 * Services stop in reverse. What rests on the order: nothing new comes in (HTTP) before doors, market and transport end; the ledger is stopped
 * before the background tasks are waited for, so that no round waits for a block any more (what was sent is taken up at the next start); files
 * and database are closed when nobody writes to them.
 */
export async function runGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { profile, keys, log } = options;
  const services = await runServices(async ({ start, stopping }) => {
    const pool = await start(openPool("database", options.database, log));
    // Connections of their own: whatever is asked of the API, audit, pay and the health check do not wait for it.
    const reservedPool = await start(openPool("reserved connections", options.database, log));
    await migrateGateway(pool);
    await keepHomeToken(pool, options.token);
    const spoolId = await openSpoolId(options.directories.spool);
    const leases = await start(keepLeases({ pool: reservedPool, gateway: options.id, spool: spoolId, log }));
    const blobs = await start(
      openBlobs({ directory: options.directories.blobs, s3: options.s3 }, { ...options, pool }),
    );
    const background = await start(backgroundTasks());

    const chain = await start(chainService(options, pool, leases));
    void chain.final.then(() => options.onFinal(chain.deployment));
    const { deployment, executor: ledger } = chain;
    const chainClock = new ChainClock(clock, LONGEST_HEARTBEATS * profile.heartbeatSeconds);
    chainClock.see(...(await Promise.all([ledger.latest(), ledger.present()])));
    const chainNow = () => chainClock.now();
    const signTicket = signTickets({ key: keys.executor.key, deployment, chainNow, random });

    const transport = openTransport({
      ledger,
      executor: keys.executor.address,
      signRequest: (message) => signTyped("GatewayRequest", message, deployment, keys.executor.key),
      chainNow,
      allowPrivateEndpoints: profile.name !== "real",
      onContested: (provider) =>
        void recordEvents(pool, [contestedEvent(provider)]).catch((error: unknown) =>
          log.warn({ err: error, provider }, "an event is not recorded"),
        ),
      log,
    });
    await start({ name: "transport", start: () => undefined, stop: () => transport.close() });

    const audit = createAudit(
      {
        pool: reservedPool,
        requestPool: pool,
        ledger,
        deployment,
        verifierSet: chain.verifierSet,
        quorum: chain.quorum,
        verifiers: chain.verifiers.map(({ key, opened }) => ({ ...key, ledger: opened })),
        transport,
        clock: chainClock,
        signTicket,
        readTransaction: (hash) => readRaw(ledger.rpc, hash),
        leafFiles: blobs,
        leases,
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
      spoolDirectory: options.directories.spool,
      spoolId,
      leases,
      executorKey: keys.executor.key,
      profile,
      verifierSet: chain.verifierSet,
      clock,
      chainNow,
      random,
      log,
      attest: (deal, seed, proof, signature) => audit.attest({ deal, seed, proof, signature }),
      ...(options.pieceLimit === undefined ? {} : { pieceLimit: options.pieceLimit }),
    });

    const catalog = createProjection(pool, ledger);
    const signal = stopping;
    const pollMilliseconds = Math.max(250, (profile.blockSeconds * 1000) / 4);
    background.run(keepIndexing({ ledger, catalog, audit, pollMilliseconds, signal, log }));
    background.run(keepAuditing({ audit, ledger, clock, chainClock, roundSeconds: profile.blockSeconds, signal, log }));
    const coinChain = openCoinChain({ rpc: ledger.rpc, heads: ledger.heads, deals: deployment.deals });
    const pollSeconds = Math.max(LEAST_POLL_SECONDS, profile.blockSeconds / 4);
    background.run(keepCoins({ pool, chain: coinChain, ledger, clock, pollSeconds, signal, log }));
    background.run(keepTidy({ pool, clock, chainNow, profile: profile.name, signal, log }));
    const notices = options.notices ?? { mailer: undefined, allowPrivate: false };
    const balanceOf = async (owner: Address) => {
      const [balance, coins] = await Promise.all([ledger.balance(owner), ledger.gasBalance(owner)]);
      return { balance, coins };
    };
    const homeSecret = options.custodySecret;
    background.run(keepNotifying({ pool, clock, chainNow, balanceOf, homeSecret, signal, log, ...notices }));
    await start({ name: "market", start: () => market.start(), stop: () => market.stop() });

    const registry = new Registry();
    const accounts = { pool, clock };
    const faucet = profile.faucet && deployment.chainId === profile.chainId;
    let url = "";
    const houses = houseOwners({
      accounts,
      secret: options.custodySecret,
      url: () => url,
      ledger,
      clock,
      dailyLimit: HOUSE_DAILY_LIMIT,
      hasFaucet: faucet,
      log,
    });
    await start({ name: "house owners", start: () => undefined, stop: () => houses.stop() });
    const doors = await start(
      openDoors({
        doors: options.doors,
        host: { pool, database: options.database, registry, random, log, trial: profile.name !== "real" },
        engine: {
          market,
          accountOf: async (request) => ({ id: principalOf(request).account }),
          house: (account) => houses.open(account),
          jobs: {
            add: (job) => addJob(pool, job),
            find: (of) => findJob(pool, of),
            cancel: (of) => cancelJob(pool, of),
          },
        },
      }),
    );

    const vaults = new Vaults(clock, (opener) => openerIsThere(accounts, opener));
    await start({ name: "vaults", start: () => undefined, stop: () => vaults.close() });
    // A batch is answered with its slowest: what users ask of the chain goes in none with what the gateway asks.
    const forUsers = openRpc(options.chainUrl);
    await start({ name: "chain for users", start: () => undefined, stop: () => forUsers.close() });
    const { folders, kept } = options.vaultPaths ?? { folders: [], kept: [] };
    const vaultPaths = { folders, reader: new PathReader({ clock, kept }) };
    const stalls = watchStalls();
    await start({ name: "stall watch", start: () => undefined, stop: () => stalls.stop() });
    const context: GatewayContext & { transport: typeof transport } = {
      id: options.id,
      pool,
      reservedPool,
      stalls,
      accounts,
      findPrincipal: (request) => findPrincipal(accounts, request),
      vaults,
      vaultPaths,
      uploads: new Uploads(pool, (ids) => market.spooledBytes(ids)),
      custodySecret: options.custodySecret,
      notices,
      claims: rememberNonces(),
      market,
      audit,
      ledger,
      walletChain: openWalletChain({
        ...{ rpc: forUsers, heads: openHeads(forUsers), chainId: deployment.chainId },
        abi: errorsAbi as Abi,
        contracts: [deployment.registry, deployment.ledger, deployment.deals],
      }),
      explorer: openExplorer(forUsers, deployment),
      chainNow,
      transport,
      profile,
      startedAt: Date.now(),
      network: {
        version: options.version,
        profile: profile.name,
        chainUrl: options.chainUrl,
        executor: keys.executor.address,
        verifierSet: chain.verifierSet,
        verifiers: keys.verifiers.map((key) => key.address).sort(),
        quorum: chain.quorum,
        operators: 1,
        deployment,
        defaults: { k: profile.k, n: profile.n, days: DEFAULT_DAYS },
        pieceLimit: options.pieceLimit ?? MAX_PIECE_BYTES,
        scrubSeconds: profile.scrubSeconds,
        faucet,
      },
      faucet: faucet
        ? async (owner, coins) => {
            await ledger.deposit({ id: `faucet:${deployment.deals}:${owner}` }, owner, FAUCET_DEPOSIT);
            if (coins) await askFaucet(options.chainUrl, owner);
          }
        : undefined,
      certifier: { address: keys.executor.address, sign: (digest) => signDigest(digest, keys.executor.key) },
      signTicket,
      caughtUp: () => caughtUp({ ledger, head: () => catalog.head(), clock, signal: stopping }),
      metrics: createMetrics(() => context, registry),
      balanceOf,
      coinsOf: openCoinsOf(ledger),
    };
    const prefixes = doors.flatMap(({ door }) => door.prefixes);
    const built = options.console === undefined ? undefined : readConsole(options.console);
    background.run(keepFigures({ context, clock, signal, log }));
    url = await start(
      serveHttp({
        plugins: [
          publicRoutes(context, { home: built === undefined }),
          ...(built === undefined ? [] : [consoleRoutes(built, prefixes)]),
          packageRoutes(context),
          accountsRoutes(context),
          liveRoute(context, stopping, log),
          providerRoutes(context),
          ...doors.flatMap(({ plugins }) => plugins),
        ],
        ports: doors.flatMap(({ door }) => (door.ports ?? []).flatMap((port) => options.doorPort(port) ?? [])),
        listen: options.listen,
        log,
        entrance: {
          version: options.version,
          databaseId: await ensureDatabaseId(pool),
          doors: prefixes,
          h2Doors: doors.flatMap(({ door: { prefixes }, h2, endStreams }) =>
            h2 === undefined ? [] : [{ prefixes, h2, endStreams }],
          ),
          hidden: doors.flatMap(({ door }) => door.hidden ?? []),
          findPrincipal: context.findPrincipal,
          goodTokens: [options.token],
          providerOf: (session) => transport.providerOf(session),
        },
      }),
    );
    await announceGateway(pool, {
      id: options.id,
      holder: leases.holder,
      spool: spoolId,
      url: options.publicUrl ?? url,
    });
    // Doors' work goes through the port, so it ends before the port does.
    const kinds = Object.fromEntries([
      ...doors.flatMap(({ jobs }) => Object.entries(jobs)),
      ...(vaultPaths.folders.length === 0
        ? []
        : [
            [packPathsKind(options.id), packPaths({ market, uploads: context.uploads, clock, ...vaultPaths })] as const,
          ]),
    ]);
    if (Object.keys(kinds).length > 0) await start(workAtJobs({ pool, kinds, log }));
    return url;
  }, log);
  return { url: services.value, stop: () => services.stop() };
}

function chainService(options: GatewayOptions, pool: Pool, leases: Leases): Service<GatewayChain> {
  let ledger: EvmLedger | undefined;
  return {
    name: "ledger",
    async start() {
      const chain = await openChain({ ...options, pool, leases });
      ledger = chain.executor;
      return chain;
    },
    stop: () => ledger?.stop(),
  };
}
