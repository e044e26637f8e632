import { asCairnError, isScheduled, PERIOD_CHALLENGES, periodAt } from "@cairn/core";
import { acceptProofs } from "./accept-proofs.ts";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { WorkingContext } from "./context.ts";
import { eachBounded } from "./each-bounded.ts";

/** When more than this share of the scheduled providers is silent, the verifiers suspect themselves and ask again. */
const SUSPICION_SHARE = 0.5;
const AT_ONCE = 32;

/** A period's judging must not take longer than the period, or the verifiers fall behind. */
const probeSeconds = (periodSeconds: number) => Math.min(5, Math.max(1, periodSeconds / 5));

/** Ask the silent once more over the gateway's own connections when so many are silent that the fault may be ours. */
export async function probeSilent(context: WorkingContext, period: number): Promise<void> {
  const { deployment, verifierSet } = context;
  const asked = (await auditedDeals(context, { state: "ACTIVE", verifierSet })).filter((deal) => {
    const received = periodAt(deal.receiptTime, deployment);
    return period <= deal.lastPeriod && isScheduled(period, deal.duty, received, deployment);
  });
  const answered = await answeredDeals(context, period);
  const silent = asked.filter((deal) => !answered.has(deal.deal));
  const askedProviders = new Set(asked.map((deal) => deal.provider));
  const silentProviders = new Set(silent.map((deal) => deal.provider));
  if (silentProviders.size <= askedProviders.size * SUSPICION_SHARE) return;
  await context.tellOnce("self-suspicion", {
    kind: "self-suspicion",
    severity: "warning",
    message: `${silentProviders.size} of ${askedProviders.size} providers were silent in period ${period}: the verifiers ask again before they vote.`,
    next: "If it goes on, check this machine's own network.",
  });
  const failures: string[] = [];
  const reachable = silent.filter((deal) => context.transport.reachable(deal.provider));
  await eachBounded(reachable, AT_ONCE, (deal) =>
    probe(context, period, deal).catch((error: unknown) => {
      failures.push(`${deal.provider}: ${asCairnError(error).message}`);
    }),
  );
  if (failures.length === 0) return;
  await context.tellOnce("probe-failed", {
    kind: "probe-failed",
    severity: "warning",
    message: `${failures.length} of ${reachable.length} connected providers did not prove when asked again: ${failures.slice(0, 5).join("; ")}.`,
  });
}

async function answeredDeals(context: WorkingContext, period: number): Promise<Set<string>> {
  const { rows } = await context.pool.query<{ deal: string }>("select deal from audit.outcomes where period = $1", [
    period,
  ]);
  return new Set(rows.map((row) => row.deal));
}

async function probe(context: WorkingContext, period: number, { deal, provider }: AuditedDeal): Promise<void> {
  const { rows } = await context.pool.query<{ seed: `0x${string}` }>(
    "select seed from audit.periods where period = $1",
    [period],
  );
  const seed = rows[0]?.seed;
  if (seed === undefined) return;
  const { proof, signature } = await context.transport.request(
    provider,
    { type: "prove", deal, purpose: "period", period, seed, leaves: PERIOD_CHALLENGES },
    { timeoutSeconds: probeSeconds(context.deployment.periodSeconds) },
  );
  await acceptProofs(context, [{ deal, period, proof: Buffer.from(proof, "base64"), signature }], { late: true });
}
