import { testDatabase } from "@cairn/database/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attend, isAttended, wasAttended } from "./attendance.ts";
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

describe("attend", () => {
  it("keeps the gaps between rounds, over restarts, and tells of them", async () => {
    const database = await testDatabase({ migrations: [{ namespace: "audit", migrations: auditMigrations }] });
    const told: Notice[] = [];
    const context = {
      pool: database.pool,
      tellOnce: async (_key: string, notice: Notice) => void told.push(notice),
    } as unknown as WorkingContext;
    const clock = { genesisTime: 0, periodSeconds: 5, graceSeconds: 2 };
    for (const now of [100, 101, 102, 104, 103, 120, 121]) await attend(context, now, 3);
    const { rows } = await database.pool.query("select from_at::int as from, to_at::int as to from audit.absences");
    expect(rows).toEqual([{ from: 104, to: 120 }]);
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toContain("16 s");
    const attended = await Promise.all([19, 20, 23, 26, 27].map((period) => wasAttended(database.pool, period, clock)));
    expect(attended).toEqual([true, false, false, false, true]);
    await database.drop();
  });
});
