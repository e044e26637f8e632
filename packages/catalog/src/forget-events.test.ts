import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listEvents, recordEvents } from "./events.ts";
import { forgetEvents } from "./forget-events.ts";
import { catalogMigrations } from "./migrations.ts";

describe("forgetEvents", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  });
  afterAll(() => database?.drop());

  it("keeps the young and the newest, and nothing else", async () => {
    const { pool } = database;
    const told = Array.from({ length: 10 }, (_, i) => ({ kind: `k${i}`, severity: "info" as const, message: "m" }));
    await recordEvents(pool, told);
    await pool.query("update catalog.events set at = now() - interval '2 days' where kind in ('k0', 'k1', 'k2')");
    const kinds = async () => (await listEvents(pool)).map(({ kind }) => kind).toReversed();
    expect(await forgetEvents(pool, { seconds: 86_400, count: 1000 })).toBe(3);
    expect(await kinds()).toEqual(["k3", "k4", "k5", "k6", "k7", "k8", "k9"]);
    expect(await forgetEvents(pool, { seconds: 86_400, count: 2 })).toBe(5);
    expect(await kinds()).toEqual(["k8", "k9"]);
    expect(await forgetEvents(pool, { seconds: 86_400, count: 2 })).toBe(0);
  });
});
