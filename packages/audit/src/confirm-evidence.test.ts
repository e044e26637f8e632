import { enqueue } from "@cairn/catalog";
import type { World } from "@cairn/chain/testing";
import { periodAt } from "@cairn/core";
import { CairnError, type ErrorCode, type ErrorKind, ProviderRefusal } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Audited, startAudited, startWorld, type TestDeal } from "../test/audit-world.ts";
import { confirmEvidence, confirmWrongBytes, takeFaultEvidence, UNANSWERED_PERIODS } from "./confirm-evidence.ts";
import { noteDamage } from "./report-damage.ts";

let started: { world: World; stop(): Promise<void> };
let net: Audited;
beforeAll(async () => {
  started = await startWorld();
  net = await startAudited(started.world, { shards: 2 });
}, 120_000);
afterAll(async () => {
  await net?.stop();
  await started?.stop();
});
beforeEach(async () => {
  net.providers.behaviour.clear();
  await net.forgetTold();
  for (const table of ["evidence", "damage", "outcomes"]) await net.database.pool.query(`delete from audit.${table}`);
});

const DAMAGE = [{ offset: 0, length: 127 }];
const suspect = () => net.deals[0] as TestDeal;
const now = async () => (await net.s.ledger.latest()).timestamp;
const about = (deal: TestDeal) => ({
  ...{ deal: deal.id, provider: deal.provider.address, package: net.packageId },
  ...{ piece: 0, shard: deal.quote.shard, rawLength: deal.shard.rawLength },
});
const caughtAt = (at: number) =>
  net.database.pool.query("insert into audit.evidence (deal, reason, at) values ($1, '64 bytes differ', $2)", [
    ...[suspect().id, at],
  ]);
const states = async () =>
  (await net.database.pool.query<{ state: string }>("select state from audit.evidence")).rows.map(({ state }) => state);
const kinds = async () => (await net.told()).map(({ kind }) => kind);
const error = (code: ErrorCode, kind: ErrorKind = "unavailable") => new CairnError("no answer", { code, kind });
const refusal = (code: ErrorCode, kind: ErrorKind) => new ProviderRefusal("no", { code, kind });
const scrubFails = (failure: Error) =>
  net.providers.behaviour.set(suspect().id, { fail: (type) => (type === "scrub" ? failure : undefined) });
/** Its pause is over. */
const again = async () => {
  await net.database.pool.query("update audit.evidence set again_at = null");
  await confirmEvidence(net.context);
};
/** As if it had let every scrub hang in periods before this one, and proved in some of them. */
async function hungFor(periods: number, proved: number) {
  const current = periodAt(await now(), net.s.deployment);
  const before = Array.from({ length: periods }, (_, i) => current - 1 - i);
  await net.database.pool.query("update audit.evidence set unanswered = $1", [before]);
  await net.database.pool.query(
    `insert into audit.outcomes (deal, period, outcome, received_at) select $1, p, 'proved', 0 from unnest($2::bigint[]) p`,
    [suspect().id, before.slice(0, proved)],
  );
}

describe("evidence of wrong bytes", () => {
  it.each([
    ["a gateway that stops", error("stopping")],
    ["a chain that is away", error("chain-unreachable")],
    ["a gateway that is busy", error("gateway-busy")],
    ["a provider that is not connected yet", error("provider-unreachable")],
    ["a provider that does not answer in time", error("provider-timeout")],
    ["a provider with too many requests", error("provider-busy")],
    ["a provider whose chain node is away", refusal("chain-unreachable", "unavailable")],
    ["a mistake of this gateway", new TypeError("a mistake")],
  ])("waits, whatever comes first, for the answer of %s", async (_, failure) => {
    scrubFails(failure);
    await caughtAt(await now());
    await confirmEvidence(net.context);
    expect(await states()).toEqual(["asked"]);
    expect(await kinds()).toEqual([]);
    expect(await net.handed("lied")).toEqual([]);
    // It is there again, and owns up.
    net.providers.behaviour.set(suspect().id, { damage: DAMAGE });
    await again();
    expect(await states()).toEqual([]);
    expect(await net.handed("heal")).toMatchObject([{ deal: suspect().id }]);
  });

  it("asks no one whom nobody can reach, and keeps what a check or a sample found", async () => {
    const transport = Object.assign(Object.create(net.providers), {
      reachable: () => false,
      request: async () => {
        throw new Error("it was asked");
      },
    });
    expect(await confirmWrongBytes({ ...net.context, transport }, about(suspect()), "other bytes")).toBe("wrong-bytes");
    expect(await states()).toEqual(["asked"]);
  });

  it("stands at once against a refusal that names no trouble, and an answer that all is well", async () => {
    scrubFails(refusal("not-executor", "auth"));
    await caughtAt(await now());
    await confirmEvidence(net.context);
    expect(await states()).toEqual(["standing"]);
  });

  it("stands when its provider went on proving and answered no scrub, however it keeps from answering", async () => {
    for (const failure of [error("provider-timeout"), error("provider-unreachable"), refusal("busy", "unavailable")]) {
      scrubFails(failure);
      await caughtAt(await now());
      await hungFor(UNANSWERED_PERIODS + 2, UNANSWERED_PERIODS - 1);
      await again();
      // Silence of all kinds: its deal fails by that, and nothing is known of its bytes.
      expect(await states()).toEqual(["asked"]);
      await net.database.pool.query("delete from audit.outcomes");
      await hungFor(UNANSWERED_PERIODS, UNANSWERED_PERIODS);
      await again();
      await again();
      expect(await states()).toEqual(["standing"]);
      expect(await kinds()).toEqual(["wrong-bytes"]);
      expect(await net.handed("lied")).toEqual([{ deal: suspect().id }]);
      await net.forgetTold();
      await net.database.pool.query("delete from audit.evidence");
      await net.database.pool.query("delete from audit.outcomes");
    }
  });

  it("is lifted by a late scrub that owns up where it stood for silence, not where its provider said that all is well", async () => {
    for (const said of ["nothing", "all is well"]) {
      if (said === "nothing") scrubFails(error("provider-timeout"));
      else net.providers.behaviour.clear();
      await caughtAt(await now());
      await hungFor(UNANSWERED_PERIODS, UNANSWERED_PERIODS);
      await again();
      expect(await states()).toEqual(["standing"]);
      net.providers.behaviour.set(suspect().id, { damage: DAMAGE });
      await again();
      expect(await states()).toEqual(said === "nothing" ? [] : ["standing"]);
      for (const table of ["evidence", "outcomes", "damage"])
        await net.database.pool.query(`delete from audit.${table}`);
    }
  });

  it("asks those that let it wait again after a pause, not in every round", async () => {
    let asked = 0;
    net.providers.behaviour.set(suspect().id, {
      fail: () => {
        asked += 1;
        return error("provider-timeout");
      },
    });
    await caughtAt(await now());
    for (let i = 0; i < 3; i += 1) await confirmEvidence(net.context);
    expect(asked).toBe(1);
    await again();
    expect(asked).toBe(2);
  });

  it("is damage where that was reported about when it was caught, however late it is asked", async () => {
    const { periodSeconds } = net.s.deployment;
    for (const after of [-1, 0, 2]) {
      const at = (await now()) - 9 * periodSeconds;
      await caughtAt(at);
      await noteDamage(net.context, about(suspect()), DAMAGE, "its own scrub", at + after * periodSeconds);
      // It was rewritten since: asked now it would say that all is well.
      await confirmEvidence(net.context);
      expect(await states()).toEqual([]);
      expect(await net.handed("lied")).toEqual([]);
      await net.database.pool.query("delete from audit.damage");
    }
    // Damage of long before is no excuse.
    const at = (await now()) - 3 * periodSeconds;
    await noteDamage(net.context, about(suspect()), DAMAGE, "its own scrub", at - 4 * periodSeconds);
    await caughtAt(at);
    await confirmEvidence(net.context);
    expect(await states()).toEqual(["standing"]);
  });

  it("is as old as the message that brought it", async () => {
    await enqueue(net.database.pool, "fault-evidence", {
      ...{ deal: suspect().id, provider: suspect().provider.address, package: net.packageId },
      ...{ piece: 0, shard: 0, detail: "64 bytes differ" },
    });
    await net.database.pool.query("update catalog.outbox set at = now() - interval '5000 seconds'");
    await takeFaultEvidence(net.context);
    const { rows } = await net.database.pool.query<{ at: number }>("select at::float8 as at from audit.evidence");
    expect((await now()) - rows[0]!.at).toBeGreaterThanOrEqual(4990);
  });
});
