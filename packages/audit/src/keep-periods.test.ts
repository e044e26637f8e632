import type { World } from "@cairn/chain/testing";
import { answerDeadline, type Ledger, periodAt, periodStart } from "@cairn/core";
import { CairnError, type Hex, type VerdictLeaf } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Audited, pushOf, startAudited, startWorld, type TestDeal, withBitFlipped } from "../test/audit-world.ts";
import { closePeriod } from "./close-period.ts";
import { silenceStrikes } from "./judge-period.ts";
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

interface Opened {
  period: number;
  seed: Hex;
  /** When: answers that are made at leisure came in then. */
  at: number;
}

/** Have the next period opened by the audit itself, as it begins. */
async function openNext(net: Audited): Promise<Opened> {
  const { s } = net;
  for (;;) {
    const period = periodAt((await s.ledger.latest()).timestamp, s.deployment) + 1;
    await s.after(periodStart(period, s.deployment));
    await openRunningPeriod(net.context, await net.sync());
    await net.sync();
    const seed = await s.ledger.seed(period);
    if (seed !== undefined) return { period, seed, at: net.context.clock.monotonic() };
  }
}

/** Open periods until one of them could be proved on chain before its deadline. */
async function openAndProve(net: Audited, deal: TestDeal): Promise<Opened> {
  for (;;) {
    const opened = await openNext(net);
    try {
      await net.s.prove(deal, opened.period, opened.seed);
      return opened;
    } catch (error) {
      if (!/too late/.test(String(error))) throw error;
    }
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

const answer = async (net: Audited, deals: TestDeal[], { period, seed, at }: Opened) =>
  net.audit.acceptProofs(await Promise.all(deals.map((deal) => pushOf(net.s, deal, { period, seed }))), at);

describe("the verifiers' periods", { timeout: 600_000 }, () => {
  it.concurrent("judge, vote, fail, claim and close deals as they have earned", async () => {
    const net = await startAudited(started.world, { shards: 6, periods: 12 });
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
    const opened = await openAndProve(net, onChain);
    const { period: first, seed } = opened;
    await answer(net, up, opened);
    await net.audit.acceptProofs([await pushOf(net.s, liar, { period: first, seed }, withBitFlipped)]);
    // Whatever was opened before on a slow machine.
    for (let before = first - 1; before > net.received; before -= 1) {
      if ((await stateOf(net, before)) !== undefined) await decide(net, before);
    }
    const provedOf = async (deal: TestDeal) => {
      const { rowCount } = await net.database.pool.query(
        "select from audit.leaves join audit.periods using (period) where deal = $1 and outcome = 'proved' and state = 'final'",
        [deal.id],
      );
      return rowCount ?? 0;
    };
    // The gateway dies between the judgement and the votes.
    await net.s.after(answerDeadline(first, net.s.deployment) + 1);
    const dying = (one: Ledger): Ledger => ({
      ...one,
      vote: () => Promise.reject(new CairnError("down", { code: "stopping", kind: "unavailable" })),
    });
    const verifiers = net.context.verifiers.map((one) => ({ ...one, ledger: dying(one.ledger) }));
    const head = await net.sync();
    await expect(closePeriod({ ...net.context, verifiers }, first, head, true)).rejects.toMatchObject({
      code: "stopping",
    });
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
      new Map((await leavesOf(net, period)).map((leaf) => [leaf.deal, [leaf.outcome, leaf.verdict]]));
    expect(await verdicts(first)).toEqual(
      new Map([
        [honest.id, ["proved", 0]],
        [silent.id, ["silent", 1]],
        [onChain.id, ["chain", 0]],
        [liar.id, ["wrong", 2]],
        ...others.map(({ id }): [string, unknown[]] => [id, ["proved", 0]]),
      ]),
    );
    await failFaulted(net.context);
    await net.sync();
    expect((await ledger.deal(liar.id))?.state).toBe("FAILED");
    expect(await paidOf(liar)).toBe(await provedOf(liar));
    const refused = async () => (await net.told()).filter((notice) => notice.kind === "settlement-refused");
    await failFaulted(net.context);
    expect(await refused()).toEqual([]);

    net.providers.behaviour.delete(onChain.id);
    up.push(onChain);
    // Two more periods, of which both are known before the first is judged: they are judged in their order.
    const second = await openNext(net);
    await answer(net, up, second);
    const third = await openNext(net);
    await answer(net, up, third);
    // The second is not decided yet: nobody judges past it.
    await net.s.after(answerDeadline(third.period, net.s.deployment) + 1);
    await expect(closePeriod(net.context, third.period, await net.sync(), true)).rejects.toMatchObject({
      code: "undecided-period",
    });
    await decide(net, third.period);
    const { rows } = await net.database.pool.query(
      "select period::int, state, final_at::int as at from audit.periods where period >= $1 and state = 'final' order by period",
      [first],
    );
    const times = rows.map((row) => row.at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (let more = 0; more < 6 && (await ledger.deal(silent.id))?.state !== "FAILED"; more += 1) {
      const next = await openNext(net);
      await answer(net, up, next);
      await decide(net, next.period);
      await failFaulted(net.context);
      await net.sync();
    }
    expect((await ledger.deal(silent.id))?.state).toBe("FAILED");
    // Not at the first misses: a quarter of a minute of them.
    const misses = await net.database.pool.query("select from audit.leaves where deal = $1 and outcome = 'silent'", [
      silent.id,
    ]);
    expect(misses.rowCount).toBeGreaterThanOrEqual(silenceStrikes(net.s.deployment));
    expect(await paidOf(silent)).toBe(0);

    // Claims and closing, run twice at once and again: nothing is paid twice.
    for (const late = Date.now() + 120_000; (await ledger.deal(honest.id))?.state === "ACTIVE" && Date.now() < late; ) {
      const now = await net.sync();
      await openRunningPeriod(net.context, now);
      await judgeDuePeriods(net.context, net.audit.projection, await net.sync());
      await net.sync();
      await Promise.all([settleDue(net.context, 1), settleDue(net.context, 1)]);
      await net.sync();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const earned = async (deal: TestDeal) => [await paidOf(deal), await ledger.balance(deal.provider.payout)];
    const proved = await provedOf(honest);
    expect(proved).toBeGreaterThanOrEqual(1);
    expect((await ledger.deal(honest.id))?.state).toBe("COMPLETED");
    expect(await earned(honest)).toEqual([proved, BigInt(proved) * honest.quote.pricePerPeriod]);
    await settleDue(net.context, 1);
    expect(await earned(honest)).toEqual([proved, BigInt(proved) * honest.quote.pricePerPeriod]);
    expect(await refused()).toEqual([]);
    await net.stop();
  });

  it.concurrent("cannot take a provider's pay by ignoring its proof on chain", async () => {
    const net = await startAudited(started.world, { shards: 1, periods: 8 });
    const [deal] = net.deals as [TestDeal];
    const { ledger } = net.s;
    const { period: first } = await openAndProve(net, deal);
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
    const refusals = (await net.told()).filter((notice) => notice.kind === "settlement-refused");
    expect(refusals.map((notice) => notice.message)).toEqual([expect.stringMatching(/proved on the chain/)]);
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
    expect((await net.told()).map((notice) => notice.kind)).toEqual(
      expect.arrayContaining(["self-suspicion", "wrong-proof", "probe-failed"]),
    );

    // A period whose vote window went by while the gateway was down: judged on nothing, it must not be judged at all.
    const opened = await openNext(net);
    const later = opened.period;
    await answer(net, [well], opened);
    const { periodSeconds, voteWindowPeriods } = net.s.deployment;
    const over = net.s.deployment.genesisTime + (later + 1 + voteWindowPeriods) * periodSeconds;
    const before = await net.database.pool.query("select * from audit.tallies order by deal");
    await net.database.pool.query("update audit.cursor set head_time = $1", [over]);
    const head = { ...(await net.s.ledger.finalized()), timestamp: over };
    // The catalog is behind: nothing is decided on half of the events.
    await judgeDuePeriods(net.context, net.audit.projection, head);
    expect((await stateOf(net, later)).state).toBe("open");
    net.context.probes.set(later, { done: true });
    await net.database.pool.query("update catalog.cursors set head_time = $1", [over]);
    await judgeDuePeriods(net.context, net.audit.projection, head);
    expect((await stateOf(net, later)).state).toBe("void");
    await judgeDuePeriods(net.context, net.audit.projection, head);
    expect([...net.context.probes.keys()]).not.toContain(later);
    expect(await leavesOf(net, later)).toEqual([]);
    expect((await net.database.pool.query("select * from audit.tallies order by deal")).rows).toEqual(before.rows);
    expect((await net.told()).some((notice) => notice.kind === "period-void")).toBe(true);
    await net.stop();
  });
});
