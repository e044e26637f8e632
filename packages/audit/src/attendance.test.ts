import { testDatabase } from "@cairn/database/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answersTakenUntil, attend, attendanceOf, isAttended, isOpenedInTime } from "./attendance.ts";
import type { Notice, WorkingContext } from "./context.ts";
import { auditMigrations } from "./migrations.ts";

describe("isAttended", () => {
  it("needs a clear stretch of fifteen seconds, or all of a shorter window", () => {
    expect(isAttended(100, 107, [])).toBe(true);
    expect(isAttended(100, 107, [{ from: 80, to: 84 }])).toBe(true);
    expect(isAttended(100, 107, [{ from: 80, to: 90 }])).toBe(false);
    expect(isAttended(100, 107, [{ from: 103, to: 106 }])).toBe(false);
    expect(isAttended(0, 3660, [{ from: 10, to: 3000 }])).toBe(true);
    expect(isAttended(0, 3660, [{ from: 10, to: 3640 }])).toBe(false);
    expect(isAttended(0, 3660, [{ from: 20, to: 3660 }])).toBe(true);
  });

  it("is what counting second by second says", () => {
    const absence = fc.tuple(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 100 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(absence, { maxLength: 5 }),
        (start, length, drawn) => {
          const absences = drawn
            .map(([from, lasting]) => ({ from, to: from + lasting }))
            .sort((a, b) => a.from - b.from);
          let clear = 0;
          let longest = 0;
          for (let at = start; at < start + length; at += 1) {
            clear = absences.some(({ from, to }) => from <= at && at < to + 15) ? 0 : clear + 1;
            longest = Math.max(longest, clear);
          }
          expect(isAttended(start, start + length, absences)).toBe(longest >= Math.min(15, length));
        },
      ),
    );
  });
});

describe("answersTakenUntil", () => {
  it("is the deadline, unless the verifiers were away around it", () => {
    expect(answersTakenUntil(100, [])).toBe(100);
    expect(answersTakenUntil(100, [{ from: 20, to: 60 }])).toBe(100);
    expect(answersTakenUntil(100, [{ from: 101, to: 160 }])).toBe(100);
    expect(answersTakenUntil(100, [{ from: 80, to: 95 }])).toBe(110);
    expect(answersTakenUntil(100, [{ from: 90, to: 130 }])).toBe(145);
    expect(
      answersTakenUntil(100, [
        { from: 90, to: 130 },
        { from: 140, to: 200 },
        { from: 300, to: 301 },
      ]),
    ).toBe(215);
  });

  it("takes whoever knocks again within a quarter of a minute of each return, however the absences lie", () => {
    const absence = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 100 }), fc.array(absence, { maxLength: 6 }), (deadline, drawn) => {
        const absences = drawn.map(([from, lasting]) => ({ from, to: from + lasting })).sort((a, b) => a.from - b.from);
        const away = (at: number) => absences.some(({ from, to }) => from <= at && at < to);
        // An honest provider knocks in the deadline's second, finds nobody, and comes back 14 s after the verifiers.
        let heardAt = deadline;
        while (away(heardAt)) {
          while (away(heardAt)) heardAt += 1;
          heardAt += 14;
        }
        expect(answersTakenUntil(deadline, absences)).toBeGreaterThanOrEqual(heardAt);
      }),
    );
  });
});

describe("isOpenedInTime", () => {
  it("asks for a quarter of the window, or a quarter of a minute", () => {
    expect([0, 3, 5, 6].map((at) => isOpenedInTime(0, 7, at))).toEqual([true, true, true, false]);
    expect([10, 50, 51, 52].map((at) => isOpenedInTime(0, 66, at))).toEqual([true, true, true, false]);
    expect([3600, 3644, 3645, 3646].map((at) => isOpenedInTime(0, 3660, at))).toEqual([true, true, true, false]);
  });
});

describe("attend", () => {
  const clock = { genesisTime: 0, periodSeconds: 5, graceSeconds: 2 };

  /** A gateway that listens at chain times of the test's choosing. */
  async function listener() {
    const database = await testDatabase({ migrations: [{ namespace: "audit", migrations: auditMigrations }] });
    const told: Notice[] = [];
    const time = { now: 0, monotonic: 0 };
    const starts = () =>
      ({
        pool: database.pool,
        clock: { now: () => time.now, monotonic: () => time.monotonic * 1000 },
        absentAfterSeconds: 3,
        listenedAt: undefined,
        tellOnce: async (_key: string, notice: Notice) => void told.push(notice),
      }) as unknown as WorkingContext;
    let context = starts();
    return {
      database,
      told,
      restart: () => {
        context = starts();
      },
      /** @param monotonic seconds; as the chain's unless set */
      at: async (now: number, monotonic = now) => {
        Object.assign(time, { now, monotonic });
        await attend(context);
      },
      absences: async () =>
        (await database.pool.query("select from_at::int as from, to_at::int as to from audit.absences order by 1"))
          .rows,
      around: (period: number, now: number) => attendanceOf(database.pool, period, clock, now, 3),
    };
  }

  it("keeps the gaps between rounds, over restarts, and tells of them", async () => {
    const { database, told, at, restart, absences, around } = await listener();
    for (const now of [100, 101, 102, 104]) await at(now);
    restart();
    for (const now of [120, 121]) await at(now, now - 50);
    expect(await absences()).toEqual([{ from: 104, to: 120 }]);
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toContain("16 s");
    const heard = await Promise.all([19, 20, 23, 26, 27].map(async (period) => (await around(period, 121)).heard));
    expect(heard).toEqual([true, false, false, false, true]);
    expect((await around(20, 121)).takenUntil).toBe(135);
    expect((await around(23, 121)).takenUntil).toBe(135);
    expect((await around(27, 121)).takenUntil).toBe(142);
    // Back from an absence that no round has noted yet.
    expect(await around(23, 160)).toEqual({ heard: false, takenUntil: 175 });
    // A seed that came in the last second gave nobody the time.
    await database.pool.query(
      "insert into audit.periods (period, seed, opened_at) values (40, '0x01', 206), (41, '0x01', 206)",
    );
    expect([(await around(40, 121)).heard, (await around(41, 121)).heard]).toEqual([false, true]);
    await database.drop();
  });

  it("counts the time that passed, not what a clock leapt; a machine that slept was away", async () => {
    const { database, at, absences } = await listener();
    await at(100, 10);
    // The chain's newest block came late, and the estimate with it.
    await at(130, 11);
    expect(await absences()).toEqual([]);
    // The same chain time, and nobody listened for nine seconds.
    await at(130, 20);
    expect(await absences()).toEqual([{ from: 121, to: 130 }]);
    // An hour on the chain, a second of the processor's.
    await at(3730, 21);
    expect(await absences()).toEqual([
      { from: 121, to: 130 },
      { from: 130, to: 3730 },
    ]);
    await database.drop();
  });

  it("takes back what a leap of the clock wrote ahead of the chain, and until then does not go by it", async () => {
    const { database, told, at, absences, around } = await listener();
    await at(100);
    const farAhead = 100 + 315_360_000;
    await database.pool.query("insert into audit.absences values (100, $1)", [farAhead]);
    await database.pool.query("update audit.attendance set last_at = $1", [farAhead]);
    expect(await around(20, 102)).toEqual({ heard: true, takenUntil: 107 });
    await at(102);
    expect(await absences()).toEqual([]);
    expect(told.map(({ kind }) => kind)).toEqual(["absence-ahead"]);
    for (const now of [104, 106, 116]) await at(now);
    expect(await absences()).toEqual([{ from: 106, to: 116 }]);
    await database.drop();
  });
});
