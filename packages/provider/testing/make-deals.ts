import { createHash, randomBytes } from "node:crypto";
import { PieceHasher } from "@cairn/proofs";
import {
  type Address,
  type DealId,
  dealIdOf,
  type Hex,
  PERIOD_CHALLENGES,
  type Quote,
  type Signed,
  shardPath,
  shardsRoot,
  signTyped,
} from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import type { TestGateway } from "./test-gateway.ts";
import type { TestNetwork } from "./test-network.ts";

/** Shard bytes that need no memory: byte b is a function of (seed, b). */
export interface ShardBytes {
  length: number;
  /** Bytes [from, length). */
  read(from: number): Iterable<Uint8Array>;
}

const BLOCK = 1 << 20;

/** `length` (a multiple of 127) bytes, the same every time, other for every seed. */
export function shardOf(length: number, seed = 1): ShardBytes {
  const block = Buffer.alloc(BLOCK);
  for (let at = 0; at < BLOCK; at += 32) {
    createHash("sha256").update(`${seed}/${at}`).digest().copy(block, at);
  }
  return {
    length,
    *read(from) {
      for (let at = from; at < length; ) {
        const within = at % BLOCK;
        const chunk = Buffer.from(block.subarray(within, Math.min(BLOCK, within + length - at)));
        // So that no two blocks are equal.
        if (within === 0 && chunk.length >= 8) chunk.writeDoubleBE(at, 0);
        yield chunk;
        at += chunk.length;
      }
    },
  };
}

export function commitmentOf(shard: ShardBytes): Hex {
  const hasher = new PieceHasher();
  for (const chunk of shard.read(0)) hasher.update(chunk);
  return `0x${Buffer.from(hasher.digest().root).toString("hex")}`;
}

export interface TestPackage {
  documentHash: Hex;
  shards: ShardBytes[];
  commitments: Hex[];
  document: Uint8Array;
  manifest: Uint8Array;
  shardsRoot: Hex;
  path(shard: number): Hex[];
}

/** One piece whose shards are just these bytes: a provider cannot know that they code nothing. */
export function packageOf(network: TestNetwork, shards: ShardBytes[]): TestPackage {
  const manifest = randomBytes(5000);
  const commitments = shards.map(commitmentOf);
  const pieces = [
    {
      length: shards[0]?.length ?? 0,
      commP: commitments[0] as Hex,
      shards: shards.map(({ length }, i) => ({ commitment: commitments[i] as Hex, rawLength: length })),
      shardLength: shards[0]?.length ?? 0,
    },
  ];
  const { bytes: document, documentHash } = encodeDocument({
    version: 1,
    package: randomBytes(16).toString("hex"),
    owner: network.owner,
    root: "bafkqaaa",
    k: 1,
    n: shards.length,
    erasure: "rs-cauchy-gf256-v1",
    mask: "none",
    pieces,
    manifest: { sha256: `0x${createHash("sha256").update(manifest).digest("hex")}`, size: manifest.length },
  });
  return {
    documentHash,
    shards,
    commitments,
    document,
    manifest,
    shardsRoot: shardsRoot({ pieces }),
    path: (shard) => shardPath({ pieces }, 0, shard),
  };
}

export async function quoteOf(
  network: TestNetwork,
  gateway: TestGateway,
  provider: Address,
  made: TestPackage,
  shard: number,
): Promise<{ quote: Quote; signature: Hex; deal: DealId }> {
  const { quote, signature } = await gateway.transport.request(provider, {
    type: "quote",
    owner: network.owner,
    documentHash: made.documentHash,
    piece: 0,
    shard,
    commitment: made.commitments[shard] as Hex,
    rawLength: (made.shards[shard] as ShardBytes).length,
    periods: 1000,
    verifierSet: network.verifierSet,
  });
  return { quote, signature, deal: dealIdOf(quote, network.deployment) };
}

export interface TestDeal {
  deal: DealId;
  quote: Quote;
  provider: Address;
  shard: number;
}

const later = (network: TestNetwork, seconds: number) => BigInt(network.chainNow() + seconds);

/** Quote and propose shard i of the package with provider i; the gateway then serves their sources. */
export async function proposeDeals(
  network: TestNetwork,
  gateway: TestGateway,
  providers: Address[],
  made: TestPackage,
): Promise<TestDeal[]> {
  const { ledger, deployment } = network;
  const quotes = await Promise.all(
    providers.map((provider, shard) => quoteOf(network, gateway, provider, made, shard)),
  );
  const mandate = {
    documentHash: made.documentHash,
    shardsRoot: made.shardsRoot,
    pieces: 1,
    k: 1,
    n: made.shards.length,
    verifierSet: network.verifierSet,
    executor: network.executor,
    maxEscrow: 10n ** 19n,
    repairReserve: 0n,
    maxPrice: 2n ** 120n,
    end: 2n ** 40n,
    expiry: later(network, 86_400),
  };
  const result = await ledger.propose(
    { id: `propose/${made.documentHash}` },
    mandate,
    signTyped("Mandate", mandate, deployment, network.ownerKey),
    quotes.map(({ quote }) => quote),
    quotes.map(({ signature }) => signature),
    quotes.map((_, shard) => made.path(shard)),
  );
  if (!result.ok) throw new Error(`propose: ${result.revert}`);
  return quotes.map(({ deal, quote }, shard) => {
    const bytes = made.shards[shard] as ShardBytes;
    gateway.sources.set(deal, {
      rawLength: bytes.length,
      shard: bytes.read,
      document: made.document,
      manifest: made.manifest,
    });
    return { deal, quote, provider: providers[shard] as Address, shard };
  });
}

export function uploadCapability(network: TestNetwork, deal: TestDeal): Signed<"UploadCapability"> {
  const message = { deal: deal.deal, provider: deal.provider, expiry: later(network, 3600) };
  return { message, signature: signTyped("UploadCapability", message, network.deployment, network.executorKey) };
}

export function storeDeal(
  network: TestNetwork,
  gateway: TestGateway,
  deal: TestDeal,
  made: TestPackage,
): Promise<{ receipt: Hex }> {
  return gateway.transport.request(deal.provider, {
    type: "store",
    deal: deal.deal,
    quote: deal.quote,
    source: `/api/v1/provider/shards/${deal.deal}`,
    capability: uploadCapability(network, deal),
    manifest: { sha256: `0x${createHash("sha256").update(made.manifest).digest("hex")}`, size: made.manifest.length },
    documentSize: made.document.length,
  });
}

/** Store, record the receipts, and activate by a first proof. */
export async function activateDeals(network: TestNetwork, gateway: TestGateway, deals: TestDeal[], made: TestPackage) {
  const { ledger, deployment } = network;
  const ids = deals.map(({ deal }) => deal);
  const receipts = await Promise.all(deals.map((deal) => storeDeal(network, gateway, deal, made)));
  const received = await ledger.recordReceipts(
    { id: `receive/${made.documentHash}` },
    ids,
    receipts.map(({ receipt }) => receipt),
  );
  if (!received.ok) throw new Error(`recordReceipts: ${received.revert}`);
  const head = await ledger.latest();
  const seed = await ledger.blockHash(head.number);
  const proofHashes = await Promise.all(
    deals.map(async ({ provider, deal }) => {
      const answer = await gateway.transport.request(provider, {
        type: "prove",
        deal,
        purpose: "activation",
        period: 0,
        seed,
        leaves: PERIOD_CHALLENGES,
      });
      return `0x${createHash("sha256").update(Buffer.from(answer.proof, "base64")).digest("hex")}` as Hex;
    }),
  );
  const activated = await ledger.activate(
    { id: `activate/${made.documentHash}` },
    ids,
    seed,
    proofHashes,
    ids.map((deal, i) => [
      signTyped("Activation", { deal, seed, proofHash: proofHashes[i] as Hex }, deployment, network.verifierKey),
    ]),
  );
  if (!activated.ok) throw new Error(`activate: ${activated.revert}`);
}

/** The owner's permission for the executor to read, and a ticket for one range. */
export function readRights(network: TestNetwork, documentHash: Hex, deal: DealId, offset: number, length: number) {
  const { deployment } = network;
  const allowed = { documentHash, audience: network.executor, expiry: later(network, 3600) };
  const asked = {
    deal,
    offset: BigInt(offset),
    length: BigInt(length),
    expiry: later(network, 60),
    nonce: `0x${randomBytes(32).toString("hex")}` as Hex,
  };
  return {
    capability: { message: allowed, signature: signTyped("ReadCapability", allowed, deployment, network.ownerKey) },
    ticket: { message: asked, signature: signTyped("ReadTicket", asked, deployment, network.executorKey) },
  };
}
