import { asCairnError, type Hex, PERIOD_CHALLENGES } from "@cairn/core";
import { proofToCalldata } from "@cairn/proofs";
import type { ProviderContext } from "../context.ts";
import type { HeldShard } from "../shards/held-shard.ts";

/**
 * Prove a period on chain, where no vote can pass over it: the last resort when no gateway took the proof. Returns whether the chain has it.
 */
export async function proveOnChain(
  context: ProviderContext,
  held: HeldShard,
  period: number,
  seed: Hex,
): Promise<boolean> {
  const ledger = context.chain();
  const { deal } = held;
  if (await ledger.isProven(deal, period)) return true;
  if ((await ledger.gasBalance(context.identity.hot)) === 0n) {
    context.log.warn({ deal, period }, "no gateway took the proof, and the hot key has no coins to prove it on chain");
    return false;
  }
  const challenge = { purpose: "period" as const, period, seed, leaves: PERIOD_CHALLENGES };
  const proof = await context.parts.proveShard(held, challenge);
  const { leaves, siblings } = proofToCalldata(proof, held.rawLength);
  try {
    const result = await ledger.provePossession({ id: `prove/${deal}/${period}` }, deal, period, leaves, siblings);
    context.log.info({ deal, period, transaction: result.transaction, ok: result.ok }, "proved on chain");
    return result.ok;
  } catch (error) {
    const { code, message } = asCairnError(error);
    context.log.warn({ deal, period, code }, `could not prove on chain: ${message}`);
    return false;
  }
}
