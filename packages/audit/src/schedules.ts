import { randomBytes } from "node:crypto";
import { inTransaction } from "@cairn/catalog";
import { CairnError, type PackageId, type Seconds } from "@cairn/protocol";
import type { AuditContext } from "./context.ts";

/** Schedules of one account. */
export const SCHEDULES_OF_ONE = 50;
/** How often at most: every holder re-reads its shard; for `full` all of them are streamed here. */
export const LEAST_EVERY: Record<"scrub" | "full", Seconds> = { scrub: 3600, full: 86_400 };

export interface Schedule {
  id: string;
  /** Null: all packages that the account has whenever it is due. */
  package: PackageId | null;
  /** Only these pieces of it. */
  pieces: number[] | null;
  kind: "scrub" | "full";
  everySeconds: number;
  nextAt: Seconds;
  createdAt: Seconds;
  lastAt: Seconds | null;
  /** Times that went by while no gateway ran: one check made up for them. */
  missed: number;
  /** Checks that are due or under way. */
  waiting: number;
  /** The newest of its checks. */
  lastCheck: {
    id: string;
    state: "running" | "done";
    ok: boolean;
    startedAt: Seconds;
    finishedAt: Seconds | null;
  } | null;
}

export interface NewSchedule {
  account: string;
  package?: PackageId;
  pieces?: readonly number[];
  kind: Schedule["kind"];
  everySeconds: number;
  /** When it is due first; now unless set. */
  startAt?: Seconds;
}

const COLUMNS = `s.id, s.package, s.pieces, s.kind, s.every_seconds::float8 as "everySeconds", s.next_at::float8 as "nextAt",
  s.created_at::float8 as "createdAt", s.last_at::float8 as "lastAt", s.missed::float8 as missed,
  (select count(*)::int from audit.due_checks d where d.schedule = s.id) as waiting,
  (select jsonb_build_object('id', c.id, 'state', c.state, 'ok', c.ok, 'startedAt', c.started_at, 'finishedAt', c.finished_at)
    from audit.checks c where c.schedule = s.id order by c.started_at desc limit 1) as "lastCheck"`;

type Context = Pick<AuditContext, "pool" | "clock">;

/** @throws CairnError `too-often`, `too-many-schedules`, `capability-needed` */
export async function addSchedule({ pool, clock }: Context, wanted: NewSchedule): Promise<Schedule> {
  requireSeldom(wanted.kind, wanted.everySeconds);
  const id = randomBytes(8).toString("hex");
  const now = Math.floor(clock.now());
  await inTransaction(pool, async (client) => {
    // One at a time of an account: two that come together are counted one after the other.
    await client.query("select pg_advisory_xact_lock(hashtext('audit.schedules'), hashtext($1))", [wanted.account]);
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int as count from audit.schedules where account = $1",
      [wanted.account],
    );
    if ((rows[0]?.count ?? 0) >= SCHEDULES_OF_ONE)
      throw new CairnError(`the account has ${SCHEDULES_OF_ONE} schedules of checks`, {
        code: "too-many-schedules",
        kind: "exhausted",
        next: "Remove one, or let one schedule check all packages.",
      });
    await client.query(
      `insert into audit.schedules (id, account, package, pieces, kind, every_seconds, next_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        ...[id, wanted.account, wanted.package ?? null, wanted.pieces ?? null, wanted.kind, wanted.everySeconds],
        ...[wanted.startAt ?? now, now],
      ],
    );
  });
  return findSchedule({ pool }, wanted.account, id);
}

/** Oldest first. */
export async function listSchedules({ pool }: Pick<Context, "pool">, account: string): Promise<Schedule[]> {
  const { rows } = await pool.query<Schedule>(
    `select ${COLUMNS} from audit.schedules s where s.account = $1 order by s.created_at, s.id`,
    [account],
  );
  return rows;
}

/** @throws CairnError `unknown-schedule` */
async function findSchedule({ pool }: Pick<Context, "pool">, account: string, id: string): Promise<Schedule> {
  const { rows } = await pool.query<Schedule>(
    `select ${COLUMNS} from audit.schedules s where s.account = $1 and s.id = $2`,
    [account, id],
  );
  const [row] = rows;
  if (row === undefined) throw unknown(id);
  return row;
}

/** Have it come at other times. @throws CairnError `unknown-schedule`, `too-often` */
export async function changeSchedule(
  context: Context,
  account: string,
  id: string,
  { everySeconds, startAt }: { everySeconds?: number; startAt?: Seconds },
): Promise<Schedule> {
  const { kind } = await findSchedule(context, account, id);
  if (everySeconds !== undefined) requireSeldom(kind, everySeconds);
  await context.pool.query(
    `update audit.schedules set every_seconds = coalesce($3, every_seconds),
  next_at = coalesce($4::bigint, case when $3::bigint is null then next_at else coalesce(last_at, created_at) + $3::bigint end)
where account = $1 and id = $2`,
    [account, id, everySeconds ?? null, startAt ?? null],
  );
  return findSchedule(context, account, id);
}

/** Its checks that are under way go on; no other follows. @throws CairnError `unknown-schedule` */
export async function removeSchedule({ pool }: Pick<Context, "pool">, account: string, id: string): Promise<void> {
  const { rowCount } = await pool.query("delete from audit.schedules where account = $1 and id = $2", [account, id]);
  if (rowCount === 0) throw unknown(id);
}

function requireSeldom(kind: Schedule["kind"], everySeconds: number): void {
  if (everySeconds >= LEAST_EVERY[kind]) return;
  throw new CairnError(`a check ${kind === "full" ? "in full " : ""}cannot come every ${everySeconds} s`, {
    code: "too-often",
    kind: "input",
    next: `Have it come every ${LEAST_EVERY[kind]} s at most: all that providers hold is read each time.`,
    details: { least: LEAST_EVERY[kind] },
  });
}

function unknown(id: string): CairnError {
  return new CairnError(`no schedule ${id}`, {
    code: "unknown-schedule",
    kind: "missing",
    next: "`cairn check --schedules` lists them.",
  });
}
