import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountsWorld, accountsWorld } from "../testing/accounts-world.ts";
import { fundWallet, storeDeals, toldOf } from "../testing/notice-world.ts";
import { tellOfState } from "./decide/decide-notices.ts";
import { forgetNotices } from "./forget-notices.ts";
import { DEFAULT_NOTICE_SETTINGS, type Frequency } from "./kinds.ts";
import { setNoticeSettings } from "./settings.ts";

const DAY = 86_400;
const COIN = 10n ** 18n;
/** A Monday, and the first of a month: 2027-02-01. */
const START = Date.UTC(2027, 1, 1) / 1000;

let world: AccountsWorld;
beforeAll(async () => {
  world = await accountsWorld();
});
afterAll(() => world.database.drop());

async function accountWith(account: string, expiry: Frequency, days: number, low: Frequency): Promise<void> {
  const { kinds } = DEFAULT_NOTICE_SETTINGS;
  await setNoticeSettings(world.pool, account, {
    kinds: {
      ...kinds,
      expiry: { ...kinds.expiry, frequency: expiry },
      "balance-low": { ...kinds["balance-low"], frequency: low },
      balance: { ...kinds.balance, frequency: low === "daily" ? "monthly" : "never" },
    },
    expiryDays: days,
    lowBalance: 10n * COIN,
  });
}

describe("over a simulated year", () => {
  const deals = ["a", "b", "c"].map((one) => `0x${one.repeat(64)}`);
  const rich = `0x${"7".repeat(40)}`;
  const poor = `0x${"8".repeat(40)}`;
  const phrase = `0x${"9".repeat(40)}`;
  const ports = () => ({
    pool: world.pool,
    balanceOf: async (wallet: string) =>
      wallet !== rich ? { balance: 2n * COIN, coins: COIN } : { balance: 9n * COIN, coins: 5n * COIN },
  });

  it("tells of each deal and wallet once in each period, whatever moments it is asked at, by several gateways and across restarts", async () => {
    const { pool } = world;
    const ends = START + 360 * DAY;
    const of: Record<string, [Frequency, number]> = {
      daily: ["daily", 60],
      weekly: ["weekly", 180],
      monthly: ["monthly", 365],
      once: ["once", 30],
      never: ["never", 365],
    };
    for (const [place, [account, [frequency, days]]] of Object.entries(of).entries()) {
      const mine = deals.map((deal) => deal.replace("0x", `0x${place}`).slice(0, 66));
      await storeDeals(pool, { account, id: `${place}`.repeat(32), deals: mine, endsAt: ends });
      await accountWith(account, frequency, days, account === "daily" ? "daily" : "never");
    }
    await fundWallet(pool, { account: "daily", address: poor, left: 2n * COIN });
    await fundWallet(pool, { account: "daily", address: rich, left: 9n * COIN });
    // What a recovery phrase stands for has what its bundle costs, and is no matter to be told of.
    await fundWallet(pool, { account: "daily", address: phrase, left: 1n });
    await pool.query("update accounts.wallets set name = 'recovery phrase' where address = $1", [phrase]);

    // Two gateways, whose clocks go from moment to moment by themselves; each moment is a restart, as nothing is kept in a process.
    const steps = fc.sample(fc.integer({ min: 60, max: 20 * 3600 }), { numRuns: 300, seed: 9 });
    const moments = [START];
    for (const step of steps) moments.push(moments.at(-1)! + step);
    // A day is asked about at least once.
    for (let day = 0; day <= 362; day += 1) moments.push(START + day * DAY + ((day * 7919) % DAY));
    const year = moments.filter((moment) => moment <= START + 363 * DAY).sort((a, b) => a - b);
    let written = 0;
    for (const moment of year) {
      world.clock.advance(Math.max(0, moment - world.clock.now()));
      const both = await Promise.all([tellOfState(ports(), moment), tellOfState(ports(), moment + 1)]);
      written += both[0] + both[1];
      if (moment % 7 === 0) await forgetNotices(world);
    }

    const expected = (account: string, subjects: number, periods: Set<string>) =>
      expect(
        toldOf(pool, account, "expiry").then((told) => ({
          subjects: new Set(told.map(({ subject }) => subject)).size,
          periods: new Set(told.map(({ period }) => period)),
          rows: told.length,
        })),
      ).resolves.toEqual({ subjects, periods, rows: subjects * periods.size });
    const daysFrom = (days: number) => Array.from({ length: days + 1 }, (_, i) => ends / DAY - days + i);
    // The last day is the one that the deals end on, at midnight: nothing is left of it.
    await expected(
      "daily",
      3,
      new Set(
        daysFrom(60)
          .slice(0, -1)
          .map((day) => `day:${day}`),
      ),
    );
    await expected("once", 3, new Set(["once"]));
    await expected(
      "weekly",
      3,
      new Set(
        daysFrom(180)
          .slice(0, -1)
          .map((day) => `week:${Math.floor((day + 3) / 7)}`),
      ),
    );
    await expected(
      "monthly",
      3,
      new Set(
        daysFrom(360)
          .slice(0, -1)
          .map((day) => `month:${new Date(day * DAY * 1000).toISOString().slice(0, 7)}`),
      ),
    );
    await expected("never", 0, new Set());
    const low = await toldOf(pool, "daily", "balance-low");
    expect(new Set(low.map(({ subject }) => subject))).toEqual(new Set([poor]));
    const asked = new Set(year.flatMap((moment) => [moment, moment + 1]).map((moment) => Math.floor(moment / DAY)));
    expect(asked.size).toBe(363);
    expect(low.map(({ period }) => period).toSorted()).toEqual([...asked].map((day) => `day:${day}`).toSorted());
    expect(await toldOf(pool, "daily", "balance")).toHaveLength(3 * 12);
    const { rows } = await pool.query("select count(*)::int as n from accounts.told");
    expect(rows[0].n).toBe(written);
  });
});
