import { answerDeadline, type DealRecord, isScheduled, type Ledger, periodAt } from "@cairn/core";
import { claimOf, proofToCalldata, verifyPossession } from "@cairn/proofs";
import {
  type Address,
  asCairnError,
  type Hex,
  PERIOD_CHALLENGES,
  PROOF_PURPOSE,
  type Seconds,
  verifyTyped,
} from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import type { PushedProof } from "@cairn/protocol/wire";
import type { Pool } from "pg";
import { countInDay, dayOf } from "./paid-in-a-day.ts";

export const chainProofMigrations = [
  {
    name: "0002-chain-proofs",
    sql: `
-- Proofs of providers that this gateway put on chain at its own cost, of one day; those of other days are deleted.
create table gateway.chain_proofs (
  deal text not null,
  period bigint not null,
  provider text not null,
  day integer not null,
  primary key (deal, period)
);
`,
  },
];

/** What a gateway pays for in a day. A proof costs some 600,000 gas. */
const A_DAY = { perProvider: 256, total: 4096 };

export interface ProofRelay {
  pool: Pool;
  ledger: Pick<Ledger, "deployment" | "deal" | "provider" | "seed" | "isProven" | "present" | "provePossession">;
  now(): Seconds;
  /** Called once the proof is seen to be worth a transaction. */
  onAdmitted?(provider: Address): void;
}

/**
 * Put a provider's period proof on chain at the gateway's cost, whoever executes or verifies its deal: a provider without coins, whose
 * proofs its own gateways refuse, needs one honest gateway only. What the proof is worth is decided by the chain alone; this gateway's own
 * records and verifiers have no say. Returns "accepted" when the chain has the proof, or why not. Paid for at most once per deal and
 * period, and only so often a day.
 */
export async function relayProof(relay: ProofRelay, push: PushedProof): Promise<string> {
  try {
    return await proveFor(relay, push);
  } catch (error) {
    return asCairnError(error).message;
  }
}

async function proveFor(relay: ProofRelay, push: PushedProof): Promise<string> {
  const { ledger, pool } = relay;
  const { deal: id, period } = push;
  if (push.purpose !== "period") return "only proofs of a period can be proved on chain";
  const [seed, deal, now] = await Promise.all([ledger.seed(period), ledger.deal(id), ledger.present()]);
  if (deal === undefined) return "unknown deal";
  if (seed === undefined) return "this period has no seed";
  const refusal = refuse(ledger, deal, period, now);
  if (refusal !== undefined) return refusal;
  const { provider, commitment } = deal.quote;
  const record = await ledger.provider(provider);
  const proofHash = sha256Hex(push.proof);
  const message = { deal: id, purpose: PROOF_PURPOSE.period, period: BigInt(period), seed, proofHash };
  if (record === undefined || !verifyTyped(record.hot, "Proof", message, ledger.deployment, push.signature)) {
    return "not signed by the deal's provider for this period and seed";
  }
  const rawLength = Number(deal.quote.rawLength);
  const subject = { purpose: push.purpose, seed, chainId: ledger.deployment.chainId, deal: id, provider, period };
  const verdict = verifyPossession(claimOf({ commitment, rawLength }, subject, PERIOD_CHALLENGES, push.proof));
  if (!verdict.ok) return `wrong proof: ${verdict.reason}`;
  if (await ledger.isProven(id, period)) return "accepted";

  const full = await take(pool, { deal: id, period, provider, day: dayOf(relay.now()) });
  if (full !== undefined) return full;
  relay.onAdmitted?.(provider);
  const { leaves, siblings } = proofToCalldata(push.proof, rawLength);
  try {
    const submission = { id: `prove-for:${ledger.deployment.ledger}:${id}:${period}`, until: "included" as const };
    const result = await ledger.provePossession(submission, id, period, leaves, siblings);
    return result.ok || (await ledger.isProven(id, period)) ? "accepted" : `the chain refused it: ${result.revert}`;
  } catch (error) {
    // The trial run refused it, or there are no coins: nothing was sent, and nothing paid.
    if (["reverted", "insufficient-funds"].includes(asCairnError(error).code)) {
      await pool.query("delete from gateway.chain_proofs where deal = $1 and period = $2", [id, period]);
    }
    if (await ledger.isProven(id, period)) return "accepted";
    throw error;
  }
}

function refuse(ledger: ProofRelay["ledger"], deal: DealRecord, period: number, now: Seconds): string | undefined {
  const { deployment } = ledger;
  if (deal.state !== "ACTIVE" && deal.state !== "PROPOSED") return `the deal is ${deal.state}`;
  if (deal.receiptTime === 0) return "the deal has no receipt";
  const received = periodAt(deal.receiptTime, deployment);
  if (!isScheduled(period, deal.quote.duty, received, deployment)) return "not scheduled in this period";
  if (period > deal.lastPeriod) return "after the deal's last period";
  if (now > answerDeadline(period, deployment)) return "the answer deadline has passed";
  return undefined;
}

interface Place {
  deal: Hex;
  period: number;
  provider: Address;
  day: number;
}

function usedUp(own: number, all: number): string | undefined {
  if (own >= A_DAY.perProvider) return "this gateway pays for no more proofs of this provider today";
  if (all >= A_DAY.total) return "this gateway pays for no more proofs today";
  return undefined;
}

/** Takes a place among the day's proofs, or says why there is none. A repeat keeps its place: its transaction is the same. */
function take(pool: Pool, { deal, period, provider, day }: Place): Promise<string | undefined> {
  return countInDay(pool, "gateway.chain_proofs", day, async (client) => {
    const { rows } = await client.query<{ all: number; own: number; here: number }>(
      `select count(*)::int as all, (count(*) filter (where provider = $1))::int as own,
 (count(*) filter (where deal = $2 and period = $3))::int as here from gateway.chain_proofs`,
      [provider, deal, period],
    );
    const { all = 0, own = 0, here = 0 } = rows[0] ?? {};
    if (here > 0) return undefined;
    const refusal = usedUp(own, all);
    if (refusal !== undefined) return refusal;
    await client.query("insert into gateway.chain_proofs (deal, period, provider, day) values ($1, $2, $3, $4)", [
      deal,
      period,
      provider,
      day,
    ]);
    return undefined;
  });
}
