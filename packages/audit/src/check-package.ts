import { randomBytes } from "node:crypto";
import { toJson } from "@cairn/catalog";
import { eachBounded } from "@cairn/core";
import { counted } from "@cairn/core/format";
import { CairnError, type PackageId, type Signed } from "@cairn/protocol";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import { checkShard, type ShardCheck } from "./check-shard.ts";
import type { AuditContext, TicketSigner, WorkingContext } from "./context.ts";
import { tell } from "./tell.ts";

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
