import { catalogMigrations } from "@cairn/catalog";
import { openDatabase } from "@cairn/database";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { PoolClient } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AuditContext } from "./context.ts";
import { type Audit, createAudit } from "./create-audit.ts";
import { auditMigrations } from "./migrations.ts";

const PACKAGE = "a".repeat(32);
const CERTIFIER = { address: `0x${"1".repeat(40)}`, sign: () => "0x" as const } as const;
let database: TestDatabase;
let reserved: Awaited<ReturnType<typeof openDatabase>>;
let audit: Audit;

beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  reserved = await openDatabase({ ...database.config, connectionTimeoutMillis: 2000 });
  const deployment = { deployedAt: 0, genesisTime: 0, periodSeconds: 60 };
  const context = { pool: reserved.pool, requestPool: database.pool, deployment } as unknown as AuditContext;
  audit = createAudit(context, { claimEveryPeriods: 1 });
});
afterAll(async () => {
  await reserved?.close();
  await database?.drop();
});

const certify = (account: string) =>
  audit.certify({ account, package: PACKAGE }, CERTIFIER).catch(({ code }: { code: string }) => code);

it("answers users by connections of their own, also where all of its own are taken", async () => {
  const taken: PoolClient[] = [];
  while (taken.length < reserved.pool.options.max) taken.push(await reserved.pool.connect());
  try {
    const deal = `0x${"2".repeat(64)}` as const;
    expect(await audit.custody([deal])).toEqual(new Map());
    expect(await audit.proofs([{ deal, lastPeriod: null, endsAt: null, endedAt: null }], 0)).toEqual(new Map());
    expect((await audit.listChecks({ account: "anna" })).rows).toEqual([]);
    await expect(audit.checkResult("none")).rejects.toMatchObject({ code: "unknown-check" });
    expect(await audit.schedules.list("anna")).toEqual([]);
    await audit.schedules.remove("anna", "none").catch(({ kind }) => expect(kind).toBe("missing"));
    const starting = audit.startCheck({ package: PACKAGE, full: false }, () => Promise.reject(new Error("not signed")));
    await expect(starting).rejects.toMatchObject({ code: "nothing-to-check" });
    expect(await certify("anna")).toBe("nothing-to-certify");
    expect(reserved.pool.waitingCount).toBe(0);
  } finally {
    for (const client of taken) client.release();
  }
});

it("makes one certificate of an account at a time, and says what to do to whoever asks for another", async () => {
  expect(await Promise.all(["anna", "anna", "bert"].map(certify))).toEqual([
    "nothing-to-certify",
    "busy",
    "nothing-to-certify",
  ]);
  expect(await certify("anna")).toBe("nothing-to-certify");
  const [, second] = await Promise.allSettled([
    audit.certify({ account: "anna", package: PACKAGE }, CERTIFIER),
    audit.certify({ account: "anna", package: PACKAGE }, CERTIFIER),
  ]);
  expect(second).toMatchObject({ reason: { code: "busy", next: expect.stringContaining("Ask again") } });
});
