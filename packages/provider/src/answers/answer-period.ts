import { answerDeadline, asCairnError, type DealId, type Hex, PERIOD_CHALLENGES } from "@cairn/core";
import { MAX_PUSH_BYTES, type PushedProof } from "@cairn/transport";
import type { ProviderContext } from "../context.ts";
import type { DealEntry } from "../deals/deal-book.ts";
import { pause } from "../gateways/back-off.ts";
import type { GatewayClient } from "../gateways/gateway-client.ts";
import { signProof } from "../requests/answer-prove.ts";
import { dueDeals } from "./due-deals.ts";
import { proveOnChain } from "./prove-on-chain.ts";

/** Proofs of one push: with the longest proofs (16 kB, base64) a batch stays below the cap. */
const BATCH = 32;
const BATCH_BYTES = (MAX_PUSH_BYTES * 3) / 4 - 65_536;
const CHAIN_PROOFS_AT_ONCE = 4;

/** How long before the deadline a proof that nobody took goes on chain. */
function chainLead(periodSeconds: number, blockSeconds: number): number {
  return Math.min(600, Math.max(periodSeconds / 4, 4 * blockSeconds));
}

/** What is known of one deal's answer. */
interface Attempt {
  count: number;
  /** Chain time before which it is not pushed again. */
  notBefore: number;
}

/** Gateways that verify this deal's set, or all when none says so. */
function receivers(context: ProviderContext, entry: DealEntry): GatewayClient[] {
  const own = context.gateways.filter(({ info }) => info?.verifierSet === entry.quote.verifierSet);
  return own.length > 0 ? own : context.gateways;
}

/**
 * Prove one period for every deal that owes it and push the proofs to the gateways, again and again until one has taken each or the deadline has passed;
 * what nobody took is proved on chain shortly before it. Deals that become known meanwhile join in.
 */
export async function answerPeriod(context: ProviderContext, period: number, seed: Hex): Promise<void> {
  const { periodSeconds, ...clock } = context.deployment();
  const deadline = answerDeadline(period, { periodSeconds, ...clock });
  const settled = new Set<DealId>();
  const attempts = new Map<DealId, Attempt>();
  const onChain = new Set<DealId>();
  const lead = chainLead(periodSeconds, context.blockSeconds());

  const pending = () =>
    dueDeals(context.book, period, { periodSeconds, ...clock }).filter(
      ({ deal }) => !settled.has(deal) && context.shards.held(deal) !== undefined,
    );

  while (!context.signal.aborted && context.chainNow() < deadline) {
    const now = context.chainNow();
    const due = pending().filter(({ deal }) => (attempts.get(deal)?.notBefore ?? 0) <= now);
    for (let at = 0; at < due.length && !context.signal.aborted; at += BATCH) {
      const taken = await pushBatch(context, due.slice(at, at + BATCH), period, seed);
      for (const { deal } of due.slice(at, at + BATCH)) {
        if (taken.has(deal)) settled.add(deal);
        else {
          const count = (attempts.get(deal)?.count ?? 0) + 1;
          const wait = Math.min(periodSeconds / 8, context.blockSeconds() * 2 ** Math.min(count, 10));
          attempts.set(deal, { count, notBefore: context.chainNow() + wait });
        }
      }
    }
    if (context.chainNow() >= deadline - lead) {
      // A proof on chain makes a received proposal ACTIVE too.
      const left = pending().filter(({ deal }) => !onChain.has(deal));
      for (const { deal } of left) onChain.add(deal);
      await proveAll(context, left, period, seed, settled);
    }
    await pause(Math.min(1, context.blockSeconds()), context.signal);
  }
  const missed = pending();
  if (missed.length > 0 && !context.signal.aborted) {
    context.log.error({ period, deals: missed.length }, "nobody took these proofs before the deadline");
  }
}

/** Prove and push some deals; returns those that a gateway took. */
async function pushBatch(
  context: ProviderContext,
  entries: DealEntry[],
  period: number,
  seed: Hex,
): Promise<Set<DealId>> {
  const byGateway = new Map<GatewayClient, PushedProof[]>();
  for (const entry of entries) {
    const held = context.shards.held(entry.deal);
    if (held === undefined) continue;
    try {
      const challenge = { purpose: "period" as const, period, seed, leaves: PERIOD_CHALLENGES };
      const { proof, signature } = await signProof(context, held, challenge);
      const pushed: PushedProof = { deal: entry.deal, purpose: "period", period, proof, signature };
      for (const gateway of receivers(context, entry)) {
        byGateway.set(gateway, [...(byGateway.get(gateway) ?? []), pushed]);
      }
    } catch (error) {
      const { code, message } = asCairnError(error);
      context.log.error({ deal: entry.deal, period, code }, `no proof: ${message}`);
    }
  }
  const taken = new Set<DealId>();
  await Promise.all([...byGateway].map(([gateway, proofs]) => pushTo(context, gateway, proofs, taken)));
  return taken;
}

async function pushTo(context: ProviderContext, gateway: GatewayClient, proofs: PushedProof[], taken: Set<DealId>) {
  for (const part of splitBySize(proofs)) {
    try {
      const results = await context.parts.pushProofs(gateway, part);
      for (const [i, { deal, period }] of part.entries()) {
        if (results[i] === "accepted") taken.add(deal);
        else context.log.info({ deal, period, gateway: gateway.url.origin }, `proof not taken: ${results[i]}`);
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

async function proveAll(
  context: ProviderContext,
  entries: DealEntry[],
  period: number,
  seed: Hex,
  settled: Set<DealId>,
): Promise<void> {
  const queue = [...entries];
  const work = async () => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const held = context.shards.held(entry.deal);
      if (held === undefined) continue;
      const proved = await proveOnChain(context, held, period, seed).catch((error) => {
        context.log.warn({ deal: held.deal, period, code: asCairnError(error).code }, asCairnError(error).message);
        return false;
      });
      if (proved) settled.add(entry.deal);
    }
  };
  await Promise.all(Array.from({ length: CHAIN_PROOFS_AT_ONCE }, work));
}
