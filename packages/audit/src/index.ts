export type { ProofAnswer, PushedProof } from "./accept-proofs.ts";
export type { ActivationProof } from "./attest-activation.ts";
export type { CheckRequest, CheckResult, ShardCheck, ShardFinding } from "./check-package.ts";
export type { AuditContext, Notice, TicketSigner, Verifier } from "./context.ts";
export { type Audit, type AuditOptions, createAudit } from "./create-audit.ts";
export type { CustodyRun } from "./custody.ts";
export { auditMigrations } from "./migrations.ts";
export type { CheckSummary } from "./stored-checks.ts";
