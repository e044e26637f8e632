import { createHash } from "node:crypto";
import type { World } from "@cairn/chain/testing";
import { answerDeadline } from "@cairn/core";
import { deriveChallenges, NODE_BYTES, openingSize, payloadLeaves } from "@cairn/proofs";
import { type DealId, type Hex, signTyped } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Audited,
  pushOf,
  signProof,
  startAudited,
  startWorld,
  type TestDeal,
  withBitFlipped,
} from "../test/audit-world.ts";
import { acceptProofs } from "./accept-proofs.ts";

let started: { world: World; stop(): Promise<void> };
let net: Audited;
let period: number;
let seed: Hex;
let oldSeed: Hex;

beforeAll(async () => {
  started = await startWorld();
  net = await startAudited(started.world, { shards: 8 });
  oldSeed = await net.s.open(net.received + 1);
  period = net.received + 2;
  seed = await net.s.open(period);
  await net.sync();
}, 120_000);
afterAll(async () => {
  await net?.stop();
  await started?.stop();
});

const deal = (i: number) => net.deals[i] as TestDeal;
const outcomeOf = async (id: DealId, at = period) => {
  const { rows } = await net.database.pool.query("select outcome from audit.outcomes where deal = $1 and period = $2", [
    id,
    at,
  ]);
  return rows[0]?.outcome;
};
const wrongProofs = async (id: DealId) =>
  (await net.told()).filter((notice) => notice.kind === "wrong-proof" && notice.deal === id);
/** The period's answers are still taken while the test runs: its deadline is the chain's affair. */
const accept = (...pushes: Parameters<Audited["audit"]["acceptProofs"]>[0]) => net.audit.acceptProofs(pushes);

/** The node above each challenged leaf in the leaf's place, with the path that truly leads from it. */
function innerNodes(of: TestDeal, proof: Buffer, padded: boolean): Buffer {
  const size = openingSize(of.shard.rawLength);
  const { chainId } = net.s.deployment;
  const subject = { purpose: "period" as const, seed, chainId, deal: of.id, provider: of.provider.address, period };
  const openings = deriveChallenges(subject, payloadLeaves(of.shard.rawLength), 20).map((leaf, i) => {
    const opening = proof.subarray(i * size, (i + 1) * size);
    const [a, b] = [opening.subarray(0, NODE_BYTES), opening.subarray(NODE_BYTES, 2 * NODE_BYTES)];
    const parent = createHash("sha256")
      .update(Buffer.concat(leaf % 2 === 0 ? [a, b] : [b, a]))
      .digest();
    parent[31] = (parent[31] ?? 0) & 0x3f;
    return Buffer.concat([parent, opening.subarray(2 * NODE_BYTES), Buffer.alloc(padded ? NODE_BYTES : 0)]);
  });
  return Buffer.concat(openings);
}

describe("acceptProofs", () => {
  it("accepts a right proof, and the same again, whoever brings it", async () => {
    const push = await pushOf(net.s, deal(0), { period, seed });
    expect(await accept(push)).toEqual([{ accepted: true }]);
    expect(await accept(push, push)).toEqual([{ accepted: true }, { accepted: true }]);
    expect(await outcomeOf(deal(0).id)).toBe("proved");
  });

  it("refuses without a record what the deal's provider did not sign for this period and seed", async () => {
    const right = await pushOf(net.s, deal(1), { period, seed });
    const refusal = { accepted: false, reason: "not signed by the deal's provider for this period and seed" };
    const byAnother = signProof(net.s, deal(1), { period, seed }, right.proof, deal(2).provider.hot);
    // Signed by the provider for the period before, under its seed: a replay.
    const replayed = await pushOf(net.s, deal(1), { period: period - 1, seed: oldSeed });
    const cold = signProof(net.s, deal(1), { period, seed }, right.proof, deal(1).provider.cold);
    const pushes = [
      { ...right, signature: byAnother },
      { ...replayed, period },
      { ...right, signature: cold },
      { ...right, proof: withBitFlipped(right.proof) },
      { ...right, proof: Buffer.alloc(0) },
      { ...right, deal: deal(2).id },
    ];
    expect(await accept(...pushes)).toEqual(pushes.map(() => refusal));
    const [garbage] = await accept({ ...right, signature: `0x${"00".repeat(65)}` });
    expect(garbage?.accepted).toBe(false);
    expect(await outcomeOf(deal(1).id)).toBeUndefined();
    expect(await outcomeOf(deal(2).id)).toBeUndefined();
    expect(await net.told()).toEqual([]);
    expect(await accept(right)).toEqual([{ accepted: true }]);
  });

  it.each<[string, number, (of: TestDeal) => Promise<Awaited<ReturnType<typeof pushOf>>>, string]>([
    ["a bit wrong", 2, (of) => pushOf(net.s, of, { period, seed }, withBitFlipped), "wrong-path"],
    [
      "an old proof",
      3,
      async (of) => {
        const { proof } = await pushOf(net.s, of, { period: period - 1, seed: oldSeed });
        return { deal: of.id, period, proof, signature: signProof(net.s, of, { period, seed }, proof) };
      },
      "wrong-path",
    ],
    ["another's proof", 4, (of) => pushOf(net.s, of, { period, seed, of: deal(0) }), "wrong-path"],
    ["inner nodes", 5, (of) => pushOf(net.s, of, { period, seed }, (p) => innerNodes(of, p, true)), "wrong-path"],
  ])("records %s, signed, as a fault and tells it once", async (_, i, make, reason) => {
    const push = await make(deal(i));
    const answer = { accepted: false, reason: `wrong proof: ${reason}` };
    expect(await accept(push, push)).toEqual([answer, answer]);
    expect(await accept(push)).toEqual([answer]);
    expect(await outcomeOf(deal(i).id)).toBe("wrong");
    const told = await wrongProofs(deal(i).id);
    expect(told.map(({ message }) => message)).toEqual([
      expect.stringContaining(`a wrong proof of period ${period} for`),
    ]);
    expect((await net.handed("lied")).filter((of) => of.deal === deal(i).id)).toHaveLength(1);
    // A right proof afterwards does not undo what was signed.
    const [late] = await accept(await pushOf(net.s, deal(i), { period, seed }));
    expect(late).toMatchObject({ accepted: false, reason: expect.stringContaining("stands") });
  });

  it("lets a signed wrong proof win over a right one of the same call, in either order", async () => {
    const right = await pushOf(net.s, deal(6), { period, seed });
    const wrong = await pushOf(net.s, deal(6), { period, seed }, (proof) => innerNodes(deal(6), proof, false));
    const answers = await accept(right, wrong, right);
    expect(answers.map((answer) => answer.accepted)).toEqual([false, false, false]);
    expect(answers[1]).toEqual({ accepted: false, reason: "wrong proof: wrong-length" });
    expect(await outcomeOf(deal(6).id)).toBe("wrong");
    expect(await wrongProofs(deal(6).id)).toHaveLength(1);
  });

  it("records no fault that it cannot hand on, and hands it on when the same proof comes again", async () => {
    const push = await pushOf(net.s, deal(7), { period, seed }, withBitFlipped);
    const handed = async () => (await net.handed("lied")).filter((of) => of.deal === deal(7).id);
    await net.refusing("lied", async () => {
      await expect(accept(push)).rejects.toThrow("refusing");
    });
    expect(await outcomeOf(deal(7).id)).toBeUndefined();
    expect(await wrongProofs(deal(7).id)).toEqual([]);
    expect(await accept(push)).toEqual([{ accepted: false, reason: "wrong proof: wrong-path" }]);
    expect(await outcomeOf(deal(7).id)).toBe("wrong");
    expect(await wrongProofs(deal(7).id)).toHaveLength(1);
    expect(await handed()).toEqual([{ deal: deal(7).id }]);
  });

  it("refuses what is not owed: of unknown deals and periods, of another size, of the period of the receipt", async () => {
    const push = await pushOf(net.s, deal(0), { period, seed });
    const sizeless = { ...push, proof: Buffer.alloc(1 << 20) };
    const of = async (change: Partial<typeof push>) => (await accept({ ...push, ...change }))[0];
    expect(await of({ deal: `0x${"ab".repeat(32)}` })).toMatchObject({ reason: "unknown deal" });
    expect(await of({ period: 2 ** 40 })).toMatchObject({ reason: "this period has no seed" });
    expect((await accept(sizeless))[0]).toMatchObject({ accepted: false });
    await net.database.pool.query(
      "insert into audit.periods (period, seed, state) values ($1, $2, 'void') on conflict do nothing",
      [net.received, seed],
    );
    expect(await of({ period: net.received })).toMatchObject({ reason: "not scheduled in this period" });
  });

  it("refuses deals that name other verifiers, so that their provider asks those", async () => {
    const other = { ...net.context, verifierSet: `0x${"12".repeat(32)}` as Hex };
    const push = await pushOf(net.s, deal(0), { period, seed });
    expect(await acceptProofs(other, [push])).toEqual([{ accepted: false, reason: "the deal has other verifiers" }]);
  });

  it("knows no other purpose: a signed activation proof is no period's", async () => {
    const proof = (await pushOf(net.s, deal(1), { period, seed })).proof;
    const message = { deal: deal(1).id, purpose: 1, period: BigInt(period), seed, proofHash: hashOf(proof) };
    const signature = signTyped("Proof", message, net.s.deployment, deal(1).provider.hot);
    const [answer] = await accept({ deal: deal(1).id, period, proof, signature });
    expect(answer?.accepted).toBe(false);
  });

  it("judges by the time of arrival: what waited here since is not the provider's fault, what came late is late", async () => {
    const { pool } = net.database;
    const context = { ...net.context, absentAfterSeconds: 1_000_000 };
    const [inTime, late] = await Promise.all([deal(0), deal(1)].map((of) => pushOf(net.s, of, { period, seed })));
    await pool.query("delete from audit.outcomes");
    await net.s.after(answerDeadline(period, net.s.deployment) + 1);
    const { timestamp } = await net.s.ledger.latest();
    const { clock } = net.context;
    // The first byte of one came while its answer was still due; queue, parser and database took the rest.
    const waited = timestamp - answerDeadline(period, net.s.deployment) + 30;
    const arrivedAt = clock.monotonic() - waited * 1000;
    expect(await acceptProofs(context, [inTime as never], { arrivedAt })).toEqual([{ accepted: true }]);
    expect(await outcomeOf(deal(0).id)).toBe("proved");
    const refusal = { accepted: false, reason: "the answer deadline has passed" };
    expect(await acceptProofs(context, [late as never])).toEqual([refusal]);
    expect(await outcomeOf(deal(1).id)).toBe("late");
    // Who was on time stays so, whenever it says it again.
    expect(await acceptProofs(context, [inTime as never])).toEqual([{ accepted: true }]);

    // The verifiers were away around the deadline and are back: the same proof, sent again, counts as sent in time.
    const deadline = answerDeadline(period, net.s.deployment);
    await pool.query("insert into audit.absences (from_at, to_at) values ($1, $2)", [deadline - 2, timestamp + 60]);
    expect(await acceptProofs(context, [late as never])).toEqual([{ accepted: true }]);
    expect(await outcomeOf(deal(1).id)).toBe("proved");
  });
});

const hashOf = (bytes: Uint8Array): Hex => `0x${createHash("sha256").update(bytes).digest("hex")}`;
