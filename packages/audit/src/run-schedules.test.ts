import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { ManualClock } from "@cairn/core/manual-clock";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { CairnError, DAY } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckRequest } from "./check-package.ts";
import { auditMigrations } from "./migrations.ts";
import { runSchedules } from "./run-schedules.ts";
import {
  addSchedule,
  changeSchedule,
  LEAST_EVERY,
  listSchedules,
  removeSchedule,
  SCHEDULES_OF_ONE,
} from "./schedules.ts";

const WEEK = 7 * DAY;
const [ANNA, BERT] = ["anna", "bert"];
const id = (n: number) => n.toString(16).padStart(32, "0");

let database: TestDatabase;
let clock: ManualClock;
beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  for (const account of [ANNA, BERT]) await ensureAccount(database.pool, account);
});
afterAll(() => database?.drop());
beforeEach(async () => {
  clock = new ManualClock(1_790_000_000);
  await database.pool.query(
    "truncate audit.schedules, audit.due_checks, audit.checks, catalog.events, catalog.packages cascade",
  );
  for (const [n, account, state] of [
    [1, ANNA, "STORED"],
    [2, ANNA, "DEGRADED"],
    [3, ANNA, "REMOVED"],
    [4, BERT, "STORED"],
  ] as const)
    await database.pool.query(
      `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
       values ($1, $2, '0x', decode(md5($1) || md5($1), 'hex'), '', $3, 1, 1, 'none', 'private', 1, '')`,
      [id(n), account, state],
    );
});

/** A gateway with nothing in memory but what it began; its checks end when they are told to. */
function gateway() {
  const begun: CheckRequest[] = [];
  const context = {
    pool: database.pool,
    runningChecks: new Set<string>(),
    endedChecks: new Map(),
    signTicket: undefined,
  };
  let refuse: CairnError | undefined;
  return {
    begun,
    refuse(error: CairnError | undefined) {
      refuse = error;
    },
    round: () =>
      runSchedules(context as never, clock.now(), async (request) => {
        if (refuse !== undefined) throw refuse;
        begun.push(request);
        const check = `${request.schedule}-${request.package.slice(-1)}-${clock.now()}`;
        context.runningChecks.add(check);
        await database.pool.query(
          "insert into audit.checks (id, package, kind, started_at, alive_at, schedule) values ($1, $2, 'scrub', $3, now(), $4) on conflict do nothing",
          [check, request.package, clock.now(), request.schedule],
        );
        return check;
      }),
    /** As `writeEndedChecks` does. */
    async end() {
      for (const check of context.runningChecks)
        await database.pool.query(
          `with done as (delete from audit.due_checks where check_id = $1)
           update audit.checks set state = 'done', ok = true, finished_at = $2 where id = $1`,
          [check, clock.now()],
        );
      context.runningChecks.clear();
    },
  };
}
/** Gateways that died say nothing for a while, by the database's clock. */
const lapse = () => database.pool.query("update audit.due_checks set taken_until = now() - interval '1 s'");
const context = () => ({ pool: database.pool, clock });
const events = async () =>
  (await database.pool.query("select kind, account, package from catalog.events order by id")).rows;

describe("scheduled checks", () => {
  it("come once a week of the package that they are of, whoever has restarted meanwhile", async () => {
    const schedule = await addSchedule(context(), { account: ANNA, package: id(1), kind: "scrub", everySeconds: WEEK });
    expect(schedule).toMatchObject({
      package: id(1),
      pieces: null,
      nextAt: clock.now(),
      lastAt: null,
      lastCheck: null,
    });
    let total = 0;
    for (let week = 0; week < 4; week++) {
      const one = gateway();
      for (let day = 0; day < 7; day++) {
        // A new one each day: nothing is in its memory.
        const again = day === 0 ? one : gateway();
        await again.round();
        await again.round();
        total += again.begun.length;
        await again.end();
        clock.advance(DAY);
      }
      expect(one.begun).toEqual([{ package: id(1), full: false, schedule: schedule.id }]);
      expect(total).toBe(week + 1);
    }
    const [listed] = await listSchedules(context(), ANNA);
    expect(listed).toMatchObject({ waiting: 0, missed: 0, lastCheck: { state: "done", ok: true } });
    expect(listed?.nextAt).toBe(schedule.nextAt + 4 * WEEK);
  });

  it("are begun by one of two gateways, and by the other when that one has died", async () => {
    await addSchedule(context(), { account: ANNA, package: id(1), kind: "scrub", everySeconds: WEEK });
    const [one, two] = [gateway(), gateway()];
    await Promise.all([one.round(), two.round(), one.round(), two.round()]);
    const dead = one.begun.length === 1 ? one : two;
    const other = dead === one ? two : one;
    expect([dead.begun.length, other.begun.length]).toEqual([1, 0]);
    await other.round();
    expect(other.begun).toEqual([]);
    await lapse();
    // Who is alive says so before others look.
    await dead.round();
    await other.round();
    expect(other.begun).toEqual([]);
    await lapse();
    await other.round();
    expect(other.begun.length).toBe(1);
    await other.end();
    await lapse();
    await Promise.all([gateway().round(), gateway().round()]);
    expect((await listSchedules(context(), ANNA))[0]).toMatchObject({ waiting: 0 });
  });

  it("that were missed are made up for by one, at the times that they had before", async () => {
    const { nextAt } = await addSchedule(context(), {
      account: ANNA,
      package: id(1),
      kind: "scrub",
      everySeconds: DAY,
    });
    clock.advance(10 * DAY + 5);
    const one = gateway();
    await one.round();
    await one.end();
    await one.round();
    expect(one.begun.length).toBe(1);
    const [listed] = await listSchedules(context(), ANNA);
    expect(listed).toMatchObject({ missed: 10, lastAt: nextAt + 10 * DAY, nextAt: nextAt + 11 * DAY });
  });

  it("of all packages are of those that the account has then, a few at a time", async () => {
    await addSchedule(context(), { account: ANNA, kind: "scrub", everySeconds: WEEK });
    for (let n = 10; n < 15; n++)
      await database.pool.query(
        `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
       values ($1, $2, '0x', decode(md5($1) || md5($1), 'hex'), '', 'STORED', 1, 1, 'none', 'private', 1, '')`,
        [id(n), ANNA],
      );
    await addSchedule(context(), { account: BERT, kind: "scrub", everySeconds: WEEK });
    const one = gateway();
    const seen: string[] = [];
    for (let round = 0; round < 6; round++) {
      await one.round();
      expect(one.begun.filter(({ package: of }) => of !== id(4)).length).toBeLessThanOrEqual(2);
      seen.push(...one.begun.splice(0).map(({ package: of }) => of));
      await one.end();
    }
    expect(seen.toSorted()).toEqual([1, 2, 4, 10, 11, 12, 13, 14].map(id).toSorted());
  });

  it("wait where the gateway is busy, and are told of where nothing can be checked", async () => {
    await addSchedule(context(), { account: ANNA, package: id(1), kind: "scrub", everySeconds: WEEK });
    const one = gateway();
    one.refuse(new CairnError("busy", { code: "busy", kind: "unavailable" }));
    for (let round = 0; round < 9; round++) {
      await one.round();
      await lapse();
    }
    expect(await events()).toEqual([]);
    one.refuse(new CairnError("nobody holds it", { code: "nothing-to-check", kind: "conflict" }));
    await one.round();
    one.refuse(undefined);
    await one.round();
    expect(one.begun).toEqual([]);
    expect(await events()).toEqual([{ kind: "scheduled-check-skipped", account: ANNA, package: id(1) }]);
    clock.advance(WEEK);
    await one.round();
    expect(one.begun.length).toBe(1);
  });

  it("are refused where they would cost too much, and are their account's own", async () => {
    const add = (account: string, everySeconds: number, kind: "scrub" | "full" = "scrub") =>
      addSchedule(context(), { account, kind, everySeconds });
    await expect(add(ANNA, LEAST_EVERY.scrub - 1)).rejects.toMatchObject({ code: "too-often" });
    await expect(add(ANNA, LEAST_EVERY.full - 1, "full")).rejects.toMatchObject({ code: "too-often" });
    const wanted = await Promise.allSettled(Array.from({ length: SCHEDULES_OF_ONE + 3 }, () => add(ANNA, WEEK)));
    const refused = wanted.filter((one) => one.status === "rejected");
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(3).fill("too-many-schedules"));
    const [own] = await listSchedules(context(), ANNA);
    expect(await listSchedules(context(), BERT)).toEqual([]);
    const unknown = { code: "unknown-schedule" };
    await expect(changeSchedule(context(), BERT, own!.id, { everySeconds: DAY })).rejects.toMatchObject(unknown);
    await expect(removeSchedule(context(), BERT, own!.id)).rejects.toMatchObject(unknown);
    const startAt = clock.now() + 3 * DAY;
    expect(await changeSchedule(context(), ANNA, own!.id, { everySeconds: DAY, startAt })).toMatchObject({
      everySeconds: DAY,
      nextAt: startAt,
    });
    await removeSchedule(context(), ANNA, own!.id);
    await expect(removeSchedule(context(), ANNA, own!.id)).rejects.toMatchObject(unknown);
  });
});
