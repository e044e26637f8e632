import { randomBytes, randomInt } from "node:crypto";
import { enqueue, inTransaction } from "@cairn/catalog";
import { eachBounded, type FinalizedHead, faultOf, isTooLong, periodAt } from "@cairn/core";
import { deriveChallenges, openingSize, payloadLeaves, QUAD_BYTES, quadLeaves, verifyPossession } from "@cairn/proofs";
import {
  type Address,
  asCairnError,
  CHECK_CHALLENGES,
  type DealId,
  type Hex,
  type JsonSigned,
  plainText,
  type Signed,
  signedFromJson,
  verifyTyped,
} from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import { confirmWrongBytes } from "./confirm-evidence.ts";
import type { TicketSigner, WorkingContext } from "./context.ts";
import { tell } from "./tell.ts";

/** Deals drawn at random each period, and those among them that refused before and are asked again: what sampling costs is bounded by them. */
const DRAWN = 3;
const AGAIN = 8;
/** Most that one read asks for: 33 kB, so at most 360 kB a period. */
const READ_QUADS = 256;
const AT_ONCE = 4;
const SECONDS = 30;
/** Refused reads in a row, one a period at most, after which the provider is named, … */
export const REFUSALS_NAMED = 3;
/** … and after which its shard is rebuilt, and it gets no more. */
export const REFUSALS_MOVED = 6;

/** Reads in a row that a provider may refuse for their time: a clock is put right sooner, and a pretext lasts no longer. */
export const UNTIMELY = 24;

interface Drawn extends AuditedDeal {
  capability: Signed<"ReadCapability">;
}

type Sample =
  | { result: "read" | "gone" }
  | { result: "untimely"; reason: string }
  | { result: "refused"; reason: string };

/**
 * Read a few random ranges of random shards as their owners would, once a period: a provider that proves what it holds but does not hand it
 * out holds it hostage. Refusing is no crime that the chain could see, and one gateway's word fails no deal: after several refusals in a row the
 * provider is named, and after more the shard is rebuilt and kept here, and the provider gets no further deals of this gateway. What it earns
 * by proving is paid until its deal ends.
 */
export async function sampleReads(context: WorkingContext, head: FinalizedHead): Promise<void> {
  const { signTicket } = context;
  const period = periodAt(head.timestamp, context.deployment);
  if (signTicket === undefined || context.sampledPeriod === period) return;
  context.sampledPeriod = period;
  const drawn = await draw(context, period, head.timestamp);
  const samples = new Map<DealId, Sample>();
  await eachBounded(drawn, AT_ONCE, async (deal) => {
    samples.set(deal.deal, await weighTime(context, deal, await readOne(context, deal, signTicket)));
  });
  const refusing = new Set<Address>();
  for (const deal of drawn) if (samples.get(deal.deal)?.result === "refused") refusing.add(deal.provider);
  // Nobody at all could be read: that is rather our own line.
  const ours = refusing.size > 1 && ![...samples.values()].some((sample) => sample.result === "read");
  for (const deal of drawn) {
    const sample = samples.get(deal.deal);
    if (sample?.result === "read") await forgive(context, deal);
    else if (sample?.result === "refused" && !ours) await count(context, deal, sample.reason, head.timestamp);
  }
}

/** A refusal for time is a clock that is wrong, here or there, and reported as that; one that goes on is a refusal like any other. */
async function weighTime(context: WorkingContext, deal: Drawn, sample: Sample): Promise<Sample> {
  if (sample.result !== "untimely") {
    if (sample.result === "read") context.untimely.delete(deal.deal);
    return sample;
  }
  const times = (context.untimely.get(deal.deal) ?? 0) + 1;
  context.untimely.set(deal.deal, times);
  if (times > UNTIMELY) return { result: "refused", reason: sample.reason };
  await context.tellOnce(`read-untimely ${deal.provider}`, {
    ...{ deal: deal.deal, provider: deal.provider, package: deal.package },
    kind: "read-untimely",
    severity: "warning",
    message: `Provider ${deal.provider} refused a read for its time: ${sample.reason}.`,
    next: "Compare the clocks of this machine and of the provider's with the chain's: `cairn doctor`.",
  });
  return sample;
}

/** Deals that the gateway may read, and whose provider proved the period before: those that refused last time, and a few at random. */
async function draw(context: WorkingContext, period: number, now: number): Promise<Drawn[]> {
  const { rows } = await context.pool.query<{ deal: DealId; capability: JsonSigned<"ReadCapability"> }>(
    `with readable as (
  select d.deal, c.read_capability as capability, r.deal is not null as refused from catalog.deals d
  join catalog.packages c on c.document_hash = d.document_hash and c.owner = d.owner and c.read_capability is not null
  left join audit.refused_reads r on r.deal = d.deal
  where d.state = 'ACTIVE' and d.verifier_set = $1 and exists (
    select from audit.outcomes o where o.deal = d.deal and o.period >= $2 and o.outcome in ('proved', 'chain', 'late'))
)
(select deal, capability from readable where refused order by random() limit $3)
union all (select deal, capability from readable where not refused order by random() limit $4)`,
    [context.verifierSet, period - 2, AGAIN, DRAWN],
  );
  const rights = new Map(rows.map((row) => [row.deal, signedFromJson("ReadCapability", row.capability)]));
  const deals = await auditedDeals(context, { deals: [...rights.keys()], state: "ACTIVE" });
  return deals.flatMap((deal) => {
    const capability = rights.get(deal.deal);
    return capability !== undefined && capability.message.expiry > BigInt(now + SECONDS)
      ? [{ ...deal, capability }]
      : [];
  });
}

async function readOne(context: WorkingContext, deal: Drawn, signTicket: TicketSigner): Promise<Sample> {
  if (!context.transport.reachable(deal.provider)) return { result: "gone" };
  const quads = Math.ceil(deal.rawLength / QUAD_BYTES);
  const first = randomInt(quads);
  const offset = first * QUAD_BYTES;
  const length = Math.min(randomInt(1, READ_QUADS + 1) * QUAD_BYTES, deal.rawLength - offset);
  let bytes: Buffer;
  try {
    bytes = await read(context, deal, signTicket, offset, length);
  } catch (error) {
    if (isTooLong(error)) {
      await confirmWrongBytes(context, deal, error.message);
      return { result: "gone" };
    }
    const { code, message, details } = asCairnError(error);
    // Whoever left is silent, and judged as such; what this gateway could not do is no refusal.
    if (faultOf(error) === "ours" || !context.transport.reachable(deal.provider)) return { result: "gone" };
    return { result: "chainTime" in details ? "untimely" : "refused", reason: `${code}: ${message}` };
  }
  const wrong = await compare(context, deal, first, bytes);
  if (wrong !== undefined) await confirmWrongBytes(context, deal, wrong);
  return { result: "read" };
}

async function read(
  context: WorkingContext,
  deal: Drawn,
  signTicket: TicketSigner,
  offset: number,
  length: number,
): Promise<Buffer> {
  const ticket = await signTicket(deal.deal, offset, length);
  const deadline = AbortSignal.timeout(SECONDS * 1000);
  const parts: Uint8Array[] = [];
  for await (const part of context.transport.read(deal.provider, deal.deal, ticket, deal.capability, deadline)) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * Hold what was read against leaves that the provider proves afterwards, drawn by a seed that it did not know when it answered the read.
 * Returns what differs; leaves outside the range, or no proof at all, say nothing here.
 */
async function compare(
  context: WorkingContext,
  deal: Drawn,
  firstQuad: number,
  bytes: Buffer,
): Promise<string | undefined> {
  const seed: Hex = `0x${randomBytes(32).toString("hex")}`;
  const { chainId } = context.deployment;
  const subject = { purpose: "check" as const, seed, chainId, deal: deal.deal, provider: deal.provider, period: 0 };
  const indices = deriveChallenges(subject, payloadLeaves(deal.rawLength), CHECK_CHALLENGES);
  const quads = Math.ceil(bytes.length / QUAD_BYTES);
  const inside = indices.flatMap((leaf, at) => {
    const quad = Math.floor(leaf / 4) - firstQuad;
    return quad >= 0 && quad < quads ? [{ leaf, at, quad }] : [];
  });
  if (inside.length === 0) return undefined;
  let proof: Buffer;
  try {
    const request = {
      type: "prove" as const,
      deal: deal.deal,
      purpose: "check" as const,
      period: 0,
      seed,
      leaves: CHECK_CHALLENGES,
    };
    const answer = await context.transport.request(deal.provider, request, { timeoutSeconds: SECONDS });
    proof = Buffer.from(answer.proof, "base64");
    const claim = { deal: deal.deal, purpose: 2, period: 0n, seed, proofHash: sha256Hex(proof) };
    if (!verifyTyped(deal.hot, "Proof", claim, context.deployment, answer.signature)) return undefined;
  } catch {
    return undefined;
  }
  const root = Buffer.from(deal.commitment.slice(2), "hex");
  if (!verifyPossession({ root, rawLength: deal.rawLength, indices, proof }).ok) return undefined;
  const size = openingSize(deal.rawLength);
  for (const { leaf, at, quad } of inside) {
    const proved = proof.subarray(at * size, at * size + 32);
    const sent = quadLeaves(bytes.subarray(quad * QUAD_BYTES, (quad + 1) * QUAD_BYTES))[leaf % 4];
    if (sent === undefined || !proved.equals(sent))
      return `leaf ${leaf} of what it sends is not the one that it proves`;
  }
  return undefined;
}

async function forgive(context: WorkingContext, deal: Drawn): Promise<void> {
  await inTransaction(context.pool, async (client) => {
    const { rows } = await client.query<{ refusals: number }>(
      "delete from audit.refused_reads where deal = $1 returning refusals",
      [deal.deal],
    );
    const refusals = rows[0]?.refusals ?? 0;
    if (refusals < REFUSALS_MOVED) return;
    await enqueue(client, "spare", { deal: deal.deal, why: null, reason: "its provider lets it be read again" });
  });
}

async function count(context: WorkingContext, deal: Drawn, reason: string, now: number): Promise<void> {
  await inTransaction(context.pool, async (client) => {
    const { rows } = await client.query<{ refusals: number }>(
      `insert into audit.refused_reads as r (deal, refusals, reason, at) values ($1, 1, $2, $3)
on conflict (deal) do update set refusals = r.refusals + 1, reason = excluded.reason, at = excluded.at returning refusals`,
      [deal.deal, plainText(reason), now],
    );
    const refusals = rows[0]?.refusals ?? 0;
    const about = { deal: deal.deal, provider: deal.provider, package: deal.package };
    const what = `Provider ${deal.provider} proves shard ${deal.shard} of piece ${deal.piece} and did not let it be read ${refusals} times in a row: ${reason}.`;
    if (refusals === REFUSALS_NAMED) {
      await tell(client, {
        ...about,
        kind: "read-refused",
        severity: "warning",
        message: what,
        next: "Nothing to do yet: it is asked again each period.",
      });
    }
    if (refusals !== REFUSALS_MOVED) return;
    await tell(client, {
      ...about,
      kind: "refuses-reads",
      severity: "error",
      message: what,
      next: "Nothing to do: the shard is rebuilt from the others and kept at the gateway, and the provider gets no further deals. This one is paid as it proves, until it ends.",
    });
    await enqueue(client, "spare", {
      deal: deal.deal,
      why: "refuses",
      reason: "Its provider proves it and does not let it be read.",
    });
  });
}
