import type { Lease } from "@cairn/catalog";
import type { Semaphore } from "@cairn/core";
import {
  type Address,
  addressOfKey,
  CairnError,
  type Hex,
  type Message,
  type Signed,
  signTyped,
  type TypeName,
} from "@cairn/protocol";
import type { EarlyWork } from "./early-work.ts";
import type { HandOverPlaces } from "./hand-over-places.ts";
import type { HandedBytes } from "./handed-bytes.ts";
import type { KernelPool } from "./kernels/pool.ts";
import type { Weighing } from "./read/weigh-difference.ts";
import type { Spool } from "./spool.ts";
import type { MarketDeps } from "./types.ts";

/** What the operations share. */
export interface Context extends MarketDeps {
  executor: Address;
  spool: Spool;
  kernels: KernelPool;
  early: EarlyWork;
  /** Parts of uploads that a request is writing: `PACKAGE/PIECE`, and `PACKAGE/keep` while it is cut back; and the keys of manifests that no row names yet. */
  writing: Set<string>;
  /** Uploads that are read through at once, to be taken up again. */
  chains: Semaphore;
  /** Hand-overs under way at once. */
  stores: HandOverPlaces;
  /** Rebuilds under way at once; the package with the least margin goes first. */
  rebuilds: Semaphore;
  /** Differences between shards and blocks whose fault is being found out. */
  weighing: Weighing;
  /** Milliseconds of the clock's monotonic time. */
  startedAt: number;
  /** Aborted when the market stops. */
  stopping: AbortSignal;
  /** Have the package driven soon. */
  wake(id: string): void;
  /** How far a package's commitments is, in bytes. */
  committing: Map<string, { done: number; total: number }>;
  /** Bytes that went to providers from here, of late. */
  handed: HandedBytes;
  /** Where a package is driven: its lease, without which nothing is written or sent. */
  lease?: Pick<Lease, "assertHeld">;
  /** Packages that are driven by this process now, with the way to interrupt them. */
  interrupts: Map<string, AbortController>;
}

export function executorOf(deps: MarketDeps): Address {
  return addressOfKey(deps.executorKey).toLowerCase() as Address;
}

export function signAsExecutor<N extends TypeName>(context: Context, type: N, message: Message<N>): Signed<N> {
  return { message, signature: signTyped(type, message, context.deployment, context.executorKey) };
}

export function randomHex(context: Pick<Context, "random">, bytes: number): Hex {
  return `0x${Buffer.from(context.random.bytes(bytes)).toString("hex")}`;
}

export function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Basis of every message check: who signed it, or `bad-signature`. */
export function assertSigner(what: string, signer: Address, expected: Address): void {
  if (sameAddress(signer, expected)) return;
  throw new CairnError(`${what} is signed by ${signer}, not by ${expected}`, {
    code: "bad-signature",
    kind: "auth",
    next: "Sign it with the key of the account that owns the package.",
    details: { signer, expected },
  });
}
