import { type ByteRange, DamageFound } from "@cairn/proofs";
import { asCairnError, CairnError, type Hex, PROOF_PURPOSE, signTyped } from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import type { Challenge, ProviderContext, RequestHandlers } from "../context.ts";
import type { HeldShard } from "../shards/held-shard.ts";
import { refuse, requireExecutor, requireGateway, unknownDeal } from "./authorise.ts";

/** Ranges of damage that an error names; more are summed up in one. */
const MAX_RANGES = 256;

export function limitRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const [first] = ranges;
  const last = ranges.at(-1);
  if (first === undefined || last === undefined || ranges.length <= MAX_RANGES) return [...ranges];
  return [{ offset: first.offset, length: last.offset + last.length - first.offset }];
}

function damaged(held: { deal: Hex }, ranges: readonly ByteRange[]): CairnError {
  return new CairnError(`the shard of ${held.deal} is damaged`, {
    code: "damaged",
    kind: "corrupt",
    details: { ranges: limitRanges(ranges) },
    next: "Discard the copy and store it again.",
  });
}

/** The signed proof of a challenge. @throws CairnError `damaged`, after the damage was noted and its report begun */
export async function signProof(
  context: ProviderContext,
  held: HeldShard,
  challenge: Challenge,
): Promise<{ proof: Uint8Array; signature: Hex }> {
  let proof: Uint8Array;
  try {
    proof = await context.parts.proveShard(held, challenge);
  } catch (error) {
    const whole = [{ offset: 0, length: held.rawLength }];
    const ranges = error instanceof DamageFound ? error.ranges : whole;
    const known = error instanceof DamageFound || ["tree-damaged", "bad-tree"].includes(asCairnError(error).code);
    if (!known) throw error;
    void context.parts.reportDamage(held, ranges);
    throw damaged(held, ranges);
  }
  const message = {
    deal: held.deal,
    purpose: PROOF_PURPOSE[challenge.purpose],
    period: BigInt(challenge.period),
    seed: challenge.seed,
    proofHash: sha256Hex(proof),
  };
  return { proof, signature: signTyped("Proof", message, context.deployment(), context.identity.hotKey) };
}

/**
 * Answer a challenge that was asked, not derived. A seed of the asker's choosing can be ground until it opens any leaf, so only the package's own executor
 * may bring one; a period's seed must be the chain's.
 */
export function answerProve(context: ProviderContext): RequestHandlers["prove"] {
  return async (request, asker) => {
    const entry = context.book.get(request.deal);
    if (entry === undefined) throw unknownDeal(request.deal);
    if (request.purpose === "period") {
      requireGateway(asker);
      const seed = await context.chain().seed(request.period);
      if (seed?.toLowerCase() !== request.seed) throw refuse("wrong-seed", "this is not the period's seed on chain");
    } else await requireExecutor(context, asker, entry);
    const held = context.shards.held(request.deal);
    if (held === undefined) throw damaged(entry, [{ offset: 0, length: Number(entry.quote.rawLength) }]);
    const { purpose, period, seed, leaves } = request;
    const { proof, signature } = await signProof(context, held, { purpose, period, seed, leaves });
    return { proof: Buffer.from(proof).toString("base64"), signature };
  };
}
