import { catalogMigrations } from "@cairn/catalog";
import { ManualClock } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { type Address, CairnError, type Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditedDeal } from "./audited-deals.ts";
import type { WorkingContext } from "./context.ts";
import type { PeriodHearing } from "./hear-period.ts";
import { auditMigrations } from "./migrations.ts";
import { probeSilent, turnsOf } from "./probe-silent.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  await database.pool.query("insert into audit.periods (period, seed, state) values (1, $1, 'open')", [
    `0x${"ab".repeat(32)}`,
  ]);
});
afterAll(() => database.drop());

type Kind = "kept" | "paid" | "free";

const kindOf = (deal: AuditedDeal): Kind =>
  deal.package !== null ? "kept" : deal.pricePerPeriod > 0n ? "paid" : "free";

function silentDeal(index: number, kind: Kind, provider: Address): AuditedDeal {
  return {
    deal: `0x${index.toString(16).padStart(64, "0")}` as Hex,
    provider,
    package: kind === "kept" ? "0".repeat(32) : null,
    pricePerPeriod: kind === "free" ? 0n : BigInt(index + 1),
  } as AuditedDeal;
}

const HERE: Address = `0x${"11".repeat(20)}`;
const STALLING: Address = `0x${"22".repeat(20)}`;
const AWAY: Address = `0x${"33".repeat(20)}`;

/** Numbers in [0, 1) that follow from the seed: a linear congruential generator (Numerical Recipes, 7.1). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Ask the silent ones of a period in simulated time: `STALLING` never answers, `AWAY` is not to be reached, everybody else refuses within a
 * second. Answers in which second each deal was asked, and how many free ones were ever asked at once.
 */
async function asked(silent: AuditedDeal[]) {
  const clock = new ManualClock();
  const at = new Map<Hex, number>();
  let free = 0;
  let most = 0;
  let begun = false;
  const context = {
    pool: database.pool,
    clock,
    deployment: { voteWindowPeriods: 4, periodSeconds: 60 },
    tellOnce: async () => undefined,
    transport: {
      // The database, which is asked before, has no share in the simulated time.
      seek: async () => {
        begun = true;
      },
      reachable: (provider: Address) => provider !== AWAY,
      async request(provider: Address, { deal }: { deal: Hex }, { timeoutSeconds }: { timeoutSeconds: number }) {
        at.set(deal, clock.now());
        const isFree = silent.some((one) => one.deal === deal && kindOf(one) === "free");
        if (isFree) most = Math.max(most, ++free);
        await clock.sleep(provider === STALLING ? timeoutSeconds : 0.5);
        if (isFree) free--;
        throw new CairnError("it does not answer", { code: "provider-timeout", kind: "unavailable" });
      },
    },
  } as unknown as WorkingContext;
  const hearing = { silent, weight: "theirs", expected: 9, lastChance: new Set(silent.map(({ deal }) => deal)) };
  let done = false;
  const probing = probeSilent(context, 1, hearing as unknown as PeriodHearing).finally(() => {
    done = true;
  });
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    if (begun) clock.advance(0.5);
  }
  await probing;
  return { at, mostFree: most };
}

describe("asking the silent once more", () => {
  it("asks for paid and kept deals at once, however many free ones stall", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = randomOf(seed);
      const free = Array.from({ length: 400 }, (_, i) => silentDeal(i, "free", random() < 0.5 ? STALLING : AWAY));
      const owed = Array.from({ length: 20 }, (_, i) => silentDeal(1000 + i, random() < 0.5 ? "kept" : "paid", HERE));
      const keyed = [...free, ...owed].map((deal) => ({ deal, key: random() }));
      const { at, mostFree } = await asked(keyed.sort((one, other) => one.key - other.key).map(({ deal }) => deal));
      for (const { deal } of owed) expect(at.get(deal)).toBeLessThan(2);
      expect(mostFree).toBe(4);
    }
  });

  it("asks those that are there before it waits for those that are away", async () => {
    const away = Array.from({ length: 100 }, (_, i) => silentDeal(i, "kept", AWAY));
    const here = silentDeal(1000, "paid", HERE);
    const { at } = await asked([...away, here]);
    expect(at.get(here.deal)).toBeLessThan(2);
  });

  it("keeps every deal, those of kept packages before strangers', dear before cheap", () => {
    const deals = (["free", "paid", "kept", "paid", "kept", "free"] as Kind[]).map((kind, i) =>
      silentDeal(i, kind, HERE),
    );
    const { first, free } = turnsOf(deals, () => true);
    expect(first.map(({ deal }) => Number(deal))).toEqual([4, 2, 3, 1]);
    expect(free.map(({ deal }) => Number(deal))).toEqual([0, 5]);
  });
});
