import { eachBounded } from "@cairn/core";
import { asCairnError, type DealId, PERIOD_CHALLENGES } from "@cairn/protocol";
import { acceptProofs } from "./accept-proofs.ts";
import type { AuditedDeal } from "./audited-deals.ts";
import type { WorkingContext } from "./context.ts";
import type { PeriodHearing } from "./hear-period.ts";

/**
 * Answers that are asked for at once: of deals that are paid for or whose package this gateway keeps, and of all others. Anybody can have deals
 * on chain that cost nothing, name these verifiers and are silent for ever.
 */
const AT_ONCE = { first: 28, free: 4 };
/** How long those that are missing may take to prove when they are asked again, at least and at most; between them a quarter of the vote window. */
const PATIENCE_SECONDS = { least: 8, most: 120 };
const LOOK_SECONDS = 0.5;

/**
 * Ask those whose answers to a period are missing once more over the gateway's own connections, before anything is held against them: who can
 * prove now holds the shard, whatever kept its answer back. Where the fault may be the verifiers' own (`weight` is not "theirs") the proof
 * counts as if it had come in time, else as late.
 */
export async function probeSilent(context: WorkingContext, period: number, hearing: PeriodHearing): Promise<void> {
  const { silent, weight, expected } = hearing;
  if (silent.length === 0) return;
  if (weight !== "theirs") {
    await context.tellOnce("self-suspicion", {
      kind: "self-suspicion",
      severity: "warning",
      message: `${new Set(silent.map((deal) => deal.provider)).size} of ${expected} providers were silent in period ${period}: the verifiers ask again before they vote.`,
      next: "If it goes on, check this machine's load and its network.",
    });
  }
  const { deployment, clock } = context;
  const window = deployment.voteWindowPeriods * deployment.periodSeconds;
  const patience = Math.min(PATIENCE_SECONDS.most, Math.max(PATIENCE_SECONDS.least, window / 4));
  const until = clock.monotonic() + patience * 1000;
  const seed = await seedOf(context, period);
  if (seed === undefined) return;
  const failures: string[] = [];
  await context.transport.seek([...new Set(silent.map((deal) => deal.provider))]);
  const ask = async (deal: AuditedDeal): Promise<void> => {
    try {
      // Whoever lost its connection may be on its way back. With one miss to its name it has until the next.
      while (!context.transport.reachable(deal.provider)) {
        if (!hearing.lastChance.has(deal.deal) || clock.monotonic() >= until) return;
        await clock.sleep(LOOK_SECONDS);
      }
      const timeoutSeconds = Math.max(1, (until - clock.monotonic()) / 1000);
      await probe(context, period, seed, deal, timeoutSeconds, weight !== "theirs");
    } catch (error) {
      failures.push(`${deal.provider}: ${asCairnError(error).message}`);
    }
  };
  const { first, free } = turnsOf(silent, (deal) => context.transport.reachable(deal.provider));
  await Promise.all([eachBounded(first, AT_ONCE.first, ask), eachBounded(free, AT_ONCE.free, ask)]);
  if (failures.length === 0) return;
  await context.tellOnce("probe-failed", {
    kind: "probe-failed",
    severity: "warning",
    message: `${failures.length} of ${silent.length} missing answers did not come when asked for again: ${failures.slice(0, 5).join("; ")}.`,
  });
}

/**
 * Who is asked first: those that can be asked now, as waiting for the others takes their places; among them deals of packages that this gateway
 * keeps, then those that cost their owners most. Pure.
 */
export function turnsOf(
  silent: readonly AuditedDeal[],
  isReachable: (deal: AuditedDeal) => boolean,
): { first: AuditedDeal[]; free: AuditedDeal[] } {
  const inTurn = silent
    .map((deal) => ({ deal, away: isReachable(deal) ? 0 : 1, strange: deal.package === null ? 1 : 0 }))
    .sort((a, b) => a.away - b.away || a.strange - b.strange || Number(b.deal.pricePerPeriod - a.deal.pricePerPeriod))
    .map(({ deal }) => deal);
  const isFree = (deal: AuditedDeal): boolean => deal.package === null && deal.pricePerPeriod === 0n;
  return { first: inTurn.filter((deal) => !isFree(deal)), free: inTurn.filter(isFree) };
}

async function seedOf(context: WorkingContext, period: number): Promise<`0x${string}` | undefined> {
  const { rows } = await context.pool.query<{ seed: `0x${string}` }>(
    "select seed from audit.periods where period = $1",
    [period],
  );
  return rows[0]?.seed;
}

async function probe(
  context: WorkingContext,
  period: number,
  seed: `0x${string}`,
  { deal, provider }: { deal: DealId; provider: AuditedDeal["provider"] },
  timeoutSeconds: number,
  anyTime: boolean,
): Promise<void> {
  const { proof, signature } = await context.transport.request(
    provider,
    { type: "prove", deal, purpose: "period", period, seed, leaves: PERIOD_CHALLENGES },
    { timeoutSeconds },
  );
  await acceptProofs(context, [{ deal, period, proof: Buffer.from(proof, "base64"), signature }], { anyTime });
}
