import type { ChainRules } from "./types.ts";

/**
 * Coins as FileFileGo has them: 40 for each slot of ten seconds, halved every 6,307,200 slots (24 months), never above 500,000,000.
 * They follow time, not the number of blocks: a block brings the coins of every slot that began since its parent's, so that many blocks
 * in one slot bring no more than one, and a quiet hour no fewer.
 */
export const REWARD_GWEI = 40_000_000_000n;
export const HALVING_SLOTS = 6_307_200n;
export const CAP_GWEI = 500_000_000n * 1_000_000_000n;

/** The slot of a block time: slot 0 begins at genesis. */
export function slotAt(time: bigint, rules: Pick<ChainRules, "genesisTime" | "blockSeconds">): bigint {
  const since = time - BigInt(rules.genesisTime);
  return since < 0n ? 0n : since / BigInt(rules.blockSeconds);
}

/** Σ of the rewards of slots 1…slot without the cap, in gwei. */
function uncapped(slot: bigint): bigint {
  let sum = 0n;
  let left = slot;
  for (let reward = REWARD_GWEI; left > 0n && reward > 0n; reward >>= 1n) {
    const slots = left < HALVING_SLOTS ? left : HALVING_SLOTS;
    sum += reward * slots;
    left -= slots;
  }
  return sum;
}

/**
 * Coins in existence after a block in `slot`, in gwei: `initial` (the genesis balances) and every reward, in closed form of the time,
 * so that no stored figure can be wrong. What genesis holds counts against the cap.
 */
export function supplyAt(slot: bigint, initial = 0n): bigint {
  const sum = initial + uncapped(slot);
  if (sum <= CAP_GWEI) return sum;
  return initial > CAP_GWEI ? initial : CAP_GWEI;
}

/** What a block in slot `to` brings whose parent is in slot `from`, in gwei, the unit of an EIP-4895 withdrawal. */
export function rewardBetween(from: bigint, to: bigint, initial = 0n): bigint {
  return to <= from ? 0n : supplyAt(to, initial) - supplyAt(from, initial);
}
