import type { FinalizedHead, Hex } from "@cairn/core";
import { acceptProofs, type ProofAnswer, type PushedProof } from "./accept-proofs.ts";
import { type AuditProjection, createAuditProjection } from "./apply-events.ts";
import { attend } from "./attendance.ts";
import { type ActivationProof, attestActivation } from "./attest-activation.ts";
import {
  type CheckRequest,
  type CheckResult,
  checkResult,
  endInterruptedChecks,
  startCheck,
  type TicketSigner,
} from "./check-package.ts";
import { confirmEvidence, takeFaultEvidence } from "./confirm-evidence.ts";
import type { AuditContext, WorkingContext } from "./context.ts";
import { judgeDuePeriods, openRunningPeriod } from "./keep-periods.ts";
import { openLeafFile } from "./open-leaf-file.ts";
import { prune } from "./prune.ts";
import { reportDamage } from "./report-damage.ts";
import { failFaulted, settleDue } from "./settle.ts";
import { tellOnce } from "./tell-once.ts";

export interface Audit {
  acceptProofs(pushes: readonly PushedProof[]): Promise<ProofAnswer[]>;
  reportDamage(reports: Parameters<typeof reportDamage>[1]): ReturnType<typeof reportDamage>;
  attest(activation: ActivationProof): Promise<Hex[]>;
  startCheck(
    request: CheckRequest,
    sign: TicketSigner,
  ): Promise<{ check: CheckResult; finished: Promise<CheckResult> }>;
  checkResult(id: string): Promise<CheckResult>;
  leafFile(hash: Hex): ReturnType<typeof openLeafFile>;
  /** For the indexer. */
  projection: AuditProjection;
  /**
   * What is due at a finalised head: open, judge and vote periods, fail, claim and close deals. Resolves when it is done, throws the first
   * error when all else is done. It may be called again meanwhile: work that is still under way is not begun a second time, so that a slow
   * settlement does not keep the next period from being opened.
   */
  round(head: FinalizedHead): Promise<void>;
}

export interface AuditOptions {
  /** Claims are sent for a deal at most once in so many periods. */
  claimEveryPeriods: number;
  /** When the heads of two rounds lie further apart than so many seconds, the verifiers were away in between; without it they never are. */
  absentAfterSeconds?: number;
}

export function createAudit(given: AuditContext, options: AuditOptions): Audit {
  const context: WorkingContext = {
    ...given,
    tellOnce: tellOnce((notice) => given.tell(notice)),
  };
  const projection = createAuditProjection(context.pool, context.verifierSet, context.deployment.deployedAt);
  let started: Promise<void> | undefined;
  const tracks = [
    oneAtATime((head) => openRunningPeriod(context, head)),
    oneAtATime((head) => judgeDuePeriods(context, projection, head)),
    oneAtATime(() => failFaulted(context)),
    oneAtATime(async () => {
      await settleDue(context, options.claimEveryPeriods);
      await prune(context);
    }),
    oneAtATime(async () => {
      await takeFaultEvidence(context);
      await confirmEvidence(context);
    }),
  ];
  return {
    acceptProofs: (pushes) => acceptProofs(context, pushes),
    reportDamage: (reports) => reportDamage(context, reports),
    attest: (activation) => attestActivation(context, activation),
    startCheck: async (request, sign) => {
      await begin();
      const started = await startCheck(context, request, sign);
      // Whoever awaits it sees a failure; nobody has to.
      started.finished.catch(() => undefined);
      return started;
    },
    checkResult: (id) => checkResult(context, id),
    leafFile: (hash) => openLeafFile(context, hash),
    projection,
    async round(head) {
      await begin();
      if (options.absentAfterSeconds !== undefined) await attend(context, head.timestamp, options.absentAfterSeconds);
      const done = await Promise.allSettled(tracks.map((track) => track(head)));
      const failed = done.find((one) => one.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };

  function begin(): Promise<void> {
    started ??= endInterruptedChecks(context).catch((error: unknown) => {
      started = undefined;
      throw error;
    });
    return started;
  }
}

/** `work`, unless it is under way. */
function oneAtATime(work: (head: FinalizedHead) => Promise<void>): (head: FinalizedHead) => Promise<void> {
  let running = false;
  return async (head) => {
    if (running) return;
    running = true;
    try {
      await work(head);
    } finally {
      running = false;
    }
  };
}
