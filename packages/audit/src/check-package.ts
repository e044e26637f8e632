import { randomBytes } from "node:crypto";
import { verifyTyped } from "@cairn/chain";
import {
  type Address,
  asCairnError,
  CairnError,
  CHECK_CHALLENGES,
  type DealId,
  type Hex,
  type PackageId,
  type Signed,
} from "@cairn/core";
import { deriveChallenges, PieceHasher, payloadLeaves, verifyPossession } from "@cairn/proofs";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { noteDamage, noteWrongBytes } from "./report-damage.ts";
import { sha256Hex } from "./sha256-hex.ts";

export type ShardFinding = "sound" | "damaged" | "wrong-bytes" | "wrong-proof" | "silent" | "refused";

export interface ShardCheck {
  deal: DealId;
  piece: number;
  shard: number;
  provider: Address;
  result: ShardFinding;
  detail: string;
  checkedBytes: number;
}

export interface CheckResult {
  id: string;
  package: PackageId;
  kind: "scrub" | "full";
  state: "running" | "done";
  startedAt: number;
  finishedAt: number | null;
  ok: boolean;
  shards: ShardCheck[];
}

/** A provider may need this long to read a whole shard. */
const SCRUB_SECONDS = 600;
const PROVE_SECONDS = 60;

/** Signs a range read of a deal's shard as the audience of the owner's capability. */
export type TicketSigner = (deal: DealId, offset: number, length: number) => Promise<Signed<"ReadTicket">>;

export interface CheckRequest {
  package: PackageId;
  full: boolean;
  /** Only these pieces; all when left out. */
  pieces?: number[];
  /** The owner's permission to read, needed for `full`. */
  readCapability?: Signed<"ReadCapability">;
}

/**
 * Ask every holder of a package, now: to re-read every byte of its shard and to open 300 random leaves; with `full`, stream each shard
 * and recompute its CommP. What is found is stored, told, and cured: damage is rewritten in place, a liar's deal fails.
 */
export async function startCheck(
  context: AuditContext,
  request: CheckRequest,
  sign: TicketSigner,
): Promise<{ check: CheckResult; finished: Promise<CheckResult> }> {
  const { readCapability } = request;
  if (request.full && readCapability === undefined) {
    throw new CairnError("a full check reads the shards, so it needs the owner's read capability", {
      code: "capability-needed",
      kind: "auth",
    });
  }
  const deals = (await auditedDeals(context, { package: request.package, state: "ACTIVE" })).filter(
    (deal) => request.pieces === undefined || request.pieces.includes(deal.piece),
  );
  if (deals.length === 0) {
    throw new CairnError("no provider holds a shard of this under an active deal yet", {
      code: "nothing-to-check",
      kind: "conflict",
      next: "See `cairn show` for the package's state.",
    });
  }
  const check: CheckResult = {
    id: randomBytes(8).toString("hex"),
    package: request.package,
    kind: request.full ? "full" : "scrub",
    state: "running",
    startedAt: (await context.ledger.latest()).timestamp,
    finishedAt: null,
    ok: false,
    shards: [],
  };
  await context.pool.query("insert into audit.checks (id, package, kind, started_at) values ($1, $2, $3, $4)", [
    check.id,
    check.package,
    check.kind,
    check.startedAt,
  ]);
  const finished = (async () => {
    const shards: ShardCheck[] = [];
    for (const deal of deals) {
      shards.push(await checkShard(context, deal, readCapability, request.full, sign));
      await saveCheck(context, { ...check, shards });
    }
    const done: CheckResult = {
      ...check,
      state: "done",
      finishedAt: (await context.ledger.latest()).timestamp,
      ok: shards.every((shard) => shard.result === "sound"),
      shards,
    };
    await saveCheck(context, done);
    return done;
  })();
  return { check, finished };
}

/** A stored check by id; throws `unknown-check`. */
export async function checkResult(context: Pick<AuditContext, "pool">, id: string): Promise<CheckResult> {
  const { rows } = await context.pool.query<CheckResult>(
    `select id, package, kind, state, started_at::float8 as "startedAt", finished_at::float8 as "finishedAt", ok, shards
from audit.checks where id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new CairnError(`no check ${id}`, { code: "unknown-check", kind: "missing" });
  return row;
}

async function saveCheck(context: AuditContext, check: CheckResult): Promise<void> {
  await context.pool.query("update audit.checks set state = $2, finished_at = $3, ok = $4, shards = $5 where id = $1", [
    check.id,
    check.state,
    check.finishedAt,
    check.ok,
    JSON.stringify(check.shards),
  ]);
}

async function checkShard(
  context: AuditContext,
  deal: AuditedDeal,
  capability: Signed<"ReadCapability"> | undefined,
  full: boolean,
  sign: TicketSigner,
): Promise<ShardCheck> {
  const base = { deal: deal.deal, piece: deal.piece, shard: deal.shard, provider: deal.provider };
  try {
    const found =
      full && capability !== undefined
        ? await readWhole(context, deal, capability, sign)
        : await scrubAndProve(context, deal);
    return { ...base, ...found };
  } catch (error) {
    const { code, message } = asCairnError(error);
    const refused = code !== "provider-unreachable" && code !== "provider-timeout";
    return { ...base, result: refused ? "refused" : "silent", detail: `${code}: ${message}`, checkedBytes: 0 };
  }
}

type Finding = Pick<ShardCheck, "result" | "detail" | "checkedBytes">;

async function scrubAndProve(context: AuditContext, deal: AuditedDeal): Promise<Finding> {
  const scrub = await context.transport.request(
    deal.provider,
    { type: "scrub", deal: deal.deal },
    { timeoutSeconds: SCRUB_SECONDS },
  );
  const now = (await context.ledger.latest()).timestamp;
  if (!scrub.ok || scrub.damage.length > 0) {
    const bytes = scrub.damage.reduce((sum, range) => sum + range.length, 0);
    const where = scrub.damage
      .slice(0, 4)
      .map((range) => `${range.offset}+${range.length}`)
      .join(", ");
    await noteDamage(context, deal, `the provider's scrub found ${bytes} damaged bytes at ${where}`, now);
    return {
      result: "damaged",
      detail: `${bytes} damaged bytes at ${where}; being rewritten`,
      checkedBytes: scrub.checkedBytes,
    };
  }
  const seed: Hex = `0x${randomBytes(32).toString("hex")}`;
  const answer = await context.transport.request(
    deal.provider,
    { type: "prove", deal: deal.deal, purpose: "check", period: 0, seed, leaves: CHECK_CHALLENGES },
    { timeoutSeconds: PROVE_SECONDS },
  );
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
  const verdict = verifyPossession({
    root: Buffer.from(deal.commitment.slice(2), "hex"),
    rawLength: deal.rawLength,
    indices: deriveChallenges(subject, payloadLeaves(deal.rawLength), CHECK_CHALLENGES),
    proof,
  });
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

async function readWhole(
  context: AuditContext,
  deal: AuditedDeal,
  capability: Signed<"ReadCapability">,
  sign: TicketSigner,
): Promise<Finding> {
  const hasher = new PieceHasher();
  const ticket = await sign(deal.deal, 0, deal.rawLength);
  let checkedBytes = 0;
  for await (const chunk of context.transport.read(deal.provider, deal.deal, ticket, capability)) {
    hasher.update(chunk);
    checkedBytes += chunk.length;
  }
  const root = `0x${Buffer.from(hasher.digest().root).toString("hex")}`;
  if (root === deal.commitment) return { result: "sound", detail: "CommP recomputed over every byte", checkedBytes };
  await noteWrongBytes(context, deal, "the CommP of what it sends is not the commitment it signed");
  return { result: "wrong-bytes", detail: `CommP is ${root}, not ${deal.commitment}`, checkedBytes };
}
