import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { carHeader } from "@cairn/archive";
import { type Audit, createAudit } from "@cairn/audit";
import { openFileBlobStore } from "@cairn/blobs";
import { type CatalogEvent, createProjection, ensureAccount, Leases, listEvents } from "@cairn/catalog";
import { fileOutgoingStore, runIndexer } from "@cairn/chain";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { createHttpServer, findPrincipal, migrateGateway, providerRoutes, quotePlanToJson } from "@cairn/gateway";
import { createMarket, type Market, type PackageDetail } from "@cairn/market";
import { checkOffer } from "@cairn/owner/check-offer";
import { machineClock as clock, watchStalls } from "@cairn/process";
import type { Hex } from "@cairn/protocol";
import { addressOfKey, signTyped } from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import { type ProviderOptions, type RunningProvider, runProvider } from "@cairn/provider";
import { startTestNetwork, TEST_PROFILE, type TestNetwork } from "@cairn/provider/testing";
import { type GatewayTransport, openTransport } from "@cairn/transport";
import type { FastifyPluginAsync } from "fastify";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";

/** A chain, a gateway with its market and real providers, in one process. */
export interface MarketNetwork {
  network: TestNetwork;
  database: TestDatabase;
  market: Market;
  transport: GatewayTransport;
  audit: Audit;
  url: string;
  directory: string;
  providers: RunningProvider[];
  addProvider(options?: Partial<ProviderOptions>): Promise<RunningProvider>;
  /** Stop and start the gateway's market and transport on the same database; providers dial in again. */
  restartGateway(): Promise<void>;
  events(): Promise<CatalogEvent[]>;
  stop(): Promise<void>;
}

export async function startMarketNetwork(
  count: number,
  optionsOf: (index: number) => Partial<ProviderOptions> = () => ({}),
): Promise<MarketNetwork> {
  const network = await startTestNetwork();
  const database = await testDatabase();
  await migrateGateway(database.pool);
  await ensureAccount(database.pool, "local");
  const directory = await mkdtemp(join(tmpdir(), "cairn-market-"));
  const blobs = await openFileBlobStore(join(directory, "blobs"));
  const { deployment, ledger, executorKey, executor } = network;
  const verifier = addressOfKey(network.verifierKey);
  await network.fund(verifier, 10n ** 20n);
  const verifierLedger = ledger.withKey(network.verifierKey, fileOutgoingStore(join(directory, "verifier")));
  let gateway = await startGateway(0);

  async function startGateway(port: number) {
    const transport = openTransport({
      ledger,
      executor,
      signRequest: (message) => signTyped("GatewayRequest", message, deployment, executorKey),
      chainNow: network.chainNow,
      allowPrivateEndpoints: true,
    });
    const audit = createAudit(
      {
        pool: database.pool,
        ledger,
        deployment,
        verifierSet: network.verifierSet,
        quorum: 1,
        verifiers: [{ address: verifier, key: network.verifierKey, ledger: verifierLedger }],
        transport,
        clock,
        leafFiles: blobs,
      },
      { claimEveryPeriods: 2 },
    );
    const leases = new Leases({ pool: database.pool, gateway: "here", log: logger() });
    await leases.start();
    const market = createMarket({
      pool: database.pool,
      ledger,
      deployment,
      transport,
      blobs,
      spoolDirectory: join(directory, "spool"),
      spoolId: "spool",
      leases,
      executorKey,
      profile: TEST_PROFILE,
      verifierSet: network.verifierSet,
      clock,
      chainNow: network.chainNow,
      random: { bytes: (length) => randomBytes(length) },
      log: logger(),
      attest: (deal, seed, proof, signature) => audit.attest({ deal, seed, proof, signature }),
    });
    const stalls = watchStalls();
    const about: FastifyPluginAsync = async (routes) => {
      routes.get("/api/v1/network", { config: { access: "open" } }, async () => ({
        profile: "demo",
        chainUrl: network.anvil.url,
        executor,
        verifierSet: network.verifierSet,
        deployment,
        scrubSeconds: 3600,
      }));
    };
    const { pool } = database;
    const server = await createHttpServer(
      [about, providerRoutes({ pool, ledger, chainNow: network.chainNow, market, audit, transport, stalls } as never)],
      {
        version: "0.1.0",
        databaseId: "one",
        names: [],
        trustedProxies: [],
        findPrincipal: (request) => findPrincipal({ pool, clock }, request),
        providerOf: (session) => transport.providerOf(session),
      },
    );
    const stopping = new AbortController();
    const loops = [createProjection(database.pool, ledger), audit.projection].map((target) =>
      runIndexer({ ledger, target, signal: stopping.signal, pollMilliseconds: 250 }),
    );
    loops.push(keepAuditing(audit, stopping.signal));
    await market.start();
    const url = await server.listen({ host: "127.0.0.1", port });
    return {
      market,
      audit,
      transport,
      url,
      async stop() {
        stopping.abort();
        await server.close();
        await market.stop();
        await leases.close();
        await transport.close();
        await Promise.all(loops);
      },
    };
  }

  async function keepAuditing(audit: Audit, signal: AbortSignal): Promise<void> {
    let last = -1;
    while (!signal.aborted) {
      const head = await ledger.finalized();
      if (head.number > last) {
        last = head.number;
        await audit.round(head).catch((error: unknown) => logger().warn({ error: String(error) }, "audit"));
      }
      await clock.sleep(0.3, signal);
    }
  }

  const providers: RunningProvider[] = [];
  const self: MarketNetwork = {
    network,
    database,
    directory,
    providers,
    get market() {
      return gateway.market;
    },
    get audit() {
      return gateway.audit;
    },
    get transport() {
      return gateway.transport;
    },
    get url() {
      return gateway.url;
    },
    async addProvider(options = {}) {
      const provider = await runProvider({
        directory: join(directory, `provider-${providers.length}`),
        gateways: [gateway.url],
        capacity: 1n << 32n,
        price: 10n ** 12n,
        region: "test",
        scrubSeconds: 3600,
        log: logger() as never,
        ...options,
      });
      providers.push(provider);
      await provider.online;
      return provider;
    },
    async restartGateway() {
      const port = Number(new URL(gateway.url).port);
      await gateway.stop();
      gateway = await startGateway(port);
      await until(async () => gateway.transport.connected().length === providers.length, 60);
    },
    events: () => listEvents(database.pool, { after: 0, limit: 1000 }),
    async stop() {
      await Promise.all(providers.map((provider) => provider.stop()));
      await gateway.stop();
      await blobs.close();
      await database.drop();
      await network.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  for (let i = 0; i < count; i++) await self.addProvider(optionsOf(i));
  await until(async () => {
    const known = await gateway.market.listProviders();
    return known.filter((provider) => provider.connected).length === count;
  }, 30);
  return self;
}

function logger() {
  const loud = process.env.CAIRN_TEST_LOG;
  const write = (level: string) => (fields: unknown, message?: string) => {
    if (loud) process.stderr.write(`${level} ${message ?? ""} ${JSON.stringify(fields)}\n`);
  };
  const log = {
    trace: () => undefined,
    debug: () => undefined,
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    fatal: write("fatal"),
  };
  return { ...log, level: "info", child: () => log };
}

export async function until(test: () => Promise<boolean>, seconds: number, what = "the condition"): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about in ${seconds} s`);
    await clock.sleep(0.2);
  }
}

export interface TestCar {
  root: string;
  /** Whole CAR files, header first. */
  pieces: Buffer[];
  cids: string[];
}

/** CAR files of random raw blocks; the last block of the last piece is the root. */
export function makeCar(pieceSizes: number[], blockSize = 100_000): TestCar {
  const cids: string[] = [];
  let root: CID | undefined;
  const bodies = pieceSizes.map((size) => {
    const frames: Buffer[] = [];
    for (let left = size; left > 0; left -= blockSize) {
      const data = randomBytes(Math.min(left, blockSize));
      root = CID.createV1(0x55, Digest.create(0x12, createHash("sha256").update(data).digest()));
      cids.push(root.toString());
      frames.push(varint(root.bytes.length + data.length), Buffer.from(root.bytes), data);
    }
    return Buffer.concat(frames);
  });
  return { root: root!.toString(), pieces: bodies.map((body) => Buffer.concat([carHeader(root!), body])), cids };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export async function* stream(bytes: Uint8Array, step = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part.slice());
  return Buffer.concat(parts);
}

export interface PutOptions {
  k?: number;
  n?: number;
  days?: number;
  id?: string;
}

/** Everything up to COMMITTED. */
export async function commitCar(net: MarketNetwork, car: TestCar, options: PutOptions = {}): Promise<PackageDetail> {
  const { market, network } = net;
  const id = options.id ?? randomBytes(16).toString("hex");
  await market.openPackage({
    account: "local",
    owner: network.owner,
    id,
    nameHash: `0x${randomBytes(32).toString("hex")}`,
    label: randomBytes(20),
    k: options.k ?? 2,
    n: options.n ?? 4,
    mask: "aes-256-ctr-v1",
    layout: "private",
    days: options.days ?? 1,
    repairKey: randomBytes(32),
  });
  for (const [piece, bytes] of car.pieces.entries()) {
    await market.appendPiece({ id, piece, offset: 0, body: stream(bytes.subarray(59)) });
  }
  await market.putManifest({ id, body: stream(randomBytes(5000)) });
  return market.completePackage({
    id,
    root: car.root,
    pieces: car.pieces.map(({ length }) => ({ length })),
    files: 1,
    bytes: car.pieces.reduce((sum, { length }) => sum + length, 0),
  });
}

/** Quote, and sign what an owner makes of it: PLACING. */
export async function commit(net: MarketNetwork, id: string): Promise<PackageDetail> {
  const { market, network } = net;
  const plan = await market.quotePackage({ id });
  const { deployment, executor, verifierSet, owner, ownerKey } = network;
  const { root, pieces, k, n, mask, manifest } = decodeDocument(plan.document);
  const { rows } = await net.database.pool.query("select days from catalog.packages where id = $1", [id]);
  const { mandate, readCapability } = checkOffer({
    plan: quotePlanToJson(plan),
    uploaded: {
      ...{ id, owner, root, k, n, mask, manifest, placement: {} },
      ...{ pieces: pieces.map(({ length }) => length), days: rows[0].days },
    },
    terms: { executor, verifierSet, deployment },
    now: net.network.chainNow(),
  });
  return market.commitPackage({
    id,
    mandate: { message: mandate, signature: signTyped("Mandate", mandate, deployment, ownerKey) },
    readCapability: {
      message: readCapability,
      signature: signTyped("ReadCapability", readCapability, deployment, ownerKey),
    },
  });
}

export async function untilState(net: MarketNetwork, id: string, state: string, seconds = 60): Promise<PackageDetail> {
  let last: PackageDetail | undefined;
  try {
    await until(async () => {
      last = await net.market.packageStatus({ id });
      return last.state === state;
    }, seconds);
  } catch {
    const slots = last?.slots.map((slot) => `${slot.piece}/${slot.shard} ${slot.state} ${slot.cause ?? ""}`);
    const told = (await net.events()).slice(-25).map((event) => `${event.kind}: ${event.message}`);
    throw new Error(
      `package is ${last?.state}, not ${state}: ${last?.cause}\n${slots?.join("\n")}\n${told.join("\n")}`,
    );
  }
  return last!;
}

export function readCapability(net: MarketNetwork, documentHash: Hex) {
  const message = { documentHash, audience: net.network.executor, expiry: BigInt(net.network.chainNow() + 3600) };
  return { message, signature: signTyped("ReadCapability", message, net.network.deployment, net.network.ownerKey) };
}
