import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALWAYS_ON, answerDeadline, type Deployment, type LedgerEvent, type PackageRef } from "@cairn/core";
import { deriveChallenges, PieceHasher, payloadLeaves, proofToCalldata, provePossession } from "@cairn/proofs";
import {
  type Address,
  addressOfKey,
  type DealId,
  dealIdOf,
  type Hex,
  type Mandate,
  type Quote,
  type ShardCommitment,
  shardTree,
  signTyped,
  type VerdictLeaf,
  verdictTree,
} from "@cairn/protocol";
import { encodeAbiParameters, keccak256, parseEther } from "viem";
import { generateKey } from "../../wallet/generate-key.ts";
import { type DeploymentProfile, deployContracts } from "../deploy-contracts.ts";
import { fileOutgoingStore } from "../file-outgoing-store.ts";
import { type EvmLedger, openLedger } from "../open-ledger.ts";

/** A running chain with one account that has coins. */
export interface LedgerHarness {
  url: string;
  key: Hex;
  stop(): Promise<void>;
}

/** Short enough to see a deal's whole life in a test, long enough for a seed to be opened and drawn in blocks of a second. */
export const FAST_PROFILE: DeploymentProfile = {
  periodSeconds: 12,
  graceSeconds: 2,
  disputePeriods: 1,
  voteWindowPeriods: 8,
  proposalSeconds: 24,
};

export const PRICE = 1_000_000n;
const RAW_LENGTH = 127 * 64;
const FAR = 2n ** 40n;
const POLL = 150;

interface TestShard extends ShardCommitment {
  bytes: Uint8Array;
}

export interface TestProvider {
  cold: Hex;
  hot: Hex;
  address: Address;
  payout: Address;
}

export interface TestPackage {
  mandate: Mandate;
  ownerSignature: Hex;
  shards: TestShard[];
  path(shard: number): Hex[];
}

export interface TestDeal {
  id: DealId;
  quote: Quote;
  signature: Hex;
  path: Hex[];
  shard: TestShard;
  provider: TestProvider;
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function randomShard(): TestShard {
  const bytes = randomBytes(RAW_LENGTH);
  const { root } = new PieceHasher().update(bytes).digest();
  return { bytes, commitment: `0x${Buffer.from(root).toString("hex")}`, rawLength: RAW_LENGTH };
}

/** Contracts, an executor with coins and three verifiers with coins for gas. */
export class World {
  readonly #directory: string;
  /** The executor's. */
  readonly ledger: EvmLedger;
  readonly verifiers: { key: Hex; address: Address; ledger: EvmLedger }[] = [];
  #submissions = 0;

  private constructor(directory: string, ledger: EvmLedger) {
    this.#directory = directory;
    this.ledger = ledger;
  }

  static async make(harness: LedgerHarness): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), "cairn-world-"));
    const store = fileOutgoingStore(directory);
    const settings = { url: harness.url, key: harness.key, store, pollMilliseconds: POLL };
    const deployment = await deployContracts({ ...settings, profile: FAST_PROFILE });
    const world = new World(directory, await openLedger({ ...settings, deployment }));
    for (let i = 0; i < 3; i++) {
      const key = generateKey();
      world.verifiers.push({ key, address: addressOfKey(key), ledger: world.ledger.withKey(key, store) });
    }
    await Promise.all(world.verifiers.map(({ address }) => world.giveCoins(address)));
    return world;
  }

  async giveCoins(to: Address): Promise<void> {
    await this.ledger.sender?.submit(this.next().id, { to, data: "0x", value: parseEther("5") });
  }

  next(): { id: string } {
    return { id: `s${this.#submissions++}` };
  }

  /** A new owner with `deposit` wei in the contract, and a set of its own, as a set votes one root per period. */
  async scenario(deposit: bigint): Promise<Scenario> {
    const owner = generateKey();
    const members = [...this.verifiers.map(({ address }) => address), addressOfKey(generateKey())];
    await Promise.all([
      this.ledger.registerSet(this.next(), members, 2),
      this.ledger.deposit(this.next(), addressOfKey(owner), deposit),
    ]);
    const set = keccak256(encodeAbiParameters([{ type: "address[]" }, { type: "uint8" }], [members, 2]));
    return new Scenario(this, owner, set, members);
  }

  async close(): Promise<void> {
    await this.ledger.stop();
    await rm(this.#directory, { recursive: true });
  }
}

/** One owner's dealings, apart from those of others on the same chain. */
export class Scenario {
  readonly world: World;
  readonly ledger: EvmLedger;
  readonly deployment: Deployment;
  readonly owner: Hex;
  readonly ownerAddress: Address;
  readonly set: Hex;
  readonly members: Address[];

  constructor(world: World, owner: Hex, set: Hex, members: Address[]) {
    this.world = world;
    this.ledger = world.ledger;
    this.deployment = world.ledger.deployment;
    this.owner = owner;
    this.ownerAddress = addressOfKey(owner);
    this.set = set;
    this.members = members;
  }

  next(): { id: string } {
    return this.world.next();
  }

  balance(): Promise<bigint> {
    return this.ledger.balance(this.ownerAddress);
  }

  async provider(): Promise<TestProvider> {
    const [cold, hot] = [generateKey(), generateKey()];
    const provider = { cold, hot, address: addressOfKey(cold), payout: addressOfKey(generateKey()) };
    const registration = {
      hot: addressOfKey(hot),
      payout: provider.payout,
      capacity: 1_000_000n,
      priceFloor: 1n,
      egressPrice: 2n,
      duty: ALWAYS_ON,
      region: "eu-west",
      endpoint: "",
      nonce: 0n,
      deadline: FAR,
    };
    const signature = signTyped("Registration", registration, this.deployment, cold);
    await this.ledger.register(this.next(), registration, signature);
    return provider;
  }

  package(n: number, change: Partial<Mandate> = {}): TestPackage {
    const shards = Array.from({ length: n }, randomShard);
    const tree = shardTree({ pieces: [{ shards }] });
    const mandate: Mandate = {
      documentHash: `0x${randomBytes(32).toString("hex")}`,
      shardsRoot: tree.root,
      pieces: 1,
      k: 1,
      n,
      verifierSet: this.set,
      executor: this.ledger.sender?.address as Address,
      maxEscrow: PRICE * 100n,
      repairReserve: 0n,
      maxPrice: 2n ** 120n,
      end: FAR,
      expiry: FAR,
      ...change,
    };
    return {
      mandate,
      ownerSignature: signTyped("Mandate", mandate, this.deployment, this.owner),
      shards,
      path: (shard) => tree.path(0, shard),
    };
  }

  packageRef(of: TestPackage): PackageRef {
    return { owner: this.ownerAddress, documentHash: of.mandate.documentHash };
  }

  quote(of: TestPackage, shard: number, provider: TestProvider, change: Partial<Quote> = {}): TestDeal {
    const held = of.shards[shard] as TestShard;
    const quote: Quote = {
      provider: provider.address,
      owner: this.ownerAddress,
      documentHash: of.mandate.documentHash,
      piece: 0,
      shard,
      commitment: held.commitment,
      rawLength: BigInt(held.rawLength),
      pricePerPeriod: PRICE,
      egressPrice: 2n,
      periods: 2,
      duty: ALWAYS_ON,
      verifierSet: this.set,
      expiry: FAR,
      nonce: `0x${randomBytes(32).toString("hex")}`,
      ...change,
    };
    const signature = signTyped("Quote", quote, this.deployment, provider.hot);
    return { id: dealIdOf(quote, this.deployment), quote, signature, path: of.path(shard), shard: held, provider };
  }

  propose(of: TestPackage, deals: TestDeal[], submission = this.next()) {
    return this.ledger.propose(
      submission,
      of.mandate,
      of.ownerSignature,
      deals.map(({ quote }) => quote),
      deals.map(({ signature }) => signature),
      deals.map(({ path }) => path),
    );
  }

  receive(deals: TestDeal[]) {
    const receipts = deals.map(({ id, quote, provider }) =>
      signTyped(
        "Receipt",
        { deal: id, commitment: quote.commitment, rawLength: quote.rawLength },
        this.deployment,
        provider.hot,
      ),
    );
    return this.ledger.recordReceipts(
      this.next(),
      deals.map(({ id }) => id),
      receipts,
    );
  }

  /** By the signatures of the first two verifiers, under the hash of a block that comes after `receivedAt`. */
  async activate(deals: TestDeal[], receivedAt: number) {
    while ((await this.ledger.finalized()).number <= receivedAt) await pause(POLL);
    const seed = (await this.ledger.finalized()).hash;
    const proofHash: Hex = `0x${"ab".repeat(32)}`;
    const signatures = deals.map(({ id }) =>
      this.world.verifiers
        .slice(0, 2)
        .map(({ key }) => signTyped("Activation", { deal: id, seed, proofHash }, this.deployment, key)),
    );
    const ids = deals.map(({ id }) => id);
    return this.ledger.activate(
      this.next(),
      ids,
      seed,
      ids.map(() => proofHash),
      signatures,
    );
  }

  /** Propose, receive and activate. Returns the period of the receipt. */
  async start(of: TestPackage, deals: TestDeal[]): Promise<number> {
    await this.propose(of, deals);
    const received = await this.receive(deals);
    await this.activate(deals, received.block);
    const record = await this.ledger.deal((deals[0] as TestDeal).id);
    return Math.floor(((record?.receiptTime ?? 0) - this.deployment.genesisTime) / this.deployment.periodSeconds);
  }

  /** Until the chain's latest block is later than `time`. */
  async after(time: number): Promise<void> {
    while ((await this.ledger.latest()).timestamp <= time) await pause(POLL);
  }

  /** Have the seed of a period drawn, by whoever comes first. */
  async open(period: number): Promise<Hex> {
    await this.after(this.deployment.genesisTime + period * this.deployment.periodSeconds);
    const known = await this.ledger.seed(period);
    if (known !== undefined) return known;
    await this.ledger.openPeriod({ id: `open:${period}` });
    await this.ledger.drawSeed({ id: `draw:${period}` }, period);
    const seed = await this.ledger.seed(period);
    if (seed === undefined) throw new Error(`the seed of period ${period} was not drawn`);
    return seed;
  }

  /** Two verifiers vote the tree of these leaves for a period once its answers are in. */
  async vote(period: number, leaves: VerdictLeaf[]) {
    const { set } = this;
    await this.after(answerDeadline(period, this.deployment));
    const tree = verdictTree(leaves);
    const file: Hex = `0x${"cd".repeat(32)}`;
    await Promise.all(
      this.world.verifiers
        .slice(0, 2)
        .map(({ ledger, address }) =>
          ledger.vote({ id: `vote:${set}:${period}:${address}` }, set, period, tree.root, file, leaves.length),
        ),
    );
    return tree;
  }

  /** What an honest provider puts on chain for a period. */
  async prove(deal: TestDeal, period: number, seed: Hex, submission = this.next()) {
    const { bytes, rawLength } = deal.shard;
    const { tree } = new PieceHasher({ collectTree: true }).update(bytes).digestTree();
    const { chainId } = this.deployment;
    const context = {
      purpose: "period",
      seed,
      chainId,
      deal: deal.id,
      provider: deal.provider.address,
      period,
    } as const;
    const indices = deriveChallenges(context, payloadLeaves(rawLength), 20);
    const proof = await provePossession({
      indices,
      rawLength,
      tree,
      readRaw: (offset, length) => bytes.subarray(offset, offset + length),
    });
    const { leaves, siblings } = proofToCalldata(proof, rawLength);
    return this.ledger.provePossession(submission, deal.id, period, leaves, siblings);
  }

  /** Finalized events that name one of the deals or packages, in order. */
  async eventsOf(...ids: Hex[]): Promise<LedgerEvent[]> {
    const found: LedgerEvent[] = [];
    let from = this.deployment.deployedAt;
    for (;;) {
      const { events, next, head } = await this.ledger.events(from, 500);
      found.push(...events);
      from = next;
      if (next > head.number) break;
    }
    return found.filter(
      (event) =>
        ("deal" in event && ids.includes(event.deal)) || ("documentHash" in event && ids.includes(event.documentHash)),
    );
  }
}
