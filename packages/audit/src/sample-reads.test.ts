import type { World } from "@cairn/chain/testing";
import { type FinalizedHead, periodStart } from "@cairn/core";
import { CairnError, type ErrorCode, type Hex, ProviderRefusal, signedToJson, signTyped } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Audited, startAudited, startWorld, type TestDeal } from "../test/audit-world.ts";
import type { WorkingContext } from "./context.ts";
import { REFUSALS_MOVED, REFUSALS_NAMED, sampleReads, UNTIMELY } from "./sample-reads.ts";

let started: { world: World; stop(): Promise<void> };
let net: Audited;
let context: WorkingContext;
let period = 1000;
beforeAll(async () => {
  started = await startWorld();
  net = await startAudited(started.world, { shards: 3 });
  const { owner, deployment } = net.s;
  const message = {
    documentHash: net.deals[0]!.quote.documentHash,
    audience: net.s.ownerAddress,
    expiry: 2n ** 40n,
  };
  const capability = { message, signature: signTyped("ReadCapability", message, deployment, owner) };
  await net.database.pool.query("update catalog.packages set read_capability = $1", [
    JSON.stringify(signedToJson<"ReadCapability">(capability)),
  ]);
  context = {
    ...net.context,
    signTicket: async (deal, offset, length) => ({
      message: {
        deal,
        offset: BigInt(offset),
        length: BigInt(length),
        expiry: 2n ** 40n,
        nonce: `0x${"01".repeat(32)}`,
      },
      signature: "0x" as Hex,
    }),
  };
}, 120_000);
afterAll(async () => {
  await net?.stop();
  await started?.stop();
});
beforeEach(async () => {
  net.providers.behaviour.clear();
  await net.forgetTold();
  await net.database.pool.query("delete from audit.refused_reads");
});

const deal = (i: number) => net.deals[i] as TestDeal;
const refuses = (code: ErrorCode = "bad-ticket") => ({
  fail: (type: string) => (type === "read" ? new ProviderRefusal("not today", { code, kind: "auth" }) : undefined),
});
/** One period in which all of `proving` proved. */
async function sample(proving: readonly TestDeal[] = net.deals) {
  period += 1;
  await net.database.pool.query("delete from audit.outcomes");
  for (const { id } of proving) {
    await net.database.pool.query(
      "insert into audit.outcomes (deal, period, outcome, received_at) values ($1, $2, 'proved', 0)",
      [id, period - 1],
    );
  }
  const timestamp = periodStart(period, net.s.deployment);
  const head: FinalizedHead = { number: 1, hash: "0x01", timestamp, finalized: true };
  await sampleReads(context, head);
  await sampleReads(context, head);
}
const refusals = async () =>
  (await net.database.pool.query("select deal, refusals from audit.refused_reads order by refusals desc")).rows;
const kinds = async () => (await net.told()).map((notice) => `${notice.kind} ${notice.deal}`);

describe("sampleReads", () => {
  it("is content with who lets itself be read, once a period", async () => {
    await sample();
    expect(await net.told()).toEqual([]);
    expect(await refusals()).toEqual([]);
    expect(await net.handed("spare")).toEqual([]);
  });

  it.each(["bad-ticket", "long-read", "stopping", "provider-timeout"] as const)(
    "names who proves and refuses to be read, has its shard rebuilt, and fails no deal for it: with code %s",
    async (code) => {
      const { id } = deal(1);
      // Whoever owns up to damage besides is asked by the same rule.
      net.providers.behaviour.set(id, { ...refuses(code), damage: [{ offset: 0, length: 1 }] });
      for (let i = 1; i < REFUSALS_NAMED; i += 1) await sample();
      expect(await kinds()).toEqual([]);
      await sample();
      expect(await kinds()).toEqual([`read-refused ${id}`]);
      expect((await net.told())[0]?.message).toContain(deal(1).provider.address);
      for (let i = REFUSALS_NAMED; i < REFUSALS_MOVED + 2; i += 1) await sample();
      expect(await kinds()).toEqual([`read-refused ${id}`, `refuses-reads ${id}`]);
      expect(await net.handed("spare")).toMatchObject([{ deal: id, why: "refuses" }]);
      expect((await net.database.pool.query("select from audit.evidence")).rowCount).toBe(0);
      // It thinks better of it.
      net.providers.behaviour.clear();
      await sample();
      expect(await refusals()).toEqual([]);
      expect((await net.handed("spare")).at(-1)).toMatchObject({ deal: id, why: null });
    },
  );

  it("counts no refusal and forgives none that the market does not hear of", async () => {
    const { id } = deal(1);
    net.providers.behaviour.set(id, refuses());
    for (let i = 1; i < REFUSALS_MOVED; i += 1) await sample();
    await net.refusing("spare", () => expect(sample()).rejects.toThrow("refusing"));
    expect(await refusals()).toEqual([{ deal: id, refusals: REFUSALS_MOVED - 1 }]);
    await sample();
    expect(await net.handed("spare")).toMatchObject([{ deal: id, why: "refuses" }]);
    net.providers.behaviour.clear();
    await net.refusing("spare", () => expect(sample()).rejects.toThrow("refusing"));
    expect(await refusals()).toEqual([{ deal: id, refusals: REFUSALS_MOVED }]);
    await sample();
    expect(await refusals()).toEqual([]);
    expect(await net.handed("spare")).toMatchObject([{ why: "refuses" }, { why: null }]);
  });

  it("counts nothing that this gateway itself could not do", async () => {
    const stopping = new CairnError("the gateway stops", { code: "stopping", kind: "unavailable" });
    net.providers.behaviour.set(deal(1).id, { fail: (type) => (type === "read" ? stopping : undefined) });
    for (let i = 0; i < REFUSALS_NAMED; i += 1) await sample();
    expect(await refusals()).toEqual([]);
    expect(await net.told()).toEqual([]);
  });

  it("begins to count anew after a read that went well", async () => {
    for (let i = 0; i < 4; i += 1) {
      net.providers.behaviour.set(deal(0).id, refuses());
      for (let j = 1; j < REFUSALS_NAMED; j += 1) await sample();
      net.providers.behaviour.clear();
      await sample();
    }
    expect(await net.told()).toEqual([]);
  });

  it("suspects its own line when several refuse and nobody is read", async () => {
    for (const { id } of net.deals) net.providers.behaviour.set(id, refuses());
    for (let i = 0; i < REFUSALS_MOVED + 1; i += 1) await sample();
    expect(await refusals()).toEqual([]);
    expect(await net.told()).toEqual([]);
  });

  it("counts no refusal for time, and tells of the clocks; one that never ends is a refusal", async () => {
    const { id } = deal(1);
    net.providers.behaviour.set(id, {
      fail: (type: string) =>
        type === "read"
          ? new CairnError("the ticket has expired", { code: "bad-ticket", kind: "auth", details: { chainTime: 1 } })
          : undefined,
    });
    for (let i = 0; i < UNTIMELY; i += 1) await sample();
    expect(await refusals()).toEqual([]);
    expect(new Set(await kinds())).toEqual(new Set([`read-untimely ${id}`]));
    await sample();
    expect(await refusals()).toEqual([{ deal: id, refusals: 1 }]);
    // A read that went well begins the count anew.
    net.providers.behaviour.clear();
    await sample();
    expect(await refusals()).toEqual([]);
    expect(context.untimely.size).toBe(0);
  });

  it("asks nothing of who did not prove: that is silence", async () => {
    net.providers.behaviour.set(deal(2).id, refuses());
    for (let i = 0; i < REFUSALS_MOVED + 1; i += 1) await sample([deal(0), deal(1)]);
    expect(await refusals()).toEqual([]);
  });

  it("finds bytes that are not what the provider proves", async () => {
    net.providers.behaviour.set(deal(0).id, {
      async *read(bytes) {
        yield Buffer.from(bytes).map((byte) => byte ^ 1);
      },
    });
    await sample();
    expect(await kinds()).toEqual([`wrong-bytes ${deal(0).id}`]);
    await net.database.pool.query("delete from audit.evidence");
  });
});
