import { claimOf, verifyPossession } from "@cairn/proofs";
import { CairnError, type DealId, type Hex, PERIOD_CHALLENGES, signTyped, verifyTyped } from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";

export interface ActivationProof {
  deal: DealId;
  /** Hash of a block later than the deal's receipt. */
  seed: Hex;
  proof: Uint8Array;
  /** The provider's signature over the Proof message, purpose 1, period 0. */
  signature: Hex;
}

/** The contract looks no further back for a block's hash. */
const SEED_BLOCKS = 256;

/**
 * Check a deal's first proof and sign its activation with a quorum of verifiers, in the order of the set. The receipt is read from
 * the chain, not from the caller, and the seed must be the hash of a later block. Throws `wrong-proof`, `unknown-deal`,
 * `not-received` or `other-verifiers`.
 */
export async function attestActivation(context: AuditContext, activation: ActivationProof): Promise<Hex[]> {
  const [deal] = await auditedDeals(context, { deals: [activation.deal] });
  const record = await context.ledger.deal(activation.deal);
  if (deal === undefined || record === undefined) {
    throw new CairnError(`deal ${activation.deal} is not on the chain`, {
      code: "unknown-deal",
      kind: "missing",
      next: "Ask the provider that the chain names for the deal; a deal that has ended is dropped.",
    });
  }
  if (record.state !== "PROPOSED" || record.receiptBlock === 0) {
    throw new CairnError(`the deal is ${record.state}, with ${record.receiptBlock === 0 ? "no" : "a"} receipt`, {
      code: "not-received",
      kind: "conflict",
      next: "Send the receipt first, and activate while the deal is PROPOSED.",
    });
  }
  if (record.quote.verifierSet !== context.verifierSet) {
    throw new CairnError("the deal names other verifiers", {
      code: "other-verifiers",
      kind: "conflict",
      next: "Ask the gateway whose verifier set the deal's quote names.",
    });
  }
  await requireLaterBlock(context, activation.seed, record.receiptBlock);
  const { provider, commitment, rawLength } = record.quote;
  const proofHash = sha256Hex(activation.proof);
  const claim = { deal: activation.deal, purpose: 1, period: 0n, seed: activation.seed, proofHash };
  if (!verifyTyped(deal.hot, "Proof", claim, context.deployment, activation.signature)) {
    throw wrongProof("it is not signed by the deal's provider");
  }
  const subject = {
    purpose: "activation" as const,
    seed: activation.seed,
    chainId: context.deployment.chainId,
    deal: activation.deal,
    provider,
    period: 0,
  };
  const result = verifyPossession(
    claimOf({ commitment, rawLength: Number(rawLength) }, subject, PERIOD_CHALLENGES, activation.proof),
  );
  if (!result.ok) throw wrongProof(result.reason);
  const message = { deal: activation.deal, seed: activation.seed, proofHash };
  return Promise.all(
    context.verifiers
      .slice(0, context.quorum)
      .map((verifier) => signTyped("Activation", message, context.deployment, verifier.key)),
  );
}

const wrongProof = (why: string) =>
  new CairnError(`the first proof is wrong: ${why}`, { code: "wrong-proof", kind: "corrupt" });

async function requireLaterBlock(context: AuditContext, seed: Hex, receiptBlock: number): Promise<void> {
  const latest = (await context.ledger.latest()).number;
  const oldest = Math.max(receiptBlock + 1, latest - SEED_BLOCKS);
  for (let block = latest; block >= oldest; block -= 1) {
    if ((await context.ledger.blockHash(block)) === seed) return;
  }
  throw wrongProof("its seed is not the hash of a block after the receipt");
}
