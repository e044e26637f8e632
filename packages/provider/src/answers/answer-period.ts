import { answerDeadline, periodStart, Semaphore } from "@cairn/core";
import { pause } from "@cairn/process";
import { asCairnError, type DealId, type Hex, PERIOD_CHALLENGES } from "@cairn/protocol";
import { MAX_PUSH_BYTES, type PushedProof } from "@cairn/protocol/wire";
import type { ProviderContext } from "../context.ts";
import type { DealEntry } from "../deals/deal-book.ts";
import type { GatewayClient } from "../gateways/gateway-client.ts";
import { signProof } from "../requests/answer-prove.ts";
import { dueDeals } from "./due-deals.ts";
import { proveOnChain } from "./prove-on-chain.ts";

/** Proofs of one push: with the longest proofs (16 kB, base64) a batch stays below the cap. */
const BATCH = 32;
const BATCH_BYTES = (MAX_PUSH_BYTES * 3) / 4 - 65_536;
const CHAIN_PROOFS_AT_ONCE = 4;

/** How long before the deadline a proof that nobody took goes on chain: gateways may have to be asked first, and one of them may stall. */
function chainLead(periodSeconds: number, blockSeconds: number): number {
  return Math.min(900, Math.max(periodSeconds / 4, 6 * blockSeconds));
}

/** What is known of one deal's answer. */
interface Attempt {
  count: number;
  /** Chain time before which it is not pushed again. */
  notBefore: number;
  /** Whether a gateway has said what it thinks of it: it was there, and knows. */
  answered: boolean;
}

/** Signed proofs kept for the next attempt: on a slow machine the second costs nothing. */
const KEPT_PROOFS = 512;

/** Gateways that verify this deal's set. */
const verifying = ({ gateways }: ProviderContext, { quote }: DealEntry): GatewayClient[] =>
  gateways.filter(({ info }) => info?.verifierSet === quote.verifierSet);

/** Those, or all when none says so. */
function receivers(context: ProviderContext, entry: DealEntry): GatewayClient[] {
  const own = verifying(context, entry);
  return own.length > 0 ? own : context.gateways;
}

/** Those first, then all others: any of them can put a proof on chain. */
function relays(context: ProviderContext, entry: DealEntry): GatewayClient[] {
  return [...new Set([...verifying(context, entry), ...context.gateways])];
}

/**
 * Prove one period for every deal that owes it and push the proofs to the gateways, again and again until one has taken each or the deadline has passed;
 * what nobody took is meanwhile proved on chain shortly before it, at this provider's cost or, when it has no coins, at that of a gateway. Deals that become known meanwhile join in. A proof that no gateway has said
 * anything about by the deadline goes on being pushed while the period can still be voted on: a gateway that was away judges it as sent in time.
 */
export async function answerPeriod(context: ProviderContext, period: number, seed: Hex): Promise<void> {
  const { periodSeconds, ...clock } = context.deployment();
  const deadline = answerDeadline(period, { periodSeconds, ...clock });
  const votes = periodStart(period + 1 + clock.voteWindowPeriods, { periodSeconds, ...clock });
  const settled = new Set<DealId>();
  const attempts = new Map<DealId, Attempt>();
  const signed = new Map<DealId, PushedProof>();
  /** Chain time before which a deal is not tried on chain again. */
  const onChain = new Map<DealId, number>();
  const atWork = new Set<Promise<void>>();
  const chainPlaces = new Semaphore(CHAIN_PROOFS_AT_ONCE);
  const lead = chainLead(periodSeconds, context.blockSeconds());

  const pending = () =>
    dueDeals(context.book, period, { periodSeconds, ...clock }).filter(
      ({ deal }) => !settled.has(deal) && context.shards.held(deal) !== undefined,
    );
  /** After the deadline, only those that were ready before it and that no gateway was there for. */
  const owed = () =>
    context.chainNow() < deadline
      ? pending()
      : pending().filter(({ deal }) => signed.has(deal) && attempts.get(deal)?.answered === false);

  const toChain = async (entry: DealEntry): Promise<void> => {
    const { deal } = entry;
    try {
      const held = context.shards.held(deal);
      const push = settled.has(deal) ? undefined : await signedProof(context, entry, period, seed, signed);
      if (held === undefined || push === undefined) return;
      if (await proveOnChain(context, held, push, { gateways: relays(context, entry), deadline })) settled.add(deal);
    } catch (error) {
      const { code, message } = asCairnError(error);
      context.log.warn({ deal, period, code }, `could not prove on chain: ${message}`);
    }
    onChain.set(deal, context.chainNow() + context.blockSeconds());
  };

  while (!context.signal.aborted && context.chainNow() < votes) {
    const now = context.chainNow();
    if (now >= deadline && owed().length === 0) break;
    const due = owed().filter(({ deal }) => (attempts.get(deal)?.notBefore ?? 0) <= now);
    for (let at = 0; at < due.length && !context.signal.aborted; at += BATCH) {
      const batch = due.slice(at, at + BATCH);
      const { taken, refused } = await pushBatch(context, batch, period, seed, signed);
      for (const { deal } of batch) {
        if (taken.has(deal)) {
          settled.add(deal);
          signed.delete(deal);
        } else {
          const count = (attempts.get(deal)?.count ?? 0) + 1;
          const wait = Math.min(periodSeconds / 8, context.blockSeconds() * 2 ** Math.min(count, 10));
          const answered = refused.has(deal) || attempts.get(deal)?.answered === true;
          attempts.set(deal, { count, notBefore: context.chainNow() + wait, answered });
        }
      }
    }
    if (now < deadline && context.chainNow() >= deadline - lead) {
      // A proof on chain makes a received proposal ACTIVE too.
      for (const entry of pending()) {
        if ((onChain.get(entry.deal) ?? 0) > now) continue;
        onChain.set(entry.deal, Number.POSITIVE_INFINITY);
        const work = chainPlaces.run(() => toChain(entry));
        atWork.add(work);
        void work.finally(() => atWork.delete(work));
      }
    }
    await pause(Math.min(1, context.blockSeconds()), context.signal);
  }
  await Promise.all(atWork);
  const missed = pending();
  if (missed.length > 0 && !context.signal.aborted) {
    context.log.error({ period, deals: missed.length }, "nobody took these proofs before the deadline");
  }
}

/** The signed proof of one deal, as it was first made. */
async function signedProof(
  context: ProviderContext,
  entry: DealEntry,
  period: number,
  seed: Hex,
  signed: Map<DealId, PushedProof>,
): Promise<PushedProof | undefined> {
  const known = signed.get(entry.deal);
  const held = context.shards.held(entry.deal);
  if (known !== undefined || held === undefined) return known;
  const { proof, signature } = await signProof(context, held, {
    purpose: "period",
    period,
    seed,
    leaves: PERIOD_CHALLENGES,
  });
  const made: PushedProof = { deal: entry.deal, purpose: "period", period, proof, signature };
  if (signed.size < KEPT_PROOFS) signed.set(entry.deal, made);
  return made;
}

interface Pushed {
  taken: Set<DealId>;
  /** Those that a gateway was there for and did not take. */
  refused: Set<DealId>;
}

/** Prove and push some deals. */
async function pushBatch(
  context: ProviderContext,
  entries: DealEntry[],
  period: number,
  seed: Hex,
  signed: Map<DealId, PushedProof>,
): Promise<Pushed> {
  const byGateway = new Map<GatewayClient, PushedProof[]>();
  for (const entry of entries) {
    try {
      const pushed = await signedProof(context, entry, period, seed, signed);
      if (pushed === undefined) continue;
      for (const gateway of receivers(context, entry)) {
        byGateway.set(gateway, [...(byGateway.get(gateway) ?? []), pushed]);
      }
    } catch (error) {
      const { code, message } = asCairnError(error);
      context.log.error({ deal: entry.deal, period, code }, `no proof: ${message}`);
    }
  }
  const pushed: Pushed = { taken: new Set(), refused: new Set() };
  await Promise.all([...byGateway].map(([gateway, proofs]) => pushTo(context, gateway, proofs, pushed)));
  return pushed;
}

async function pushTo(context: ProviderContext, gateway: GatewayClient, proofs: PushedProof[], pushed: Pushed) {
  for (const part of splitBySize(proofs)) {
    try {
      const results = await context.parts.pushProofs(gateway, part);
      for (const [i, { deal, period }] of part.entries()) {
        if (results[i] === "accepted") {
          pushed.taken.add(deal);
          context.refusals.delete(deal);
          continue;
        }
        pushed.refused.add(deal);
        // Once for each reason, not once a period.
        if (context.refusals.get(deal) !== results[i]) {
          context.refusals.set(deal, String(results[i]));
          context.log.info({ deal, period, gateway: gateway.url.origin }, `proof not taken: ${results[i]}`);
        }
      }
    } catch (error) {
      const { code, message } = asCairnError(error);
      context.log.warn({ gateway: gateway.url.origin, code, proofs: part.length }, `proofs not pushed: ${message}`);
    }
  }
}

function splitBySize(proofs: readonly PushedProof[]): PushedProof[][] {
  const parts: PushedProof[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const proof of proofs) {
    // A signature, ids and JSON around the proof.
    const size = proof.proof.length + 512;
    if (bytes + size > BATCH_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(proof);
    bytes += size;
  }
  return parts;
}
