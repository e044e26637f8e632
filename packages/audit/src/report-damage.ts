import { verifyTyped } from "@cairn/chain";
import { type DealId, nextScheduledPeriod, periodAt, type Signed } from "@cairn/core";
import { recordOutcomes } from "./accept-proofs.ts";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";

export const MAX_REPORTS_PER_CALL = 1024;

/**
 * Take providers' own signed damage reports: the shard is rebuilt in place, and the period counts as missed but not as silence.
 * Returns per report whether it was taken, and why not.
 */
export async function reportDamage(
  context: AuditContext,
  reports: readonly Signed<"DamageReport">[],
): Promise<{ accepted: boolean; reason?: string }[]> {
  const deals = await auditedDeals(context, { deals: [...new Set(reports.map((report) => report.message.deal))] });
  const byId = new Map(deals.map((deal) => [deal.deal, deal]));
  const now = (await context.ledger.latest()).timestamp;
  const current = periodAt(now, context.deployment);
  const damaged = new Map<DealId, number>();
  const answers = [];
  for (const { message, signature } of reports) {
    const deal = byId.get(message.deal);
    if (deal === undefined || deal.state !== "ACTIVE") {
      answers.push({ accepted: false, reason: deal === undefined ? "unknown deal" : `the deal is ${deal.state}` });
      continue;
    }
    if (message.offset + message.length > BigInt(deal.rawLength) || message.length === 0n) {
      answers.push({ accepted: false, reason: "outside the shard" });
      continue;
    }
    if (Math.abs(Number(message.period) - current) > 1) {
      answers.push({ accepted: false, reason: "not about the current period" });
      continue;
    }
    if (!verifyTyped(deal.hot, "DamageReport", message, context.deployment, signature)) {
      answers.push({ accepted: false, reason: "not signed by the deal's provider" });
      continue;
    }
    await context.pool.query({
      name: "audit-damage",
      text: "insert into audit.damage (deal, byte_offset, byte_length, reported_at) values ($1, $2, $3, $4) on conflict do nothing",
      values: [message.deal, message.offset.toString(), message.length.toString(), now],
    });
    damaged.set(message.deal, (damaged.get(message.deal) ?? 0) + Number(message.length));
    answers.push({ accepted: true });
  }
  for (const [id, bytes] of damaged) {
    const deal = byId.get(id);
    if (deal === undefined) continue;
    await noteDamage(context, deal, `${bytes} bytes were found damaged by the provider's own scrub`, now);
  }
  return answers;
}

/** Record that a shard is damaged in the current period, tell people, and have it rewritten. */
export async function noteDamage(
  context: AuditContext,
  deal: Pick<AuditedDeal, "deal" | "provider" | "package" | "piece" | "shard">,
  what: string,
  now: number,
): Promise<void> {
  const period = periodAt(now, context.deployment);
  await recordOutcomes(
    context,
    [{ deal: deal.deal, period, outcome: "damaged", reason: what, proofHash: null, signature: null }],
    now,
  );
  await context.tell({
    kind: "damage",
    severity: "warning",
    deal: deal.deal,
    provider: deal.provider,
    package: deal.package,
    message: `Shard ${deal.shard} of piece ${deal.piece} on provider ${deal.provider} is damaged: ${what}.`,
    next: "Nothing to do: it is being rebuilt from the other shards and rewritten.",
  });
  await context.hand("heal", { deal: deal.deal, reason: what });
}

/** A provider was caught handing out wrong bytes: the deal fails with the verdict of its next scheduled period. */
export async function noteWrongBytes(
  context: AuditContext,
  deal: Pick<AuditedDeal, "deal" | "provider" | "package" | "piece" | "shard" | "duty" | "receiptTime">,
  what: string,
): Promise<void> {
  const { deployment } = context;
  const now = (await context.ledger.latest()).timestamp;
  const received = periodAt(deal.receiptTime, deployment);
  const period = nextScheduledPeriod(periodAt(now, deployment), deal.duty, received, deployment);
  if (period !== undefined) {
    await recordOutcomes(
      context,
      [{ deal: deal.deal, period, outcome: "wrong", reason: what, proofHash: null, signature: null }],
      now,
    );
  }
  await context.tell({
    kind: "wrong-bytes",
    severity: "error",
    deal: deal.deal,
    provider: deal.provider,
    package: deal.package,
    message: `Provider ${deal.provider} hands out wrong bytes for shard ${deal.shard} of piece ${deal.piece}: ${what}.`,
    next: "Nothing to do: the deal fails with the period's verdict and the shard is rebuilt elsewhere.",
  });
}
