import { catalogMigrations } from "@cairn/catalog";
import type { FinalizedHead, LedgerEvent } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import type { Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuditProjection, createAuditProjection } from "./apply-events.ts";
import { auditMigrations } from "./migrations.ts";

const SET: Hex = `0x${"01".repeat(32)}`;
const DEAL: Hex = `0x${"02".repeat(32)}`;
const ROOT: Hex = `0x${"03".repeat(32)}`;
const place = { logIndex: 0, transaction: ROOT };
const head = (number: number): FinalizedHead => ({ number, hash: ROOT, timestamp: 1000 + number, finalized: true });
const drawn = (period: number, block: number): LedgerEvent => ({
  name: "SeedDrawn",
  period,
  seed: ROOT,
  block,
  time: 0,
  ...place,
});
const finalized = (period: number, set: Hex, root: Hex): LedgerEvent => ({
  name: "PeriodFinalized",
  set,
  period,
  root,
  leafFileHash: ROOT,
  leaves: 1,
  block: 1,
  time: 77,
  ...place,
});

let database: TestDatabase;
let projection: AuditProjection;
beforeAll(async () => {
  database = await testDatabase({
    migrations: [
      { namespace: "catalog", migrations: catalogMigrations },
      { namespace: "audit", migrations: auditMigrations },
    ],
  });
  projection = createAuditProjection(database.pool, SET, 5);
});
afterAll(() => database?.drop());

const query = async (text: string) => (await database.pool.query(text)).rows;

describe("the audit's projection", () => {
  it("applies each batch once, and knows how far it is", async () => {
    expect(await projection.cursor()).toBe(5);
    expect(await projection.appliedUntil()).toBeUndefined();
    const batch = { from: 5, next: 8, events: [drawn(1, 6)], head: head(9) };
    expect(await projection.apply(batch)).toBe(true);
    expect(await projection.apply(batch)).toBe(false);
    expect(await projection.cursor()).toBe(8);
    // Two more blocks are final: what happened in them is not known yet.
    expect(await projection.appliedUntil()).toBeUndefined();
    expect(await projection.apply({ from: 8, next: 10, events: [drawn(2, 9)], head: head(9) })).toBe(true);
    expect(await projection.appliedUntil()).toBe(1009);
    expect(await query("select period::int, state from audit.periods order by period")).toEqual([
      { period: 1, state: "open" },
      { period: 2, state: "open" },
    ]);
  });

  it("lets a proof on chain override whatever was known of its period", async () => {
    await query(
      `insert into audit.outcomes (deal, period, outcome, reason, received_at) values ('${DEAL}', 1, 'wrong', 'x', 0)`,
    );
    const proven: LedgerEvent = { name: "PossessionProven", deal: DEAL, period: 1, block: 10, time: 5, ...place };
    await projection.apply({ from: 10, next: 11, events: [proven, proven], head: head(10) });
    expect(await query("select outcome, reason from audit.outcomes")).toEqual([{ outcome: "chain", reason: null }]);
  });

  it("takes no root for final without the counts that were judged with it, and goes on when they are there", async () => {
    await query("update audit.periods set state = 'voted', root = '" + ROOT + "', leaves = 1 where period = 1");
    const batch = { from: 11, next: 12, events: [finalized(1, SET, ROOT)], head: head(11) };
    await expect(projection.apply(batch)).rejects.toMatchObject({ code: "tallies-missing" });
    expect(await query("select state from audit.periods where period = 1")).toEqual([{ state: "voted" }]);
    expect(await projection.cursor()).toBe(11);
  });

  it("counts a period when the quorum agreed on the root that was judged here, and tells when it agreed on another", async () => {
    await query(`update audit.periods set state = 'voted', root = '${ROOT}' where period in (1, 2)`);
    await query("update audit.periods set leaves = 1 where period in (1, 2)");
    await query(`insert into audit.pending_tallies (verifier_set, deal, period, fulfilled, committed, missed, recent)
values ('${SET}', '${DEAL}', 1, 3, 4, '[]', '[1]')`);
    const other: Hex = `0x${"0f".repeat(32)}`;
    const events = [finalized(1, other, ROOT), finalized(1, SET, ROOT), finalized(2, SET, other)];
    await projection.apply({ from: 11, next: 12, events, head: head(11) });
    expect(await query("select period::int, state, final_at::int from audit.periods order by period")).toEqual([
      { period: 1, state: "final", final_at: 77 },
      { period: 2, state: "voted", final_at: null },
    ]);
    expect(await query("select period::int, fulfilled, committed from audit.tallies")).toEqual([
      { period: 1, fulfilled: 3, committed: 4 },
    ]);
    expect(await query("select kind, severity from catalog.events")).toEqual([
      { kind: "other-root", severity: "error" },
    ]);
    // The same root again, and an older count, change nothing.
    await query("update audit.pending_tallies set period = 0, fulfilled = 9");
    await projection.apply({ from: 12, next: 13, events: [finalized(1, SET, ROOT)], head: head(12) });
    expect(await query("select fulfilled from audit.tallies")).toEqual([{ fulfilled: 3 }]);
    expect(await query("select kind from catalog.events")).toHaveLength(1);
  });
});
