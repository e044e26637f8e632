import { randomBytes } from "node:crypto";
import { faultOf, isTooLong } from "@cairn/core";
import { claimOf, PieceHasher, verifyPossession } from "@cairn/proofs";
import {
  type Address,
  asCairnError,
  CairnError,
  CHECK_CHALLENGES,
  type DealId,
  type Hex,
  type ProviderReplies,
  type Signed,
  verifyTyped,
} from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import type { AuditedDeal } from "./audited-deals.ts";
import { confirmWrongBytes, noteWrongBytes } from "./confirm-evidence.ts";
import type { AuditContext, TicketSigner, WorkingContext } from "./context.ts";
import { describe, noteDamage } from "./report-damage.ts";

/** `unchecked`: something of the gateway's own failed, its database or chain say, which tells nothing of the provider. */
export type ShardFinding = "sound" | "damaged" | "wrong-bytes" | "wrong-proof" | "silent" | "refused" | "unchecked";

export interface ShardCheck {
  deal: DealId;
  piece: number;
  shard: number;
  provider: Address;
  result: ShardFinding;
  detail: string;
  checkedBytes: number;
}

/** A provider may need this long to re-read a whole shard. */
const SCRUB_SECONDS = 600;
const PROVE_SECONDS = 60;
/** A whole shard is to arrive within this and its length at the slowest rate. */
const READ_SECONDS = 60;
const SLOWEST_BYTES_PER_SECOND = 50_000;

type ShardContext = AuditContext & Pick<WorkingContext, "scrubs">;

/** One shard, at its holder. @param capability lets the whole of it be read; else the holder re-reads it and proves some leaves */
export async function checkShard(
  context: ShardContext,
  deal: AuditedDeal,
  capability: Signed<"ReadCapability"> | undefined,
  sign: TicketSigner,
): Promise<ShardCheck> {
  const base = { deal: deal.deal, piece: deal.piece, shard: deal.shard, provider: deal.provider };
  try {
    const found =
      capability === undefined ? await scrubOnce(context, deal) : await readWhole(context, deal, capability, sign);
    return { ...base, ...found };
  } catch (error) {
    const cause = error instanceof ProviderFailure ? error.cause : error;
    const { code, message } = asCairnError(cause);
    const fault = error instanceof ProviderFailure ? faultOf(cause) : "ours";
    if (fault === "ours") {
      const detail = `this gateway could not check it (${code}: ${message}); start another check`;
      return { ...base, result: "unchecked", detail, checkedBytes: 0 };
    }
    const result = fault === "unknown" ? "silent" : "refused";
    return { ...base, result, detail: `${code}: ${message}`, checkedBytes: 0 };
  }
}

/** What asking a provider failed with: all other errors are the gateway's own. */
class ProviderFailure extends Error {
  constructor(cause: unknown) {
    super("the provider did not do what it was asked", { cause });
  }
}

async function ask<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw new ProviderFailure(error);
  }
}

export type Finding = Pick<ShardCheck, "result" | "detail" | "checkedBytes">;

/** One at a time of a shard, for all checks that ask for it meanwhile: however they are asked for, a provider reads it once. */
async function scrubOnce(context: ShardContext, deal: AuditedDeal): Promise<Finding> {
  const running = context.scrubs.get(deal.deal);
  if (running !== undefined) return running;
  const scrub = scrubAndProve(context, deal);
  context.scrubs.set(deal.deal, scrub);
  try {
    return await scrub;
  } finally {
    context.scrubs.delete(deal.deal);
  }
}

async function scrubAndProve(context: AuditContext, deal: AuditedDeal): Promise<Finding> {
  const scrub = await ask(
    context.transport.request(deal.provider, { type: "scrub", deal: deal.deal }, { timeoutSeconds: SCRUB_SECONDS }),
  );
  if (scrub.damage.length > 0) return damaged(context, deal, scrub.damage, scrub.checkedBytes);
  if (scrub.checkedBytes !== deal.rawLength) {
    const detail = `it re-read ${scrub.checkedBytes} of ${deal.rawLength} bytes`;
    return { result: "refused", detail, checkedBytes: scrub.checkedBytes };
  }
  const seed: Hex = `0x${randomBytes(32).toString("hex")}`;
  let answer: ProviderReplies["prove"];
  try {
    answer = await ask(
      context.transport.request(
        deal.provider,
        { type: "prove", deal: deal.deal, purpose: "check", period: 0, seed, leaves: CHECK_CHALLENGES },
        { timeoutSeconds: PROVE_SECONDS },
      ),
    );
  } catch (error) {
    if (!(error instanceof ProviderFailure) || asCairnError(error.cause).code !== "damaged") throw error;
    return damaged(context, deal, [{ offset: 0, length: deal.rawLength }], 0);
  }
  const proof = Buffer.from(answer.proof, "base64");
  const claim = { deal: deal.deal, purpose: 2, period: 0n, seed, proofHash: sha256Hex(proof) };
  if (!verifyTyped(deal.hot, "Proof", claim, context.deployment, answer.signature)) {
    return { result: "wrong-proof", detail: "the proof is not signed by the provider", checkedBytes: 0 };
  }
  const subject = {
    purpose: "check" as const,
    seed,
    chainId: context.deployment.chainId,
    deal: deal.deal,
    provider: deal.provider,
    period: 0,
  };
  const verdict = verifyPossession(claimOf(deal, subject, CHECK_CHALLENGES, proof));
  if (!verdict.ok) {
    await noteWrongBytes(context, deal, `its proof of ${CHECK_CHALLENGES} leaves is wrong (${verdict.reason})`);
    return { result: "wrong-proof", detail: verdict.reason, checkedBytes: scrub.checkedBytes };
  }
  return {
    result: "sound",
    detail: `every byte re-read, ${CHECK_CHALLENGES} leaves proved`,
    checkedBytes: scrub.checkedBytes,
  };
}

async function damaged(
  context: AuditContext,
  deal: AuditedDeal,
  ranges: readonly { offset: number; length: number }[],
  checkedBytes: number,
): Promise<Finding> {
  const { timestamp } = await context.ledger.latest();
  await noteDamage(context, deal, ranges, "a scrub that a check asked for", timestamp);
  return { result: "damaged", detail: `${describe(ranges)}; being rewritten`, checkedBytes };
}

async function readWhole(
  context: AuditContext,
  deal: AuditedDeal,
  capability: Signed<"ReadCapability">,
  sign: TicketSigner,
): Promise<Finding> {
  const hasher = new PieceHasher();
  const ticket = await sign(deal.deal, 0, deal.rawLength);
  let checkedBytes = 0;
  let wrong: string;
  try {
    for await (const chunk of timely(context, deal, ticket, capability)) {
      hasher.update(chunk);
      checkedBytes += chunk.length;
    }
    const root = `0x${Buffer.from(hasher.digest().root).toString("hex")}`;
    if (root === deal.commitment) return { result: "sound", detail: "CommP recomputed over every byte", checkedBytes };
    wrong = `the CommP of what it sends is ${root}, not the ${deal.commitment} that it signed`;
  } catch (error) {
    if (!(error instanceof ProviderFailure) || !isTooLong(error.cause)) throw error;
    wrong = error.cause.message;
  }
  return { result: await confirmWrongBytes(context, deal, wrong), detail: wrong, checkedBytes };
}

/** A provider's bytes, given up when they only trickle. @throws ProviderFailure with `provider-timeout`, or with what `Transport.read` throws */
async function* timely(
  context: AuditContext,
  deal: AuditedDeal,
  ticket: Signed<"ReadTicket">,
  capability: Signed<"ReadCapability">,
): AsyncGenerator<Uint8Array> {
  const seconds = READ_SECONDS + deal.rawLength / SLOWEST_BYTES_PER_SECOND;
  const deadline = AbortSignal.timeout(Math.ceil(seconds * 1000));
  try {
    yield* context.transport.read(deal.provider, deal.deal, ticket, capability, deadline);
  } catch (error) {
    if (!deadline.aborted) throw new ProviderFailure(error);
    const message = `the provider did not send its shard within ${Math.ceil(seconds)} s`;
    const late = new CairnError(message, {
      code: "provider-timeout",
      kind: "unavailable",
      next: "Nothing: other shards are used. Ask again later, or start a check of the package.",
      cause: error,
    });
    throw new ProviderFailure(late);
  }
}
