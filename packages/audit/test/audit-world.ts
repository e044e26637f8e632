import { createHash, randomBytes } from "node:crypto";
import { memoryBlobStore } from "@cairn/blobs";
import { catalogMigrations, createProjection, ensureAccount, type OutboxTopics } from "@cairn/catalog";
import { ANVIL_KEY, type Anvil, startAnvil, World } from "@cairn/chain/testing";
import type { FinalizedHead, Transport } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { machineClock } from "@cairn/process";
import { deriveChallenges, PieceHasher, payloadLeaves, provePossession } from "@cairn/proofs";
import {
  type Address,
  type DealId,
  type Hex,
  PROOF_PURPOSE,
  type ProofPurpose,
  type ProviderReplies,
  type ProviderRequest,
  type Signed,
  signTyped,
} from "@cairn/protocol";
import type { WorkingContext } from "../src/context.ts";
import { type Audit, auditMigrations, createAudit, type Notice } from "../src/index.ts";
import { openProofInbox } from "../src/proof-inbox.ts";
import { tell } from "../src/tell.ts";

export type Scenario = Awaited<ReturnType<World["scenario"]>>;
export type TestDeal = ReturnType<Scenario["quote"]>;

/** A chain of its own with contracts, funds and three verifiers. */
export async function startWorld(): Promise<{ world: World; stop(): Promise<void> }> {
  const anvil: Anvil = await startAnvil({ chainId: 31_339, blockSeconds: 0.5 });
  const world = await World.make({ url: anvil.url, key: ANVIL_KEY, stop: anvil.stop });
  return {
    world,
    async stop() {
      await world.close();
      await anvil.stop();
    },
  };
}

/** One owner's ACTIVE deals, each with a provider of its own, and an audit of them on a database of its own. */
export interface Audited {
  s: Scenario;
  deals: TestDeal[];
  /** Period of the receipts: the next is the first scheduled one. */
  received: number;
  packageId: string;
  context: WorkingContext;
  audit: Audit;
  database: TestDatabase;
  providers: TestProviders;
  /** What the audit recorded for people, oldest first. */
  told(): Promise<Notice[]>;
  /** What it queued for the market, oldest first. */
  handed<T extends "heal" | "lied" | "spare">(topic: T): Promise<OutboxTopics[T][]>;
  /** Runs `work` while the database refuses what is queued under `topic`. */
  refusing(topic: "heal" | "lied" | "spare", work: () => Promise<void>): Promise<void>;
  /** Empties both. */
  forgetTold(): Promise<void>;
  /** Bring both projections up to the finalised head, which comes back. */
  sync(): Promise<FinalizedHead>;
  /** A round at the finalised head, then everything that it caused. */
  round(): Promise<FinalizedHead>;
  stop(): Promise<void>;
}

export interface AuditedOptions {
  shards: number;
  periods?: number;
  k?: number;
}

export async function startAudited(world: World, options: AuditedOptions): Promise<Audited> {
  const s = await world.scenario(10n ** 12n);
  const providers = await Promise.all(Array.from({ length: options.shards }, () => s.provider()));
  const stored = s.package(options.shards, { maxEscrow: 10n ** 12n });
  const deals = providers.map((provider, shard) =>
    s.quote(stored, shard, provider, { periods: options.periods ?? 100 }),
  );
  const received = await s.start(stored, deals);
  const database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  const { pool } = database;
  const packageId = randomBytes(16).toString("hex");
  await ensureAccount(pool, "local");
  await pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, document_hash, verifier_set)
values ($1, 'local', $2, $3, '', 'STORED', $4, $5, 'none', 'private', 1, $6, $7)`,
    [packageId, s.ownerAddress, randomBytes(32), options.k ?? 1, options.shards, stored.mandate.documentHash, s.set],
  );
  const transport = new TestProviders(s, deals);
  const context: WorkingContext = {
    pool,
    ledger: world.ledger,
    deployment: s.deployment,
    verifierSet: s.set,
    quorum: 2,
    verifiers: world.verifiers,
    transport,
    clock: machineClock,
    inbox: openProofInbox(),
    probes: new Map(),
    sampledPeriod: undefined,
    untimely: new Map(),
    endedChecks: new Map(),
    scrubs: new Map(),
    runningChecks: new Set(),
    listenedAt: undefined,
    absentAfterSeconds: Number.POSITIVE_INFINITY,
    leafFiles: memoryBlobStore(),
    tellOnce: (_, notice) => tell(pool, notice),
  };
  const audit = createAudit(context, { claimEveryPeriods: 1 });
  const targets = [createProjection(pool, world.ledger), audit.projection];
  const sync = async () => {
    for (const target of targets) {
      for (;;) {
        const from = await target.cursor();
        const batch = await world.ledger.events(from);
        if (batch.next > from) await target.apply({ from, ...batch });
        if (batch.next > batch.head.number) break;
      }
    }
    return world.ledger.finalized();
  };
  await sync();
  return {
    s,
    deals,
    received,
    packageId,
    context,
    audit,
    database,
    providers: transport,
    // Deals and providers are the projection's news.
    told: async () =>
      (await pool.query<Notice>("select * from catalog.events where kind !~ '^(deal|provider)-' order by id")).rows,
    handed: async (topic) =>
      (await pool.query("select payload from catalog.outbox where topic = $1 order by id", [topic])).rows.map(
        ({ payload }) => payload,
      ),
    async refusing(topic, work) {
      await pool.query(`alter table catalog.outbox add constraint refusing check (topic <> '${topic}') not valid`);
      await work();
      await pool.query("alter table catalog.outbox drop constraint refusing");
    },
    async forgetTold() {
      await pool.query("delete from catalog.events");
      await pool.query("delete from catalog.outbox");
    },
    sync,
    async round() {
      await audit.round(await sync());
      return sync();
    },
    stop: () => database.drop(),
  };
}

export interface Challenge {
  purpose?: ProofPurpose;
  period: number;
  seed: Hex;
  leaves?: number;
  /** Prove these bytes under this deal's id instead of the deal's own. */
  of?: TestDeal;
}

/** What an honest provider answers to a challenge. */
export async function proofOf(s: Scenario, deal: TestDeal, challenge: Challenge): Promise<Buffer> {
  const { purpose = "period", period, seed, leaves = 20, of = deal } = challenge;
  const { bytes, rawLength } = of.shard;
  const { tree } = new PieceHasher({ collectTree: true }).update(bytes).digestTree();
  const subject = {
    purpose,
    seed,
    chainId: s.deployment.chainId,
    deal: of.id,
    provider: of.provider.address,
    period,
  };
  const indices = deriveChallenges(subject, payloadLeaves(rawLength), leaves);
  const readRaw = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  return Buffer.from(await provePossession({ indices, rawLength, tree, readRaw }));
}

export function signProof(
  s: Scenario,
  deal: TestDeal,
  { purpose = "period", period, seed }: Challenge,
  proof: Uint8Array,
  key: Hex = deal.provider.hot,
): Hex {
  const proofHash: Hex = `0x${createHash("sha256").update(proof).digest("hex")}`;
  const message = { deal: deal.id, purpose: PROOF_PURPOSE[purpose], period: BigInt(period), seed, proofHash };
  return signTyped("Proof", message, s.deployment, key);
}

/** A period's honest answer, as it is pushed. */
export async function pushOf(
  s: Scenario,
  deal: TestDeal,
  challenge: Challenge,
  change: (proof: Buffer) => Buffer = (p) => p,
) {
  const proof = change(await proofOf(s, deal, challenge));
  return { deal: deal.id, period: challenge.period, proof, signature: signProof(s, deal, challenge, proof) };
}

export const withBitFlipped = (proof: Buffer): Buffer => {
  const copy = Buffer.from(proof);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
};

type Behaviour = Partial<{
  damage: { offset: number; length: number }[];
  alter(proof: Buffer): Buffer;
  fail(type: string): Error | undefined;
  read(bytes: Uint8Array): AsyncIterable<Uint8Array>;
}>;

/** Providers in this process behind the Transport port: they hold the deals' real bytes and prove with them; each can be told to misbehave. */
export class TestProviders implements Transport {
  readonly behaviour = new Map<DealId, Behaviour>();
  readonly #s: Scenario;
  readonly #deals: Map<DealId, TestDeal>;
  /** Requests answered now, and the most that there were at once. */
  atWork = 0;
  mostAtWork = 0;

  constructor(s: Scenario, deals: readonly TestDeal[]) {
    this.#s = s;
    this.#deals = new Map(deals.map((deal) => [deal.id, deal]));
  }

  reachable(_: Address): boolean {
    return true;
  }

  async seek(): Promise<void> {
    // Reachable they are.
  }

  async request<R extends ProviderRequest>(_: Address, request: R): Promise<ProviderReplies[R["type"]]> {
    this.atWork += 1;
    this.mostAtWork = Math.max(this.mostAtWork, this.atWork);
    try {
      return (await this.#answer(request)) as ProviderReplies[R["type"]];
    } finally {
      this.atWork -= 1;
    }
  }

  async #answer(request: ProviderRequest): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const deal = "deal" in request ? this.#deals.get(request.deal) : undefined;
    if (deal === undefined) throw new Error("unknown deal");
    const { damage = [], alter = (proof: Buffer) => proof, fail } = this.behaviour.get(deal.id) ?? {};
    const failure = fail?.(request.type);
    if (failure !== undefined) throw failure;
    if (request.type === "scrub") return { damage, checkedBytes: deal.shard.rawLength };
    if (request.type !== "prove") throw new Error(`${request.type} is not asked here`);
    const proof = alter(await proofOf(this.#s, deal, request));
    return { proof: proof.toString("base64"), signature: signProof(this.#s, deal, request, proof) };
  }

  async *read(_: Address, id: DealId, { message }: Signed<"ReadTicket">): AsyncGenerator<Uint8Array> {
    const deal = this.#deals.get(id);
    if (deal === undefined) throw new Error("unknown deal");
    const { read, fail } = this.behaviour.get(id) ?? {};
    const failure = fail?.("read");
    if (failure !== undefined) throw failure;
    const bytes = deal.shard.bytes.subarray(Number(message.offset), Number(message.offset + message.length));
    if (read === undefined) yield bytes;
    else yield* read(bytes);
  }
}
