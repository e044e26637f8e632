import { enqueue, inTransaction } from "@cairn/catalog";
import { periodAt } from "@cairn/core";
import { asCairnError, type DealId, type Signed, verifyTyped } from "@cairn/protocol";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { recordOutcomes } from "./record-outcomes.ts";
import { tell } from "./tell.ts";

/** Damage reported longer ago than this is reported again: it was not repaired, or it is new. */
const REPORT_AGAIN_PERIODS = 2;

/**
 * Take providers' own signed damage reports: the shard is rewritten in place, and its period counts as missed but not as silence, unless
 * the provider could prove it all the same, or owned up to damage too often (judge-period.ts). Returns per report whether it was taken, and why not.
 */
export async function reportDamage(
  context: AuditContext,
  reports: readonly Signed<"DamageReport">[],
): Promise<{ accepted: boolean; reason?: string }[]> {
  const deals = await auditedDeals(context, { deals: [...new Set(reports.map((report) => report.message.deal))] });
  const byId = new Map(deals.map((deal) => [deal.deal, deal]));
  const now = (await context.ledger.latest()).timestamp;
  const damaged = new Map<DealId, { offset: number; length: number }[]>();
  const answers = reports.map((report) => {
    const deal = byId.get(report.message.deal);
    const reason = refuse(context, deal, report, now);
    if (reason !== undefined) return { accepted: false, reason };
    const { offset, length } = report.message;
    const ranges = damaged.get(report.message.deal) ?? [];
    damaged.set(report.message.deal, [...ranges, { offset: Number(offset), length: Number(length) }]);
    return { accepted: true };
  });
  for (const [id, ranges] of damaged) {
    const deal = byId.get(id);
    if (deal !== undefined) await noteDamage(context, deal, ranges, "its own scrub", now);
  }
  return answers;
}

function refuse(
  context: AuditContext,
  deal: AuditedDeal | undefined,
  { message, signature }: Signed<"DamageReport">,
  now: number,
): string | undefined {
  if (deal === undefined) return "unknown deal";
  if (deal.state !== "ACTIVE") return `the deal is ${deal.state}`;
  if (message.offset + message.length > BigInt(deal.rawLength) || message.length === 0n) return "outside the shard";
  if (Math.abs(Number(message.period) - periodAt(now, context.deployment)) > 1) return "not about the current period";
  try {
    if (verifyTyped(deal.hot, "DamageReport", message, context.deployment, signature)) return undefined;
  } catch (error) {
    return asCairnError(error).message;
  }
  return "not signed by the deal's provider";
}

/** Record that a shard is damaged in the current period, have it rewritten, and tell people, once while the same damage lasts. */
export async function noteDamage(
  context: AuditContext,
  deal: Pick<AuditedDeal, "deal" | "provider" | "package" | "piece" | "shard">,
  ranges: readonly { offset: number; length: number }[],
  foundBy: string,
  now: number,
): Promise<void> {
  const period = periodAt(now, context.deployment);
  const what = `${describe(ranges)}, found by ${foundBy}`;
  const outcome = {
    deal: deal.deal,
    period,
    outcome: "damaged" as const,
    reason: what,
    proofHash: null,
    signature: null,
  };
  await inTransaction(context.pool, async (client) => {
    await recordOutcomes(client, [outcome], now);
    // Noted whatever else the period comes to. The row of a period that is open is locked by the call before.
    await client.query(
      `update audit.outcomes o set damaged = true where deal = $1 and period = $2
         and not exists (select from audit.periods p where p.period = o.period and p.root is not null)`,
      [deal.deal, period],
    );
    const { rows } = await client.query<{ fresh: boolean }>({
      name: "audit-damage",
      text: `with known as (
  select deal, byte_offset, byte_length from audit.damage where deal = $1 and reported_at > $4::bigint - $5::bigint
), given as (
  select * from unnest($2::bigint[], $3::bigint[]) as g (byte_offset, byte_length)
), kept as (
  insert into audit.damage (deal, byte_offset, byte_length, reported_at) select distinct $1, byte_offset, byte_length, $4::bigint from given
  on conflict (deal, byte_offset, byte_length) do update set reported_at = excluded.reported_at
)
select exists (select from given g where not exists
  (select from known k where k.byte_offset = g.byte_offset and k.byte_length = g.byte_length)) as fresh`,
      values: [
        deal.deal,
        ranges.map((range) => range.offset),
        ranges.map((range) => range.length),
        now,
        REPORT_AGAIN_PERIODS * context.deployment.periodSeconds,
      ],
    });
    if (rows[0]?.fresh === true) {
      await tell(client, {
        kind: "damage",
        severity: "warning",
        deal: deal.deal,
        provider: deal.provider,
        package: deal.package,
        message: `Shard ${deal.shard} of piece ${deal.piece} on provider ${deal.provider} is damaged: ${what}.`,
        next: "Nothing to do: it is being rebuilt from the other shards and rewritten.",
      });
    }
    await enqueue(client, "heal", { deal: deal.deal, reason: what });
  });
}

export function describe(ranges: readonly { offset: number; length: number }[]): string {
  const bytes = ranges.reduce((sum, range) => sum + range.length, 0);
  const where = ranges.slice(0, 4).map((range) => `${range.offset}+${range.length}`);
  return `${bytes} bytes at ${where.join(", ")}${ranges.length > 4 ? " and elsewhere" : ""}`;
}
