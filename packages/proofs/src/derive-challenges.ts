import { hash } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import { type Address, type DealId, type Hex, PROOF_PURPOSE, type ProofPurpose } from "@cairn/protocol/words";
import { hexToBytes } from "./hex.ts";

export interface ChallengeContext {
  purpose: ProofPurpose;
  /** 32 bytes: the period's seed on chain, a block hash (activation), or the checker's own (check). */
  seed: Hex;
  chainId: number;
  deal: DealId;
  provider: Address;
  /** 0 unless the purpose is `period`. */
  period: number;
}

/** purpose ‖ seed ‖ chain id ‖ deal ‖ provider ‖ period ‖ j (docs/protocol.md, 3). */
const PREIMAGE_BYTES = 1 + 32 + 8 + 32 + 20 + 8 + 4;

/** More leaves than anybody may ask for at once: bounds the work that a request can cause. */
export const MAX_CHALLENGES = 1024;

/** The first 8 bytes of `digest` as u64be, modulo `divisor` < 2^37, in doubles: every step stays below 2^53. */
function firstWordModulo(digest: Uint8Array, divisor: number): number {
  let rest = 0;
  for (let i = 0; i < 8; i += 2) rest = (rest * 0x1_0000 + digest[i]! * 0x100 + digest[i + 1]!) % divisor;
  return rest;
}

/**
 * The leaves that a proof must open, in drawn order: `count` distinct indices below `leaves` (all of them, if fewer). `leaves` is the
 * number of payload leaves, so padding is never drawn. Throws `bad-hex` when an id has not its length, `bad-challenge` when `count` is
 * not 0 … MAX_CHALLENGES.
 */
export function deriveChallenges(context: ChallengeContext, leaves: number, count: number): number[] {
  if (!(Number.isInteger(count) && count >= 0 && count <= MAX_CHALLENGES)) {
    throw new CairnError(`${count} leaves cannot be challenged at once`, {
      code: "bad-challenge",
      kind: "input",
      details: { count, maximum: MAX_CHALLENGES },
      next: `Ask for at most ${MAX_CHALLENGES} leaves.`,
    });
  }
  const preimage = new Uint8Array(PREIMAGE_BYTES);
  const view = new DataView(preimage.buffer);
  preimage[0] = PROOF_PURPOSE[context.purpose];
  preimage.set(hexToBytes(context.seed, 32), 1);
  view.setBigUint64(33, BigInt(context.chainId));
  preimage.set(hexToBytes(context.deal, 32), 41);
  preimage.set(hexToBytes(context.provider, 20), 73);
  view.setBigUint64(93, BigInt(context.period));
  const wanted = Math.min(count, leaves);
  const drawn = new Set<number>();
  for (let j = 0; drawn.size < wanted; j++) {
    view.setUint32(101, j);
    drawn.add(firstWordModulo(hash("sha256", preimage, "buffer"), leaves));
  }
  return [...drawn];
}
