import { signTyped, verifyTyped } from "@cairn/chain";
import { CairnError, type DealId, type Hex, PERIOD_CHALLENGES } from "@cairn/core";
import { deriveChallenges, payloadLeaves, verifyPossession } from "@cairn/proofs";
import { auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { sha256Hex } from "./sha256-hex.ts";

export interface ActivationProof {
  deal: DealId;
  /** Hash of the block `seedBlock`, which is later than the deal's receipt. */
  seed: Hex;
  seedBlock: number;
  proof: Uint8Array;
  /** The provider's signature over the Proof message, purpose 1, period 0. */
  signature: Hex;
}

export type Attestation = { ok: true; proofHash: Hex; signatures: Hex[] } | { ok: false; reason: string };

/**
 * Check a deal's first proof and sign its activation with a quorum of verifiers. The receipt is read from the chain, not from the
 * caller, and the seed must be the hash of a later block.
 */
export async function attestActivation(context: AuditContext, activation: ActivationProof): Promise<Attestation> {
  const [deal] = await auditedDeals(context, { deals: [activation.deal] });
  const record = await context.ledger.deal(activation.deal);
  if (deal === undefined || record === undefined) {
    throw new CairnError(`deal ${activation.deal} is not on the chain`, { code: "unknown-deal", kind: "missing" });
  }
  if (record.state !== "PROPOSED" || record.receiptBlock === 0) {
    return { ok: false, reason: `the deal is ${record.state}, with ${record.receiptBlock === 0 ? "no" : "a"} receipt` };
  }
  if (activation.seedBlock <= record.receiptBlock)
    return { ok: false, reason: "the seed is not later than the receipt" };
  if ((await context.ledger.blockHash(activation.seedBlock)) !== activation.seed) {
    return { ok: false, reason: "the seed is not the hash of its block" };
  }
  const { provider, commitment, rawLength } = record.quote;
  const proofHash = sha256Hex(activation.proof);
  const claim = { deal: activation.deal, purpose: 1, period: 0n, seed: activation.seed, proofHash };
  if (!verifyTyped(deal.hot, "Proof", claim, context.deployment, activation.signature)) {
    return { ok: false, reason: "not signed by the deal's provider" };
  }
  const subject = {
    purpose: "activation" as const,
    seed: activation.seed,
    chainId: context.deployment.chainId,
    deal: activation.deal,
    provider,
    period: 0,
  };
  const result = verifyPossession({
    root: Buffer.from(commitment.slice(2), "hex"),
    rawLength: Number(rawLength),
    indices: deriveChallenges(subject, payloadLeaves(Number(rawLength)), PERIOD_CHALLENGES),
    proof: activation.proof,
  });
  if (!result.ok) return { ok: false, reason: result.reason };
  const message = { deal: activation.deal, seed: activation.seed, proofHash };
  const signatures = await Promise.all(
    context.verifiers
      .slice(0, context.quorum)
      .map((verifier) => signTyped("Activation", message, context.deployment, verifier.key)),
  );
  return { ok: true, proofHash, signatures };
}
