import type { World } from "@cairn/chain/testing";
import {
  answerDeadline,
  CairnError,
  type Hex,
  type Ledger,
  periodAt,
  periodStart,
  type VerdictLeaf,
} from "@cairn/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Audited, pushOf, startAudited, startWorld, type TestDeal, withBitFlipped } from "../test/audit-world.ts";
import { closePeriod } from "./close-period.ts";
import { judgeDuePeriods, openRunningPeriod } from "./keep-periods.ts";
import { failFaulted, settleDue } from "./settle.ts";

let started: { world: World; stop(): Promise<void> };
beforeAll(async () => {
  started = await startWorld();
}, 120_000);
afterAll(() => started?.stop());

const unreachable = () => new CairnError("gone", { code: "provider-unreachable", kind: "unavailable" });
const stateOf = async (net: Audited, period: number) =>
  (await net.database.pool.query("select state, root, leaf_file_hash from audit.periods where period = $1", [period]))
    .rows[0];
const leavesOf = async (net: Audited, period: number) =>
  (
    await net.database.pool.query(
      "select deal, outcome, verdict, fulfilled, committed from audit.leaves where period = $1",
      [period],
    )
  ).rows;

/** Have the next period opened by the audit itself, as it begins. */
async function openNext(net: Audited): Promise<{ period: number; seed: Hex }> {
  const { s } = net;
  for (;;) {
    const period = periodAt((await s.ledger.latest()).timestamp, s.deployment) + 1;
    await s.after(periodStart(period, s.deployment));
    await openRunningPeriod(net.context, await net.sync());
    await net.sync();
    const seed = await s.ledger.seed(period);
    if (seed !== undefined) return { period, seed };
  }
}

/** Rounds until a period is no longer waited for. */
async function decide(net: Audited, period: number): Promise<string> {
  await net.s.after(answerDeadline(period, net.s.deployment) + 1);
  for (;;) {
    const head = await net.sync();
    await judgeDuePeriods(net.context, net.audit.projection, head);
    await net.sync();
    const found = await stateOf(net, period);
    if (found?.state === "final" || found?.state === "void") return found.state;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const answer = async (net: Audited, deals: TestDeal[], period: number, seed: Hex) =>
  net.audit.acceptProofs(await Promise.all(deals.map((deal) => pushOf(net.s, deal, { period, seed }))));

describe("the verifiers' periods", { timeout: 200_000 }, () => {
  it.concurrent("judge, vote, fail, claim and close deals as they have earned", async () => {
    const net = await startAudited(started.world, { shards: 6, periods: 6 });
    const [honest, silent, onChain, liar, ...others] = net.deals as [
      TestDeal,
      TestDeal,
      TestDeal,
      TestDeal,
      TestDeal,
      TestDeal,
    ];
    const up = [honest, ...others];
    const { ledger } = net.s;
    const paidOf = async (deal: TestDeal) => (await ledger.deal(deal.id))?.paidPeriods;
    for (const { id } of [silent, onChain]) net.providers.behaviour.set(id, { fail: unreachable });
    const { period: first, seed } = await openNext(net);
    await answer(net, up, first, seed);
    await net.s.prove(onChain, first, seed);
    await net.audit.acceptProofs([await pushOf(net.s, liar, { period: first, seed }, withBitFlipped)]);
    // The gateway dies between the judgement and the votes.
    await net.s.after(answerDeadline(first, net.s.deployment) + 1);
    const dying = (one: Ledger): Ledger => ({
      ...one,
      vote: () => Promise.reject(new CairnError("down", { code: "stopping", kind: "unavailable" })),
    });
    const verifiers = net.context.verifiers.map((one) => ({ ...one, ledger: dying(one.ledger) }));
    const head = await net.sync();
    await expect(closePeriod({ ...net.context, verifiers }, first, head)).rejects.toMatchObject({ code: "stopping" });
    const judged = await stateOf(net, first);
    expect(judged.state).toBe("voted");
    // What comes after the judgement changes nothing.
    await net.database.pool.query("insert into audit.outcomes values ($1, $2, 'proved', null, null, null, 0)", [
      silent.id,
      first,
    ]);
    expect(await decide(net, first)).toBe("final");
    expect((await ledger.finalizedRoot(net.s.set, first))?.root).toBe(judged.root);
    expect(await stateOf(net, first)).toMatchObject({ root: judged.root, leaf_file_hash: judged.leaf_file_hash });
    expect(await net.context.leafFiles.size(`leaves/${judged.leaf_file_hash.slice(2)}`)).toBeGreaterThan(0);
    const verdicts = async (period: number) =>
      new Map((await leavesOf(net, period)).map((leaf) => [leaf.deal, [leaf.outcome, leaf.verdict, leaf.fulfilled]]));
    expect(await verdicts(first)).toEqual(
      new Map([
        [honest.id, ["proved", 0, 1]],
        [silent.id, ["silent", 1, 0]],
        [onChain.id, ["chain", 0, 0]],
        [liar.id, ["wrong", 2, 0]],
        ...others.map(({ id }): [string, unknown[]] => [id, ["proved", 0, 1]]),
      ]),
    );
    await failFaulted(net.context);
    await net.sync();
    expect((await ledger.deal(liar.id))?.state).toBe("FAILED");
    expect(await paidOf(liar)).toBe(0);
    const refused = () => net.told.filter((notice) => notice.kind === "settlement-refused");
    await failFaulted(net.context);
    expect(refused()).toEqual([]);

    // Two more periods, of which both are known before the first is judged: they are judged in their order.
    const second = await openNext(net);
    await answer(net, up, second.period, second.seed);
    const third = await openNext(net);
    await answer(net, up, third.period, third.seed);
    await decide(net, third.period);
    const { rows } = await net.database.pool.query(
      "select period::int, state, final_at::int as at from audit.periods where period >= $1 and state = 'final' order by period",
      [first],
    );
    const times = rows.map((row) => row.at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    await failFaulted(net.context);
    await net.sync();
    expect((await ledger.deal(silent.id))?.state).toBe("FAILED");
    expect(await paidOf(silent)).toBe(0);

    // Claims and closing, run twice at once and again: nothing is paid twice.
    for (const late = Date.now() + 60_000; (await ledger.deal(honest.id))?.state === "ACTIVE" && Date.now() < late; ) {
      const now = await net.sync();
      await openRunningPeriod(net.context, now);
      await judgeDuePeriods(net.context, net.audit.projection, await net.sync());
      await net.sync();
      await Promise.all([settleDue(net.context, 1), settleDue(net.context, 1)]);
      await net.sync();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const earned = async (deal: TestDeal) => [await paidOf(deal), await ledger.balance(deal.provider.payout)];
    const proofs = await net.database.pool.query(
      "select from audit.leaves join audit.periods using (period) where deal = $1 and outcome = 'proved' and state = 'final'",
      [honest.id],
    );
    const proved = proofs.rowCount ?? 0;
    expect(proved).toBeGreaterThanOrEqual(1);
    expect((await ledger.deal(honest.id))?.state).toBe("COMPLETED");
    expect(await earned(honest)).toEqual([proved, BigInt(proved) * honest.quote.pricePerPeriod]);
    await settleDue(net.context, 1);
    expect(await earned(honest)).toEqual([proved, BigInt(proved) * honest.quote.pricePerPeriod]);
    expect(refused()).toEqual([]);
    await net.stop();
  });

  it.concurrent("cannot take a provider's pay by ignoring its proof on chain", async () => {
    const net = await startAudited(started.world, { shards: 1, periods: 3 });
    const [deal] = net.deals as [TestDeal];
    const { ledger } = net.s;
    const { period: first, seed } = await openNext(net);
    await net.s.prove(deal, first, seed);
    // The quorum votes as if nothing had come.
    const leaf: VerdictLeaf = {
      deal: deal.id,
      period: first,
      fulfilled: 0,
      committed: 1,
      verdict: 2,
      faultA: first,
      faultB: first,
    };
    await net.s.vote(first, [leaf]);
    await net.sync();
    const { rows } = await net.database.pool.query("select kind from catalog.events where kind = 'other-root'");
    expect(rows).toHaveLength(1);
    await net.database.pool.query(
      `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
values ($1, $2, 0, $3, 0, 1, 2, $2, $2, 'silent')`,
      [net.s.set, first, deal.id],
    );
    await net.database.pool.query("update audit.periods set state = 'final' where period = $1", [first]);
    await failFaulted(net.context);
    await failFaulted(net.context);
    expect((await ledger.deal(deal.id))?.state).toBe("ACTIVE");
    const refusals = net.told.filter((notice) => notice.kind === "settlement-refused");
    expect(refusals.map((notice) => notice.message)).toEqual([expect.stringMatching(/on chain/i)]);
    // The last period is over, and any root after it closes the deal with what was proved.
    const record = await ledger.deal(deal.id);
    let ending = first;
    while (ending <= (record?.lastPeriod ?? 0)) ending = (await openNext(net)).period;
    const closing = { ...leaf, period: ending, verdict: 0, faultA: 0, faultB: 0 };
    const tree = await net.s.vote(ending, [closing]);
    const final = (await ledger.latest()).timestamp;
    await net.s.after(final + net.s.deployment.disputePeriods * net.s.deployment.periodSeconds + 1);
    await ledger.close(net.s.next(), closing, tree.path(0));
    expect((await ledger.deal(deal.id))?.paidPeriods).toBe(1);
    expect(await ledger.balance(deal.provider.payout)).toBe(deal.quote.pricePerPeriod);
    await net.stop();
  });

  it.concurrent("ask again when most are silent, and are void without a root in time", async () => {
    const net = await startAudited(started.world, { shards: 3 });
    const [well, mute, dead] = net.deals as [TestDeal, TestDeal, TestDeal];
    net.providers.behaviour.set(dead.id, { fail: unreachable });
    net.providers.behaviour.set(mute.id, { alter: withBitFlipped });
    const { period } = await openNext(net);
    expect(await decide(net, period)).toBe("final");
    // The verifiers' own line was at fault: who can prove now has not missed; who proves wrongly is at fault.
    const outcomes = new Map((await leavesOf(net, period)).map((leaf) => [leaf.deal, leaf.outcome]));
    expect(outcomes).toEqual(
      new Map([
        [well.id, "proved"],
        [mute.id, "wrong"],
        [dead.id, "silent"],
      ]),
    );
    expect(net.told.map((notice) => notice.kind)).toEqual(
      expect.arrayContaining(["self-suspicion", "wrong-proof", "probe-failed"]),
    );

    // A period whose vote window went by while the gateway was down: judged on nothing, it must not be judged at all.
    const { period: later, seed } = await openNext(net);
    await answer(net, [well], later, seed);
    const { periodSeconds, voteWindowPeriods } = net.s.deployment;
    const over = net.s.deployment.genesisTime + (later + 1 + voteWindowPeriods) * periodSeconds;
    const before = await net.database.pool.query("select * from audit.tallies order by deal");
    await net.database.pool.query("update audit.cursor set head_time = $1", [over]);
    const head = { ...(await net.s.ledger.finalized()), timestamp: over };
    // The catalog is behind: nothing is decided on half of the events.
    await judgeDuePeriods(net.context, net.audit.projection, head);
    expect((await stateOf(net, later)).state).toBe("open");
    await net.database.pool.query("update catalog.cursors set head_time = $1", [over]);
    await judgeDuePeriods(net.context, net.audit.projection, head);
    expect((await stateOf(net, later)).state).toBe("void");
    expect(await leavesOf(net, later)).toEqual([]);
    expect((await net.database.pool.query("select * from audit.tallies order by deal")).rows).toEqual(before.rows);
    expect(net.told.some((notice) => notice.kind === "period-void")).toBe(true);
    await net.stop();
  });
});
