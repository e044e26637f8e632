// Whole, though long: all of it is tried on the deals of one world, a chain with its providers, which takes longest to begin.
import { enqueue } from "@cairn/catalog";
import type { World } from "@cairn/chain/testing";
import { periodAt } from "@cairn/core";
import { CairnError, type DealId, type ErrorCode, ProviderRefusal, type Signed, signTyped } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Audited, startAudited, startWorld, type TestDeal, withBitFlipped } from "../test/audit-world.ts";
import { type CheckResult, type EndedCheck, writeEndedChecks } from "./check-package.ts";
import { confirmEvidence, takeFaultEvidence } from "./confirm-evidence.ts";

let started: { world: World; stop(): Promise<void> };
let net: Audited;
beforeAll(async () => {
  started = await startWorld();
  net = await startAudited(started.world, { shards: 4, k: 2 });
}, 120_000);
afterAll(async () => {
  await net?.stop();
  await started?.stop();
});
beforeEach(async () => {
  net.providers.behaviour.clear();
  await net.forgetTold();
  for (const table of ["evidence", "damage", "outcomes", "checks"]) {
    await net.database.pool.query(`delete from audit.${table}`);
  }
});

const deal = (i: number) => net.deals[i] as TestDeal;
const toldOf = async (id: DealId) =>
  (await net.told()).filter((notice) => notice.deal === id).map((notice) => notice.kind);
const healed = async () => (await net.handed("heal")).map(({ deal: of }) => of);
const evidence = async () =>
  (await net.database.pool.query("select deal, state from audit.evidence order by deal")).rows as {
    deal: DealId;
    state: string;
  }[];
const failing = (code: ErrorCode) => () => new CairnError(code, { code, kind: "unavailable" });
const DAMAGE = [{ offset: 127, length: 127 }];

/** The transport here checks no tickets: providers' own tests do. */
const sign = async (of: DealId, offset: number, length: number): Promise<Signed<"ReadTicket">> => ({
  message: { deal: of, offset: BigInt(offset), length: BigInt(length), expiry: 0n, nonce: `0x${"00".repeat(32)}` },
  signature: "0x",
});
const capability: Signed<"ReadCapability"> = {
  message: { documentHash: `0x${"00".repeat(32)}`, audience: `0x${"00".repeat(20)}`, expiry: 0n },
  signature: "0x",
};
const check = async (full: boolean) => {
  const request = { package: net.packageId, full, ...(full ? { readCapability: capability } : {}) };
  const { check: begun, finished } = await net.audit.startCheck(request, sign);
  expect(begun).toMatchObject({ state: "running", shards: [], ok: false });
  const done = await finished;
  expect(await net.audit.checkResult(begun.id)).toEqual(done);
  return done;
};
const results = (done: Awaited<ReturnType<typeof check>>) => done.shards.map((shard) => shard.result);

/** An audit whose providers answer once `go` is called, and the deals whose shards they were asked to re-read. */
async function held() {
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const scrubbed: DealId[] = [];
  const transport = Object.assign(Object.create(net.providers), {
    request: async (...asked: Parameters<typeof net.providers.request>) => {
      const [, request] = asked;
      if (request.type === "scrub") scrubbed.push(request.deal);
      await gate;
      return net.providers.request(...asked);
    },
  });
  const { createAudit } = await import("./create-audit.ts");
  return { audit: createAudit({ ...net.context, transport }, { claimEveryPeriods: 1 }), scrubbed, go };
}

describe("a check", () => {
  it("has every holder scrub and prove, several at once", async () => {
    const done = await check(false);
    expect(done).toMatchObject({ ok: true, state: "done", kind: "scrub", package: net.packageId });
    expect(results(done)).toEqual(Array(4).fill("sound"));
    expect(done.shards.map((shard) => shard.shard)).toEqual([0, 1, 2, 3]);
    expect(net.providers.mostAtWork).toBeGreaterThan(1);
    expect(await net.told()).toMatchObject([
      { kind: "check-ended", severity: "info", message: "a check found 4 of 4 shards sound", data: { check: done.id } },
    ]);
  });

  it("names damage, wrong proofs and silence, and has the damage cured", async () => {
    net.providers.behaviour.set(deal(0).id, { damage: DAMAGE });
    net.providers.behaviour.set(deal(1).id, { alter: withBitFlipped });
    net.providers.behaviour.set(deal(2).id, { fail: failing("provider-timeout") });
    net.providers.behaviour.set(deal(3).id, { fail: (type) => (type === "prove" ? failing("damaged")() : undefined) });
    const done = await check(false);
    expect(results(done)).toEqual(["damaged", "wrong-proof", "silent", "damaged"]);
    expect(done.ok).toBe(false);
    expect((await healed()).toSorted()).toEqual([deal(0).id, deal(3).id].toSorted());
    expect(await toldOf(deal(0).id)).toEqual(["damage"]);
    expect(await toldOf(deal(1).id)).toEqual(["wrong-bytes"]);
    expect(await evidence()).toEqual([{ deal: deal(1).id, state: "standing" }]);
    // Asked again within the period, it is cured again and told no more.
    await check(false);
    expect(await toldOf(deal(0).id)).toEqual(["damage"]);
    expect(await toldOf(deal(1).id)).toEqual(["wrong-bytes"]);
  });

  it("in full, takes no provider's own word for having sent too much: it refused", async () => {
    const long = new ProviderRefusal("too long", { code: "long-read", kind: "corrupt" });
    net.providers.behaviour.set(deal(0).id, { fail: (type) => (type === "read" ? long : undefined), damage: DAMAGE });
    expect(results(await check(true))).toEqual(["refused", "sound", "sound", "sound"]);
    expect(await evidence()).toEqual([]);
    expect(await healed()).toEqual([]);
  });

  it("in full, reads every byte: hidden damage, other bytes and endless ones are named, owned-up damage is cured", async () => {
    const other = async function* (bytes: Uint8Array) {
      yield withBitFlipped(Buffer.from(bytes));
    };
    const endless = async function* (bytes: Uint8Array) {
      yield bytes;
      throw new CairnError("the provider sends more", { code: "long-read", kind: "corrupt" });
    };
    net.providers.behaviour.set(deal(0).id, { read: other });
    net.providers.behaviour.set(deal(1).id, { read: endless });
    net.providers.behaviour.set(deal(2).id, { read: other, damage: DAMAGE });
    const done = await check(true);
    expect(results(done)).toEqual(["wrong-bytes", "wrong-bytes", "damaged", "sound"]);
    expect(await evidence()).toEqual(
      [deal(0).id, deal(1).id].toSorted().map((id) => ({ deal: id, state: "standing" })),
    );
    expect(await healed()).toEqual([deal(2).id]);
    expect((await net.told()).map((notice) => notice.kind).toSorted()).toEqual([
      "check-ended",
      "damage",
      "wrong-bytes",
      "wrong-bytes",
    ]);
  });

  it("is under way once, whichever pieces that are not there are named with it", async () => {
    const { audit, go } = await held();
    const ask = (pieces?: number[]) =>
      audit.startCheck({ package: net.packageId, full: false, ...(pieces === undefined ? {} : { pieces }) }, sign);
    const all = await Promise.all([ask(), ask([0]), ...Array.from({ length: 40 }, (_, i) => ask([7 + i, 0, 7 + i]))]);
    expect(new Set(all.map(({ check }) => check.id)).size).toBe(1);
    go();
    await all[0]!.finished;
    const { check: next, finished } = await ask([0, 7]);
    expect(next.id).not.toBe(all[0]!.check.id);
    await finished;
  });

  it("takes one account some of the places, and has a shard read once for all that ask", async () => {
    const { pool } = net.database;
    // Packages of the same document have the same deals.
    const copies = Array.from({ length: 9 }, (_, i) => `${i}`.repeat(31).concat("f"));
    await pool.query("insert into catalog.accounts (id) values ('another') on conflict do nothing");
    await pool.query(
      `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, document_hash, verifier_set)
       select copy, case when copy like '8%' then 'another' else account end, owner, sha256(copy::bytea), label, state, k, n, mask, layout, days,
         document_hash, verifier_set from catalog.packages, unnest($2::text[]) as copy where id = $1`,
      [net.packageId, copies],
    );
    const { audit, scrubbed, go } = await held();
    const ask = (id: string) => audit.startCheck({ package: id, full: false }, sign);
    try {
      const own = await Promise.all(copies.slice(0, 8).map(ask));
      expect(new Set(own.map(({ check }) => check.id)).size).toBe(8);
      const refused = { code: "busy", next: expect.stringContaining("Start it again") };
      await expect(ask(net.packageId)).rejects.toMatchObject(refused);
      // It is given the one that it has, and another account has places.
      expect((await ask(copies[0]!)).check.id).toBe(own[0]!.check.id);
      const theirs = await ask(copies[8]!);
      go();
      for (const { finished } of [...own, theirs]) expect(results(await finished)).toEqual(Array(4).fill("sound"));
      expect(scrubbed.toSorted()).toEqual(net.deals.map(({ id }) => id).toSorted());
      await (await ask(net.packageId)).finished;
      expect(scrubbed.length).toBe(8);
    } finally {
      go();
      await pool.query("delete from catalog.packages where id = any($1)", [copies]);
    }
  });

  it("blames no provider for what fails at the gateway", async () => {
    const failing: typeof sign = async (of, ...range) => {
      if (of === deal(1).id) throw new Error("the database is away");
      return sign(of, ...range);
    };
    net.providers.behaviour.set(deal(2).id, {
      read: async function* (bytes) {
        yield bytes.subarray(0, 1);
        throw new CairnError("no", { code: "chain-unreachable", kind: "unavailable" });
      },
    });
    const request = { package: net.packageId, full: true, readCapability: capability };
    const done = await (await net.audit.startCheck(request, failing)).finished;
    expect(results(done)).toEqual(["sound", "unchecked", "unchecked", "sound"]);
    expect(done).toMatchObject({ ok: false, state: "done" });
    expect(done.shards[1]!.detail).toContain("this gateway could not check it");
  });

  it("excuses no provider for the code that it chose", async () => {
    for (const [i, code] of ["stopping", "chain-unreachable", "provider-timeout"].entries()) {
      const refusal = ProviderRefusal.fromJSON({ code, kind: "unavailable", message: "no\u0000" });
      net.providers.behaviour.set(deal(i).id, { fail: () => refusal });
    }
    const done = await check(false);
    expect(results(done)).toEqual(["refused", "refused", "refused", "sound"]);
  });

  it("whose result the database does not take holds up no other, and ends after five tries", async () => {
    const { pool } = net.database;
    const endedChecks = new Map<string, EndedCheck>();
    const ended = async (id: string, detail: string) => {
      await pool.query("insert into audit.checks (id, package, kind, started_at) values ($1, $1, 'scrub', 1)", [id]);
      const shards = [{ deal: "0x", piece: 0, shard: 0, provider: "0x", result: "sound", detail, checkedBytes: 1 }];
      const result = { id, package: id, kind: "scrub", state: "done", startedAt: 1, finishedAt: 2, ok: true, shards };
      endedChecks.set(id, { result: result as CheckResult, tries: 0 });
    };
    await ended("untakable", "sound");
    await ended("odd", "no\u0000\ud800");
    await ended("good", "sound");
    await pool.query("alter table audit.checks add constraint odd check (id <> 'untakable' or shards = '[]')");
    try {
      for (let i = 0; i < 5; i++) {
        expect(await net.audit.checkResult("untakable")).toMatchObject({ state: "running" });
        await expect(writeEndedChecks({ pool, endedChecks })).rejects.toThrow("odd");
      }
      expect(endedChecks.size).toBe(0);
    } finally {
      await pool.query("alter table audit.checks drop constraint odd");
    }
    expect(await net.audit.checkResult("untakable")).toMatchObject({ state: "done", ok: false, shards: [] });
    expect(await net.audit.checkResult("good")).toMatchObject({ state: "done", ok: true });
    const { state, shards } = await net.audit.checkResult("odd");
    expect([state, shards[0]!.detail]).toEqual(["done", "no\ufffd\ufffd"]);
  });

  it("ends though the database is away at its end: the result is written when it is back", async () => {
    const away = async (...given: Parameters<typeof sign>) => {
      await net.database.pool.query("alter table if exists audit.checks rename to checks_away");
      return sign(...given);
    };
    const request = { package: net.packageId, full: true, readCapability: capability };
    const { check: begun, finished } = await net.audit.startCheck(request, away);
    const done = await finished;
    await net.database.pool.query("alter table audit.checks_away rename to checks");
    expect(await net.audit.checkResult(begun.id)).toMatchObject({ state: "running", shards: [] });
    await net.audit.round(await net.sync());
    expect(await net.audit.checkResult(begun.id)).toEqual(done);
    expect(done).toMatchObject({ ok: true, state: "done" });
  });

  it("says what is missing before it begins", async () => {
    const ask = (request: Parameters<Audited["audit"]["startCheck"]>[0]) => net.audit.startCheck(request, sign);
    await expect(ask({ package: "0".repeat(32), full: false })).rejects.toMatchObject({ code: "nothing-to-check" });
    await expect(ask({ package: net.packageId, full: false, pieces: [7] })).rejects.toMatchObject({
      code: "nothing-to-check",
    });
    await expect(ask({ package: net.packageId, full: true })).rejects.toMatchObject({ code: "capability-needed" });
    await expect(net.audit.checkResult("none")).rejects.toMatchObject({ code: "unknown-check" });
  });

  it("that an earlier process left unfinished is ended", async () => {
    await net.database.pool.query(
      "insert into audit.checks (id, package, kind, started_at) values ('left', $1, 'scrub', 0)",
      [net.packageId],
    );
    const { createAudit } = await import("./create-audit.ts");
    const restarted = createAudit(net.context, { claimEveryPeriods: 1000 });
    await restarted.round(await net.sync());
    expect(await restarted.checkResult("left")).toMatchObject({ state: "done", ok: false, shards: [] });
  });

  it("that another process on the same database has under way goes on, until that is silent for long", async () => {
    const { createAudit } = await import("./create-audit.ts");
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow = Object.assign(Object.create(net.providers), {
      request: async (...asked: Parameters<typeof net.providers.request>) => {
        await gate;
        return net.providers.request(...asked);
      },
    });
    const one = createAudit({ ...net.context, transport: slow }, { claimEveryPeriods: 1000 });
    const other = createAudit(net.context, { claimEveryPeriods: 1000 });
    const { check, finished } = await one.startCheck({ package: net.packageId, full: false }, sign);
    await other.round(await net.sync());
    expect(await other.checkResult(check.id)).toMatchObject({ state: "running" });
    const silent = () =>
      net.database.pool.query("update audit.checks set alive_at = now() - interval '1 hour' where state = 'running'");
    await silent();
    await one.round(await net.sync());
    await other.round(await net.sync());
    expect(await other.checkResult(check.id)).toMatchObject({ state: "running" });
    await silent();
    await other.round(await net.sync());
    expect(await other.checkResult(check.id)).toMatchObject({ state: "done", ok: false });
    // It was not dead after all: what it found counts.
    go();
    await finished;
    expect(await other.checkResult(check.id)).toMatchObject({ state: "done", ok: true });
  });
});

describe("wrong bytes that a reader caught", () => {
  const caught = async (of: TestDeal) => {
    await enqueue(net.database.pool, "fault-evidence", {
      deal: of.id,
      provider: of.provider.address,
      package: net.packageId,
      piece: 0,
      shard: of.quote.shard,
      detail: "64 bytes differ",
    });
    await takeFaultEvidence(net.context);
  };

  it("stand against a provider that says that all is well, also when the gateway was killed before it asked", async () => {
    await caught(deal(0));
    await caught(deal(0));
    expect(await evidence()).toEqual([{ deal: deal(0).id, state: "asked" }]);
    await confirmEvidence(net.context);
    await confirmEvidence(net.context);
    expect(await evidence()).toEqual([{ deal: deal(0).id, state: "standing" }]);
    expect(await toldOf(deal(0).id)).toEqual(["wrong-bytes"]);
  });

  it("stay open until both what they are is recorded and the market has it", async () => {
    await caught(deal(0));
    await net.refusing("lied", async () => {
      await expect(confirmEvidence(net.context)).rejects.toThrow("refusing");
    });
    expect(await evidence()).toEqual([{ deal: deal(0).id, state: "asked" }]);
    expect(await toldOf(deal(0).id)).toEqual([]);
    await confirmEvidence(net.context);
    expect(await net.handed("lied")).toEqual([{ deal: deal(0).id }]);

    net.providers.behaviour.set(deal(1).id, { damage: DAMAGE });
    await caught(deal(1));
    await net.refusing("heal", async () => {
      await expect(confirmEvidence(net.context)).rejects.toThrow("refusing");
    });
    // Were the damage known already, nobody would have it healed.
    expect((await net.database.pool.query("select from audit.damage")).rowCount).toBe(0);
    await confirmEvidence(net.context);
    expect(await healed()).toEqual([deal(1).id]);
    expect(await toldOf(deal(1).id)).toEqual(["damage"]);
  });

  it("are forgiven when it owns up to damage, and heal it", async () => {
    net.providers.behaviour.set(deal(1).id, { damage: DAMAGE });
    await caught(deal(1));
    await confirmEvidence(net.context);
    expect(await evidence()).toEqual([]);
    expect(await healed()).toEqual([deal(1).id]);
    // Cured by now, and caught once more with what was read before: known damage is no lie.
    net.providers.behaviour.clear();
    await caught(deal(1));
    await confirmEvidence(net.context);
    expect(await evidence()).toEqual([]);
    expect(await toldOf(deal(1).id)).toEqual(["damage"]);
  });
});

describe("a provider's own damage report", () => {
  const report = async (
    of: TestDeal,
    change: Partial<Signed<"DamageReport">["message"]> = {},
    key = of.provider.hot,
  ): Promise<Signed<"DamageReport">> => {
    const now = (await net.s.ledger.latest()).timestamp;
    const period = BigInt(periodAt(now, net.s.deployment));
    const message = { deal: of.id, period, offset: 0n, length: 127n, ...change };
    return { message, signature: signTyped("DamageReport", message, net.s.deployment, key) };
  };

  it("is taken, told once, and cured; the period is no silence", async () => {
    const ranges = [await report(deal(0)), await report(deal(0), { offset: 1270n })];
    expect(await net.audit.reportDamage(ranges)).toEqual([{ accepted: true }, { accepted: true }]);
    expect(await net.audit.reportDamage([await report(deal(0))])).toEqual([{ accepted: true }]);
    expect(await toldOf(deal(0).id)).toEqual(["damage"]);
    expect(new Set(await healed())).toEqual(new Set([deal(0).id]));
    const { rows } = await net.database.pool.query("select distinct outcome from audit.outcomes where deal = $1", [
      deal(0).id,
    ]);
    expect(rows).toEqual([{ outcome: "damaged" }]);
    // A proof that comes besides counts, and the damage with it.
    await net.database.pool.query("update audit.outcomes set outcome = 'proved', damaged = false where deal = $1", [
      deal(0).id,
    ]);
    await net.audit.reportDamage([await report(deal(0))]);
    const after = await net.database.pool.query(
      "select outcome, damaged from audit.outcomes where deal = $1 order by period desc limit 1",
      [deal(0).id],
    );
    expect(after.rows).toEqual([{ outcome: expect.stringMatching("proved|damaged"), damaged: true }]);
  });

  it("is refused when it is forged, stale, or about bytes that are not there", async () => {
    const raw = BigInt(deal(1).shard.rawLength);
    const answers = await net.audit.reportDamage([
      await report(deal(1), {}, deal(2).provider.hot),
      await report(deal(1), {}, deal(1).provider.cold),
      { ...(await report(deal(1))), signature: `0x${"00".repeat(65)}` },
      await report(deal(1), { period: 2n ** 63n }),
      await report(deal(1), { offset: raw }),
      await report(deal(1), { offset: 2n ** 64n - 1n, length: 2n ** 64n - 1n }),
      await report(deal(1), { length: 0n }),
      await report(deal(1), { deal: `0x${"ab".repeat(32)}` }),
    ]);
    expect(answers.every((answer) => !answer.accepted && answer.reason !== undefined)).toBe(true);
    expect(await net.told()).toEqual([]);
    expect(await healed()).toEqual([]);
  });
});
