import type { Seconds } from "@cairn/protocol";
import { formatDuration } from "./format.ts";

/** Whole seconds, a block that was made a moment ahead, and an answer under way. */
const TOLERANCE_SECONDS = 10;

/** A network with shorter periods than this may still be without a block for so long. */
const LATE_BLOCK_SECONDS = 60;

export interface ClocksApart {
  what: string;
  next: string;
}

/**
 * What it means, and what to do, when the time of the newest block and this machine's clock are apart, in either direction; undefined when they
 * are not. An old block alone does not tell a chain that stopped from a clock that is fast: both are named.
 */
export function clocksApart(blockTime: Seconds, now: Seconds, periodSeconds: number): ClocksApart | undefined {
  const ahead = blockTime - now;
  if (ahead > TOLERANCE_SECONDS) {
    return {
      what: `the chain's clock is ${ahead} s ahead of this machine's: its blocks keep their time, so that no period begins, nothing is proved and nothing is paid`,
      next: `Set this machine's clock if it is slow. If it is right, it was ahead when blocks were made: put and get work, and periods go on by themselves in ${formatDuration(ahead)}.`,
    };
  }
  if (-ahead <= Math.max(LATE_BLOCK_SECONDS, periodSeconds)) return undefined;
  return {
    what: `this machine's clock is ${-ahead} s ahead of the chain's newest block: the chain makes no blocks, or this clock is fast`,
    next: "Run `cairn status` again: if the block's number rises, set this machine's clock; if not, see logs/chain.log in the home.",
  };
}
