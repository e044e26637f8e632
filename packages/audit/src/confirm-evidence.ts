import { enqueue, inTransaction, takeOutbox } from "@cairn/catalog";
import { eachBounded } from "@cairn/core";
import { asCairnError, type DealId, plainText } from "@cairn/protocol";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { noteDamage } from "./report-damage.ts";
import { tell } from "./tell.ts";

/** A suspect must own up within this and the time that a slow disk takes: nobody's stalling keeps others from being judged for long. */
const OWN_UP_SECONDS = 30;
const OWN_UP_BYTES_PER_SECOND = 10_000_000;
const AT_ONCE = 8;
/** Wrong bytes so soon after a report of damage are the damage. */
const KNOWN_DAMAGE_PERIODS = 2;

type Suspect = Pick<AuditedDeal, "deal" | "provider" | "package" | "piece" | "shard" | "rawLength">;

/** Keep what the market learnt while it read: a deal's provider sent wrong bytes. Nothing is decided yet. */
export async function takeFaultEvidence(context: AuditContext): Promise<void> {
  const takeOne = () =>
    takeOutbox(context.pool, ["fault-evidence"], async ({ payload }, client) => {
      await client.query(
        "insert into audit.evidence (deal, reason, at) values ($1, $2, $3) on conflict (deal) do nothing",
        [payload.deal, payload.detail, (await context.ledger.latest()).timestamp],
      );
    });
  while (await takeOne());
}

/** Decide what evidence is open; what was asked before a crash is asked again. */
export async function confirmEvidence(context: AuditContext): Promise<void> {
  const { rows } = await context.pool.query<{ deal: DealId; reason: string }>(
    "select deal, reason from audit.evidence where state = 'asked' order by at limit 1000",
  );
  if (rows.length === 0) return;
  const known = await auditedDeals(context, { deals: rows.map((row) => row.deal), state: "ACTIVE" });
  const reasons = new Map(rows.map((row) => [row.deal, row.reason]));
  await eachBounded(known, AT_ONCE, async (deal) => {
    await confirmWrongBytes(context, deal, reasons.get(deal.deal) ?? "");
  });
}

/**
 * A provider handed out wrong bytes. Bytes rot on honest disks too, so it is asked to scrub first: when it owns up, the shard is
 * rewritten; when it says that all is well, or nothing, its deal fails with the verdict of every period from now on until it has failed.
 * @returns what it turned out to be
 */
export async function confirmWrongBytes(
  context: AuditContext,
  deal: Suspect,
  what: string,
): Promise<"damaged" | "wrong-bytes"> {
  if (await damageIsKnown(context, deal.deal)) {
    await context.pool.query("delete from audit.evidence where deal = $1 and state = 'asked'", [deal.deal]);
    return "damaged";
  }
  const answer = await ownUp(context, deal);
  if (answer.length > 0) {
    const now = (await context.ledger.latest()).timestamp;
    await noteDamage(context, deal, answer, "a scrub after it sent wrong bytes", now);
    await context.pool.query("delete from audit.evidence where deal = $1 and state = 'asked'", [deal.deal]);
    return "damaged";
  }
  await noteWrongBytes(context, deal, what);
  return "wrong-bytes";
}

async function ownUp(context: AuditContext, deal: Suspect): Promise<{ offset: number; length: number }[]> {
  try {
    const options = { timeoutSeconds: OWN_UP_SECONDS + deal.rawLength / OWN_UP_BYTES_PER_SECOND };
    const { damage } = await context.transport.request(deal.provider, { type: "scrub", deal: deal.deal }, options);
    return damage;
  } catch (error) {
    // No answer, or a refusal, is no defence.
    return asCairnError(error).code === "damaged" ? [{ offset: 0, length: deal.rawLength }] : [];
  }
}

async function damageIsKnown(context: AuditContext, deal: DealId): Promise<boolean> {
  const now = (await context.ledger.latest()).timestamp;
  const { rows } = await context.pool.query<{ known: boolean }>(
    `select exists (select from audit.damage where deal = $1 and reported_at >= $2)
  or exists (select from catalog.slots where deal = $1 and (detail->>'healing')::boolean) as known`,
    [deal, now - KNOWN_DAMAGE_PERIODS * context.deployment.periodSeconds],
  );
  return rows[0]?.known === true;
}

/** A provider lied about the bytes it holds: its deal fails with the verdict of each period that ends from now on. Told once per deal. */
export async function noteWrongBytes(
  context: AuditContext,
  deal: Omit<Suspect, "rawLength">,
  what: string,
): Promise<void> {
  const now = (await context.ledger.latest()).timestamp;
  await inTransaction(context.pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into audit.evidence as e (deal, reason, at, state) values ($1, $2, $3, 'standing')
on conflict (deal) do update set state = 'standing' where e.state <> 'standing'`,
      [deal.deal, plainText(what), now],
    );
    if (rowCount === 0) return;
    await tell(client, {
      kind: "wrong-bytes",
      severity: "error",
      deal: deal.deal,
      provider: deal.provider,
      package: deal.package,
      message: `Provider ${deal.provider} hands out wrong bytes for shard ${deal.shard} of piece ${deal.piece}, and does not own up to it: ${what}.`,
      next: "Nothing to do: the deal fails with the period's verdict and the shard is rebuilt elsewhere.",
    });
    await enqueue(client, "lied", { deal: deal.deal });
  });
}
