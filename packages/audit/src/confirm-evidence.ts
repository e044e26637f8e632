import { enqueue, inTransaction, takeOutbox } from "@cairn/catalog";
import { eachBounded, faultOf, periodAt } from "@cairn/core";
import { asCairnError, type DealId, plainText, type Seconds } from "@cairn/protocol";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { SILENCE_WINDOW } from "./judge-period.ts";
import { noteDamage } from "./report-damage.ts";
import { tell } from "./tell.ts";

/** A suspect must own up within this and the time that a slow disk takes: nobody's stalling keeps others from being judged for long. */
const OWN_UP_SECONDS = 30;
const OWN_UP_BYTES_PER_SECOND = 10_000_000;
const AT_ONCE = 8;
/** Wrong bytes so soon after a report of damage are the damage. */
const KNOWN_DAMAGE_PERIODS = 2;
/** Who let a scrub hang, or was busy, is asked again after this share of a period: others get their turn meanwhile. */
const PAUSE_SHARE = 1 / 8;
/**
 * In so many periods a provider may prove its shard and yet answer no scrub, in whatever way it keeps from answering, until that counts as
 * its answer: a machine that restarts, or whose line is bad, has answered before. Who does not prove either fails by its silence. A choice.
 */
export const UNANSWERED_PERIODS = 3;

type Suspect = Pick<AuditedDeal, "deal" | "provider" | "package" | "piece" | "shard" | "rawLength">;

interface Evidence {
  deal: DealId;
  reason: string;
  /** When the provider was caught. */
  at: Seconds;
}

/** Keep what the market learnt while it read: a deal's provider sent wrong bytes, when the message was queued. Nothing is decided yet. */
export async function takeFaultEvidence(context: AuditContext): Promise<void> {
  const takeOne = () =>
    takeOutbox(context.pool, ["fault-evidence"], async ({ id, payload }, client) => {
      await client.query(
        `insert into audit.evidence (deal, reason, at)
select $1, $2, $3::bigint - greatest(0, extract(epoch from now() - o.at))::bigint from catalog.outbox o where o.id = $4
on conflict (deal) do nothing`,
        [payload.deal, payload.detail, (await context.ledger.latest()).timestamp, id],
      );
    });
  while (await takeOne());
}

/**
 * Decide what evidence is open; what was asked before a crash is asked again. So is what stands for want of an answer: who owns up until its deal
 * has failed is believed. Those that let a scrub hang wait for their turn behind those that were not asked yet.
 */
export async function confirmEvidence(context: AuditContext): Promise<void> {
  const now = (await context.ledger.latest()).timestamp;
  const { rows } = await context.pool.query<Evidence>(
    `select deal, reason, at::float8 as at from audit.evidence
where (state = 'asked' or unheard) and (again_at is null or again_at <= $1 or again_at > $1 + $2::bigint)
order by cardinality(unanswered), at limit 1000`,
    [now, context.deployment.periodSeconds],
  );
  if (rows.length === 0) return;
  const known = await auditedDeals(context, { deals: rows.map((row) => row.deal), state: "ACTIVE" });
  await context.transport.seek([...new Set(known.map(({ provider }) => provider))]);
  const evidence = new Map(rows.map((row) => [row.deal, row]));
  await eachBounded(known, AT_ONCE, async (deal) => {
    await decide(context, deal, evidence.get(deal.deal)!);
  });
}

/**
 * A provider handed out wrong bytes. Bytes rot on honest disks too, so it is asked to scrub first: when it owns up, the shard is
 * rewritten; when it says that all is well, its deal fails with the verdict of every period from now on until it has failed. Where it is not
 * heard, or this gateway cannot ask, nothing is decided: the next rounds ask again (`confirmEvidence`).
 * @returns what it turned out to be; what it sent is wrong, whatever its scrub will say
 */
export async function confirmWrongBytes(
  context: AuditContext,
  deal: Suspect,
  what: string,
): Promise<"damaged" | "wrong-bytes"> {
  const now = (await context.ledger.latest()).timestamp;
  // Before it is asked, so that no crash or silence lets it go.
  await context.pool.query(
    `insert into audit.evidence as e (deal, reason, at) values ($1, $2, $3)
on conflict (deal) do update set reason = excluded.reason, at = excluded.at where e.state = 'asked'`,
    [deal.deal, plainText(what), now],
  );
  return decide(context, deal, { deal: deal.deal, reason: what, at: now });
}

async function decide(context: AuditContext, deal: Suspect, evidence: Evidence): Promise<"damaged" | "wrong-bytes"> {
  if (await damageIsKnown(context, evidence)) {
    await drop(context, deal.deal);
    return "damaged";
  }
  const answer = await ownUp(context, deal);
  if (answer === "unasked") return "wrong-bytes";
  if (answer === "unheard" || answer === "hangs") {
    if (await noteUnheard(context, deal.deal, answer === "hangs")) {
      await noteWrongBytes(context, deal, evidence.reason, "did not answer when it was asked to look", true);
    }
    return "wrong-bytes";
  }
  if (answer.length > 0) {
    const now = (await context.ledger.latest()).timestamp;
    await noteDamage(context, deal, answer, "a scrub after it sent wrong bytes", now);
    await drop(context, deal.deal);
    return "damaged";
  }
  await noteWrongBytes(context, deal, evidence.reason);
  return "wrong-bytes";
}

/** What stands for an answer stays: whoever said that all is well said so. */
async function drop({ pool }: AuditContext, deal: DealId): Promise<void> {
  await pool.query("delete from audit.evidence where deal = $1 and (state = 'asked' or unheard)", [deal]);
}

/**
 * The damage that it owns up to, nothing when it says that all is well. `unheard`: nobody answered; `hangs`: it let the request hang, or is busy; `unasked`:
 * this gateway could not ask. Its refusal is no defence, but for the trouble that it says it is in: it is asked again, as if it were silent.
 */
async function ownUp(
  context: AuditContext,
  deal: Suspect,
): Promise<{ offset: number; length: number }[] | "unheard" | "hangs" | "unasked"> {
  if (!context.transport.reachable(deal.provider)) return "unheard";
  try {
    const options = { timeoutSeconds: OWN_UP_SECONDS + deal.rawLength / OWN_UP_BYTES_PER_SECOND };
    const { damage } = await context.transport.request(deal.provider, { type: "scrub", deal: deal.deal }, options);
    return damage;
  } catch (error) {
    const { code, kind } = asCairnError(error);
    if (code === "damaged") return [{ offset: 0, length: deal.rawLength }];
    const fault = faultOf(error);
    if (fault === "ours") return "unasked";
    if (fault === "unknown") return code === "provider-unreachable" ? "unheard" : "hangs";
    return kind === "unavailable" || kind === "internal" ? "hangs" : [];
  }
}

/** Damage that was reported shortly before the provider was caught, or at any time since, or that is being rewritten: not one whose cure its provider refuses. */
async function damageIsKnown(context: AuditContext, { deal, at }: Evidence): Promise<boolean> {
  const { rows } = await context.pool.query<{ known: boolean }>(
    `select exists (select from audit.damage where deal = $1 and reported_at >= $2)
  or exists (select from catalog.slots where deal = $1 and (detail->>'healing')::boolean
    and coalesce(detail->>'spare', '') <> 'unhealed') as known`,
    [deal, at - KNOWN_DAMAGE_PERIODS * context.deployment.periodSeconds],
  );
  return rows[0]?.known === true;
}

/**
 * Note that a provider answered no scrub in this period.
 * @returns whether it has done so in enough periods that are over and in which it proved: it was there and was heard
 */
async function noteUnheard(context: AuditContext, deal: DealId, hangs: boolean): Promise<boolean> {
  const { deployment } = context;
  const now = (await context.ledger.latest()).timestamp;
  const { rows } = await context.pool.query<{ proved: number }>(
    `with noted as (
  update audit.evidence set again_at = $4,
    unanswered = case when $2::bigint = any(unanswered) then unanswered else (unanswered || $2::bigint)[greatest(1, cardinality(unanswered) + 2 - $3):] end
  where deal = $1 returning unanswered
)
select count(*)::int as proved from noted n join audit.outcomes o on o.deal = $1 and o.period = any(n.unanswered)
where o.period < $2 and o.outcome in ('proved', 'chain', 'late')`,
    [
      deal,
      periodAt(now, deployment),
      SILENCE_WINDOW,
      hangs ? now + Math.ceil(deployment.periodSeconds * PAUSE_SHARE) : null,
    ],
  );
  return (rows[0]?.proved ?? 0) >= UNANSWERED_PERIODS;
}

/**
 * A provider lied about the bytes it holds: its deal fails with the verdict of each period that ends from now on. Told once per deal.
 * @param unheard it stands for want of an answer, and is lifted when one comes that owns up
 */
export async function noteWrongBytes(
  context: AuditContext,
  deal: Omit<Suspect, "rawLength">,
  what: string,
  how = "does not own up to it",
  unheard = false,
): Promise<void> {
  const now = (await context.ledger.latest()).timestamp;
  await inTransaction(context.pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into audit.evidence as e (deal, reason, at, state, unheard) values ($1, $2, $3, 'standing', $4)
on conflict (deal) do update set state = 'standing', unheard = excluded.unheard where e.state <> 'standing' or e.unheard and not excluded.unheard`,
      [deal.deal, plainText(what), now, unheard],
    );
    if (rowCount === 0) return;
    await tell(client, {
      kind: "wrong-bytes",
      severity: "error",
      deal: deal.deal,
      provider: deal.provider,
      package: deal.package,
      message: `Provider ${deal.provider} hands out wrong bytes for shard ${deal.shard} of piece ${deal.piece}, and ${how}: ${what}.`,
      next: "Nothing to do: the deal fails with the period's verdict and the shard is rebuilt elsewhere.",
    });
    await enqueue(client, "lied", { deal: deal.deal });
  });
}
