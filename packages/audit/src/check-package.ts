import { randomBytes } from "node:crypto";
import { toJson } from "@cairn/catalog";
import { eachBounded, faultOf, isTooLong } from "@cairn/core";
import { counted } from "@cairn/core/format";
import { claimOf, PieceHasher, verifyPossession } from "@cairn/proofs";
import {
  type Address,
  asCairnError,
  CairnError,
  CHECK_CHALLENGES,
  type DealId,
  type Hex,
  type PackageId,
  type ProviderReplies,
  type Signed,
  verifyTyped,
} from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import { confirmWrongBytes, noteWrongBytes } from "./confirm-evidence.ts";
import type { AuditContext, TicketSigner, WorkingContext } from "./context.ts";
import { describe, noteDamage } from "./report-damage.ts";
import { tell } from "./tell.ts";

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

/** A result on its way into the database. */
export interface EndedCheck {
  result: CheckResult;
  /** Writes that failed. */
  tries: number;
}

/** Writes of a result that may fail before the check is ended without it. */
const MOST_TRIES = 5;
/** A check of which its process has said nothing for so long was left by it; rounds come every few seconds. A choice. */
const SILENT_SECONDS = 60;
/** A provider may need this long to re-read a whole shard. */
const SCRUB_SECONDS = 600;
const PROVE_SECONDS = 60;
/** A whole shard is to arrive within this and its length at the slowest rate. */
const READ_SECONDS = 60;
const SLOWEST_BYTES_PER_SECOND = 50_000;
/** Shards of one check that are asked for at once: enough to keep several providers busy, few enough for the gateway's own line. */
const AT_ONCE = 8;

export interface CheckRequest {
  package: PackageId;
  full: boolean;
  /** Only these pieces; all when left out. */
  pieces?: number[];
  /** The owner's permission to read, needed for `full`. */
  readCapability?: Signed<"ReadCapability">;
  /** The schedule that it is due by. */
  schedule?: string;
}

type CheckContext = AuditContext & Pick<WorkingContext, "endedChecks" | "runningChecks" | "scrubs">;

/** What a check is of. */
export interface CheckSubject {
  /** Whose package it is. */
  account: string;
  /** Those of the pieces asked for of which somebody holds a shard, ascending. */
  pieces: number[];
  deals: AuditedDeal[];
}

/** @throws CairnError `capability-needed`, `nothing-to-check` */
export async function checkSubject(
  context: Pick<AuditContext, "pool" | "deployment">,
  request: CheckRequest,
): Promise<CheckSubject> {
  const { full, readCapability } = request;
  if (full && readCapability === undefined) {
    throw new CairnError("a full check reads the shards, so it needs the owner's read capability", {
      code: "capability-needed",
      kind: "auth",
    });
  }
  const wanted = request.pieces === undefined ? undefined : new Set(request.pieces);
  const deals = (await auditedDeals(context, { package: request.package, state: "ACTIVE" })).filter(
    ({ piece }) => wanted === undefined || wanted.has(piece),
  );
  const { rows } = await context.pool.query<{ account: string }>("select account from catalog.packages where id = $1", [
    request.package,
  ]);
  const [row] = rows;
  if (deals.length === 0 || row === undefined) {
    throw new CairnError("no provider holds a shard of this under an active deal yet", {
      code: "nothing-to-check",
      kind: "conflict",
      next: "See `cairn show` for the package's state.",
    });
  }
  const pieces = [...new Set(deals.map(({ piece }) => piece))].toSorted((a, b) => a - b);
  return { account: row.account, pieces, deals };
}

/**
 * Ask every holder of a package, now: to re-read every byte of its shard and to open 300 random leaves; with `full`, stream each shard
 * and recompute its CommP. What is found is stored, reported and cured: damage is rewritten in place, a liar's deal fails.
 */
export async function startCheck(
  context: CheckContext,
  request: CheckRequest,
  { deals }: CheckSubject,
  sign: TicketSigner,
): Promise<{ check: CheckResult; finished: Promise<CheckResult> }> {
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
  context.runningChecks.add(check.id);
  try {
    await context.pool.query(
      "insert into audit.checks (id, package, kind, started_at, alive_at, schedule) values ($1, $2, $3, $4, now(), $5)",
      [check.id, check.package, check.kind, check.startedAt, request.schedule ?? null],
    );
  } catch (error) {
    context.runningChecks.delete(check.id);
    throw error;
  }
  return { check, finished: run(context, check, deals, request, sign) };
}

async function run(
  context: CheckContext,
  check: CheckResult,
  deals: readonly AuditedDeal[],
  { full, readCapability }: CheckRequest,
  sign: TicketSigner,
): Promise<CheckResult> {
  const found: ShardCheck[] = [];
  await eachBounded(deals, AT_ONCE, async (deal) => {
    const one = await checkShard(context, deal, full ? readCapability : undefined, sign);
    found.push(one);
    try {
      await context.pool.query(
        "update audit.checks set shards = shards || $2::jsonb where id = $1 and state = 'running'",
        [check.id, toJson([one])],
      );
    } catch {
      // It only shows how far the check is: all shards are written when it ends.
    }
  });
  const done: CheckResult = {
    ...check,
    state: "done",
    finishedAt: context.clock.now(),
    ok: found.every((shard) => shard.result === "sound"),
    shards: found.toSorted((a, b) => a.piece - b.piece || a.shard - b.shard),
  };
  context.endedChecks.set(done.id, { result: done, tries: 0 });
  context.runningChecks.delete(done.id);
  // Where the database is away, the rounds write it later.
  await writeEndedChecks(context).catch(() => undefined);
  return done;
}

/**
 * Write the results of checks that have ended and are not in the database yet. One that the database does not take holds up no other, and ends as
 * not ok, with what was written of it before, after some tries.
 * @throws the first error, when all others are written
 */
export async function writeEndedChecks({
  pool,
  endedChecks,
}: Pick<WorkingContext, "pool" | "endedChecks">): Promise<void> {
  const errors: unknown[] = [];
  for (const [id, ended] of [...endedChecks]) {
    const { state, finishedAt, ok, shards } = ended.result;
    try {
      await pool.query(
        `with ended as (update audit.checks set state = $2, finished_at = $3, ok = $4, shards = $5 where id = $1),
  done as (delete from audit.due_checks where check_id = $1)
update catalog.deals d set checked_at = $3, check_result = found.result
from jsonb_to_recordset($5::jsonb) as found (deal text, result text) where d.deal = found.deal and found.result <> 'unchecked'`,
        [id, state, finishedAt, ok, toJson(shards)],
      );
      endedChecks.delete(id);
      await tellEnd(pool, ended.result);
    } catch (error) {
      errors.push(error);
      ended.tries += 1;
      // Where the database is away this fails as well, and the result is kept.
      if (ended.tries >= MOST_TRIES && (await endWithout(pool, ended.result))) endedChecks.delete(id);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** For whoever waits for it: they look every few seconds in any case, so one that is lost delays them only. */
async function tellEnd(pool: CheckContext["pool"], { id, package: of, kind, ok, shards }: CheckResult): Promise<void> {
  const sound = shards.filter(({ result }) => result === "sound").length;
  const message = `a ${kind === "full" ? "full check" : "check"} found ${sound} of ${counted(shards.length, "shard")} sound`;
  const notice = {
    package: of,
    kind: "check-ended",
    severity: ok ? "info" : "warning",
    message,
    data: { check: id },
  } as const;
  await tell(pool, notice).catch(() => undefined);
}

async function endWithout(pool: CheckContext["pool"], { id, finishedAt }: CheckResult): Promise<boolean> {
  const ended = pool.query("update audit.checks set state = 'done', ok = false, finished_at = $2 where id = $1", [
    ...[id, finishedAt],
  ]);
  return ended.then(
    () => true,
    () => false,
  );
}

/**
 * Say of the checks that run in this process that they do, and end those that no process has spoken for lately, by the database's clock: not ok, with the
 * shards that they had come to. Another gateway on the same database may be at work on its own.
 */
export async function keepChecks({
  pool,
  clock,
  runningChecks,
  endedChecks,
}: Pick<WorkingContext, "pool" | "clock" | "runningChecks" | "endedChecks">): Promise<void> {
  const mine = [...runningChecks, ...endedChecks.keys()];
  if (mine.length > 0) {
    await pool.query("update audit.checks set alive_at = now() where id = any($1) and state = 'running'", [mine]);
  }
  await pool.query(
    `update audit.checks set state = 'done', ok = false, finished_at = $1
where state = 'running' and coalesce(alive_at, 'epoch') < now() - make_interval(secs => $2) and not id = any($3)`,
    [clock.now(), SILENT_SECONDS, mine],
  );
}

async function checkShard(
  context: CheckContext,
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
async function scrubOnce(context: CheckContext, deal: AuditedDeal): Promise<Finding> {
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
