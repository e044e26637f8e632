import { inTransaction } from "@cairn/catalog";
import { AGREED } from "@cairn/core";
import { asCairnError, type PackageId, type Seconds, type Signed, signedFromJson } from "@cairn/protocol";
import type { CheckRequest } from "./check-package.ts";
import type { WorkingContext } from "./context.ts";
import { tell } from "./tell.ts";

/** Schedules whose checks are made due in one go. */
const BATCH = 20;
/** Checks that schedules have under way, in one process and of one account: those that people ask for themselves have room besides. */
const AT_ONCE = 8;
const OF_ONE = 2;
/** A check of which its gateway has said nothing for so long is taken by another; rounds come every few seconds. A choice. */
const TAKEN_SECONDS = 60;
const MOST_TRIES = 5;

type Context = Pick<WorkingContext, "pool" | "runningChecks" | "endedChecks" | "signTicket">;
/** Starts a check and resolves with its id. */
type Start = (request: CheckRequest) => Promise<string>;

/**
 * Make the checks due whose time has come, and start what is due. However many gateways of a database do this, each check is made due once and under way
 * once; one whose gateway died is begun anew; times that went by meanwhile are made up for by one check.
 */
export async function runSchedules(context: Context, now: Seconds, start: Start): Promise<void> {
  await planDue(context, Math.floor(now));
  await context.pool.query(
    "update audit.due_checks set taken_until = now() + make_interval(secs => $2) where check_id = any($1)",
    [[...context.runningChecks, ...context.endedChecks.keys()], TAKEN_SECONDS],
  );
  for (let begun = 0; begun < AT_ONCE; begun++) if (!(await startOne(context, start))) return;
}

async function planDue({ pool }: Context, now: Seconds): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      "select id from audit.schedules where next_at <= $1 order by next_at limit $2 for update skip locked",
      [now, BATCH],
    );
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    await client.query(
      `insert into audit.due_checks (schedule, account, package, due_at)
select s.id, s.account, p.id, s.next_at from audit.schedules s join catalog.packages p on p.account = s.account
where s.id = any($1) and (s.package is null or s.package = p.id) and p.state = any($2)
on conflict (schedule, package) do update set due_at = excluded.due_at where audit.due_checks.taken_until is null`,
      [ids, AGREED],
    );
    await client.query(
      `update audit.schedules set last_at = next_at + every_seconds * (($2 - next_at) / every_seconds),
  missed = missed + ($2 - next_at) / every_seconds, next_at = next_at + every_seconds * (($2 - next_at) / every_seconds + 1)
where id = any($1)`,
      [ids, now],
    );
  });
}

interface Due {
  schedule: string;
  package: PackageId;
  kind: "scrub" | "full";
  pieces: number[] | null;
  tries: number;
  capability: unknown;
}

/** @returns false when nothing is due that could be begun now */
async function startOne(context: Context, start: Start): Promise<boolean> {
  const { pool } = context;
  const due = await take(context);
  if (due === undefined) return false;
  const { schedule, package: id, kind, pieces, capability } = due;
  try {
    const check = await start({
      package: id,
      full: kind === "full",
      schedule,
      ...(pieces === null ? {} : { pieces }),
      ...(kind === "full" && capability !== null
        ? { readCapability: signedFromJson("ReadCapability", capability) as Signed<"ReadCapability"> }
        : {}),
    });
    await pool.query("update audit.due_checks set check_id = $3 where schedule = $1 and package = $2", [
      schedule,
      id,
      check,
    ]);
    // It may have ended meanwhile.
    await pool.query(
      "delete from audit.due_checks d using audit.checks c where d.schedule = $1 and d.package = $2 and c.id = d.check_id and c.state = 'done'",
      [schedule, id],
    );
    return true;
  } catch (error) {
    return giveUp(context, due, error);
  }
}

async function take({ pool }: Context): Promise<Due | undefined> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<Due>(
      `select d.schedule, d.package, s.kind, s.pieces, d.tries, p.read_capability as capability
from audit.due_checks d join audit.schedules s on s.id = d.schedule join catalog.packages p on p.id = d.package
where coalesce(d.taken_until, '-infinity') < now()
  and (select count(*) from audit.due_checks o where o.account = d.account and o.taken_until >= now()) < $1
order by d.due_at, d.schedule, d.package limit 1 for update of d skip locked`,
      [OF_ONE],
    );
    const [due] = rows;
    if (due === undefined) return undefined;
    await client.query(
      `update audit.due_checks set taken_until = now() + make_interval(secs => $3), check_id = null, tries = tries + 1
where schedule = $1 and package = $2`,
      [due.schedule, due.package, TAKEN_SECONDS],
    );
    return due;
  });
}

/** What is busy is tried again later; what cannot be checked, or fails again and again, is left until it is due the next time. */
async function giveUp({ pool }: Context, { schedule, package: id, tries }: Due, error: unknown): Promise<boolean> {
  const { code, message, next } = asCairnError(error);
  const key = [schedule, id];
  if (code === "busy") {
    await pool.query("update audit.due_checks set tries = tries - 1 where schedule = $1 and package = $2", key);
    return false;
  }
  const hopeless = code === "nothing-to-check" || code === "capability-needed" || tries + 1 >= MOST_TRIES;
  if (!hopeless) return true;
  await pool.query("delete from audit.due_checks where schedule = $1 and package = $2", key);
  await tell(pool, {
    kind: "scheduled-check-skipped",
    severity: "warning",
    message: `a scheduled check was not done: ${message}`,
    next: next ?? "It comes again when it is due the next time.",
    package: id,
    data: { schedule, code },
  });
  return true;
}
