import { takeOutbox } from "@cairn/catalog";
import type { FinalizedHead, Hex } from "@cairn/core";
import { acceptProofs, type ProofAnswer, type PushedProof } from "./accept-proofs.ts";
import { type AuditProjection, createAuditProjection } from "./apply-events.ts";
import { type ActivationProof, attestActivation } from "./attest-activation.ts";
import { auditedDeals } from "./audited-deals.ts";
import { type CheckRequest, type CheckResult, checkResult, startCheck, type TicketSigner } from "./check-package.ts";
import type { AuditContext } from "./context.ts";
import { keepPeriods } from "./keep-periods.ts";
import { noteWrongBytes, reportDamage } from "./report-damage.ts";
import { failFaulted, settleDue } from "./settle.ts";

export interface Audit {
  acceptProofs(pushes: readonly PushedProof[]): Promise<ProofAnswer[]>;
  reportDamage(reports: Parameters<typeof reportDamage>[1]): ReturnType<typeof reportDamage>;
  attest(activation: ActivationProof): Promise<Hex[]>;
  startCheck(
    request: CheckRequest,
    sign: TicketSigner,
  ): Promise<{ check: CheckResult; finished: Promise<CheckResult> }>;
  checkResult(id: string): Promise<CheckResult>;
  /** For the indexer. */
  projection: AuditProjection;
  /** One round of work at a finalised head; rounds must not overlap. */
  round(head: FinalizedHead): Promise<void>;
}

export interface AuditOptions {
  /** Claims are sent for a deal at most once in so many periods. */
  claimEveryPeriods: number;
}

export function createAudit(context: AuditContext, options: AuditOptions): Audit {
  return {
    acceptProofs: (pushes) => acceptProofs(context, pushes),
    reportDamage: (reports) => reportDamage(context, reports),
    attest: (activation) => attestActivation(context, activation),
    startCheck: (request, sign) => startCheck(context, request, sign),
    checkResult: (id) => checkResult(context, id),
    projection: createAuditProjection(context.pool, context.verifierSet, context.deployment.deployedAt),
    async round(head) {
      await takeFaultEvidence(context);
      await keepPeriods(context, head);
      await failFaulted(context);
      await settleDue(context, head, options.claimEveryPeriods);
    },
  };
}

/** Evidence that the market gathered while it read: the deal's provider sent wrong bytes. */
async function takeFaultEvidence(context: AuditContext): Promise<void> {
  const takeOne = () =>
    takeOutbox(context.pool, ["fault-evidence"], async ({ payload }) => {
      const [deal] = await auditedDeals(context, { deals: [payload.deal] });
      if (deal?.state === "ACTIVE" && payload.kind === "wrong-bytes")
        await noteWrongBytes(context, deal, payload.detail);
    });
  while (await takeOne());
}
