import { catalogMigrations } from "@cairn/catalog";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Address } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatheredCandidates } from "./candidates.ts";
import type { Context } from "./context.ts";

const START = 1_000_000;
const providers = [1, 2, 3, 4].map((n): Address => `0x${String(n).repeat(40)}`);
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  for (const provider of providers) {
    await database.pool.query(
      `insert into catalog.providers (provider, hot, payout, capacity, price_floor, egress_price, duty, region, endpoint,
         active, updated_block) values ($1, $1, $1, 1000, 1, 1, 1, 'here', '', true, 1)`,
      [provider],
    );
  }
});
afterAll(() => database.drop());

/** A market that began at START; one more provider dials in every five seconds, and the clock runs as fast as somebody sleeps. */
function marketAt(now: number) {
  let time = now;
  let sought = 0;
  const connected = () => providers.slice(0, Math.floor((time - now) / 5));
  const context = {
    pool: database.pool,
    verifierSet: `0x${"0".repeat(64)}`,
    chainNow: () => time,
    startedAt: START * 1000,
    stopping: new AbortController().signal,
    clock: {
      monotonic: () => time * 1000,
      sleep: async (seconds: number) => {
        time += seconds;
      },
    },
    transport: {
      reachable: (provider: Address) => connected().includes(provider),
      seek: async () => {
        sought += 1;
      },
    },
  } as unknown as Context;
  return { context, waited: () => time - now, sought: () => sought };
}

describe("the providers of a gateway that was just started", () => {
  it("are given the time to dial in again", async () => {
    const market = marketAt(START);
    expect(await gatheredCandidates(market.context, 3)).toHaveLength(3);
    expect(market.waited()).toBe(15);
    expect(market.sought()).toBeGreaterThan(0);
  });

  it("are not waited for longer than they take, nor when there are not so many at all, nor later", async () => {
    const late = marketAt(START + 15);
    expect(await gatheredCandidates(late.context, 4)).toHaveLength(3);
    expect(late.waited()).toBe(15);
    const many = marketAt(START);
    expect(await gatheredCandidates(many.context, 5)).toEqual([]);
    expect(many.waited()).toBe(0);
    const old = marketAt(START + 3600);
    expect(await gatheredCandidates(old.context, 1)).toEqual([]);
    expect(old.waited()).toBe(0);
  });
});
