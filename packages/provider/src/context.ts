import type { Deployment, Head, Ledger } from "@cairn/core";
import type { ByteRange, ScrubResult } from "@cairn/proofs";
import type { Address, DealId, Hex, ProofPurpose, Seconds } from "@cairn/protocol";
import type { PushedProof, WireReplies, WireRequest } from "@cairn/protocol/wire";
import type { DealBook } from "./deals/deal-book.ts";
import type { GatewayClient } from "./gateways/gateway-client.ts";
import type { Identity } from "./identity.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./options.ts";
import type { HeldShard } from "./shards/held-shard.ts";
import type { ShardStore } from "./shards/shard-store.ts";
import type { ShardTrees } from "./shards/shard-trees.ts";

/** Who asks: a gateway that this provider dials, or whoever signed a direct request. */
export interface Asker {
  address: Address;
  gateway: GatewayClient | undefined;
}

export type RequestHandlers = {
  [T in WireRequest["type"]]: (request: Extract<WireRequest, { type: T }>, asker: Asker) => Promise<WireReplies[T]>;
};

export interface Challenge {
  purpose: ProofPurpose;
  period: number;
  seed: Hex;
  leaves: number;
}

/** Bytes to send; without a length they go out until they end. */
export interface RangeBody {
  length?: number;
  bytes: AsyncIterable<Uint8Array>;
}

/** The operations that the program is composed of. Each is looked up when it is used, so that one can be replaced before the start. */
export interface ProviderParts {
  handlers: RequestHandlers;
  /** @throws DamageFound; CairnError `tree-damaged` */
  proveShard(held: HeldShard, challenge: Challenge): Promise<Uint8Array>;
  readShard(held: HeldShard, offset: number, length: number): RangeBody;
  /** Read every byte; `pace` is awaited before each step of so many bytes. */
  scrubShard(held: HeldShard, pace?: (bytes: number) => Promise<void>): Promise<ScrubResult>;
  /** Sign and hand over what was found until a gateway has taken it. */
  reportDamage(held: Pick<HeldShard, "deal" | "rawLength">, ranges: ByteRange[]): Promise<void>;
  /** Prove one period for every deal that is due, until its deadline. */
  answerPeriod(period: number, seed: Hex): Promise<void>;
  pushProofs(gateway: GatewayClient, proofs: PushedProof[]): Promise<string[]>;
}

/** A shard on its way here. */
interface Pull {
  receipt: Promise<Hex>;
  stop: AbortController;
  /** Bytes of its document and manifest, once there is room for them. */
  papers: bigint;
}

/** What every part of a running provider works with. */
export interface ProviderContext {
  settings: Settings;
  identity: Identity;
  log: Log;
  book: DealBook;
  shards: ShardStore;
  trees: ShardTrees;
  parts: ProviderParts;
  gateways: GatewayClient[];
  /** URL at which direct HTTP is registered; "" without it. */
  endpoint: string;
  /** Damage that is known and not cured, and the period in which it was last told. */
  damage: Map<DealId, { ranges: ByteRange[]; period: number }>;
  /** Why a deal's last proof was not taken, as the log has it already. */
  refusals: Map<DealId, string>;
  /** Pulls under way, each with the way to stop it. */
  pulls: Map<DealId, Pull>;
  /** Aborted when the program stops. */
  signal: AbortSignal;
  /** The last block seen, the time that the chain gave the next one then, and when, in milliseconds of the process's monotonic time. */
  head: (Head & { present: Seconds; seenAt: number }) | undefined;
  /** @throws CairnError `chain-unreachable` before the first contact with the chain */
  chain(): Ledger;
  deployment(): Deployment;
  blockSeconds(): number;
  scrubSeconds(): number;
  /** UNIX seconds of this machine: for its hellos, and until the first block is seen. */
  now(): Seconds;
  /** The chain's time, carried on from the last block by at most two heartbeats: expiries go by it. */
  chainNow(): Seconds;
}
