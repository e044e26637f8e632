import type { World } from "@cairn/chain/testing";
import type { Hex } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Audited,
  proofOf,
  signProof,
  startAudited,
  startWorld,
  type TestDeal,
  withBitFlipped,
} from "../test/audit-world.ts";

let started: { world: World; stop(): Promise<void> };
let net: Audited;
/** Received, with its receipt on chain. */
let received: TestDeal;
let proposed: TestDeal;
let receiptBlock: number;
let seed: Hex;

beforeAll(async () => {
  started = await startWorld();
  net = await startAudited(started.world, { shards: 1 });
  const { s } = net;
  const stored = s.package(2);
  const providers = await Promise.all([s.provider(), s.provider()]);
  [received, proposed] = providers.map((provider, shard) => s.quote(stored, shard, provider)) as [TestDeal, TestDeal];
  await s.propose(stored, [received, proposed]);
  receiptBlock = (await s.receive([received])).block;
  while ((await s.ledger.finalized()).number <= receiptBlock) await new Promise((resolve) => setTimeout(resolve, 100));
  seed = await s.ledger.blockHash(receiptBlock + 1);
  await net.sync();
}, 120_000);
afterAll(async () => {
  await net?.stop();
  await started?.stop();
});

const activation = async (deal: TestDeal, change: { seed?: Hex; alter?: typeof withBitFlipped; key?: Hex } = {}) => {
  const challenge = { purpose: "activation" as const, period: 0, seed: change.seed ?? seed };
  const proof = (change.alter ?? ((bytes: Buffer) => bytes))(await proofOf(net.s, deal, challenge));
  const signature = signProof(net.s, deal, challenge, proof, change.key ?? deal.provider.hot);
  return { deal: deal.id, seed: challenge.seed, proof, signature };
};

describe("attestActivation", () => {
  it("refuses what is not the provider's first proof under a seed later than the receipt", async () => {
    const refused = async (change: Parameters<typeof activation>[1]) =>
      expect(net.audit.attest(await activation(received, change))).rejects.toMatchObject({ code: "wrong-proof" });
    await refused({ alter: withBitFlipped });
    await refused({ alter: () => Buffer.alloc(0) });
    await refused({ alter: (proof) => Buffer.concat([proof, proof]) });
    await refused({ key: proposed.provider.hot });
    await refused({ seed: await net.s.ledger.blockHash(receiptBlock) });
    await refused({ seed: `0x${"ab".repeat(32)}` });
    const period = { ...(await activation(received)) };
    const asPeriod = signProof(net.s, received, { purpose: "period", period: 0, seed }, period.proof);
    await expect(net.audit.attest({ ...period, signature: asPeriod })).rejects.toMatchObject({ code: "wrong-proof" });
  });

  it("refuses deals that are not at that point", async () => {
    const unknown = { ...(await activation(received)), deal: `0x${"cd".repeat(32)}` as Hex };
    await expect(net.audit.attest(unknown)).rejects.toMatchObject({ code: "unknown-deal" });
    await expect(net.audit.attest(await activation(proposed))).rejects.toMatchObject({ code: "not-received" });
    const running = net.deals[0] as TestDeal;
    await expect(net.audit.attest(await activation(running))).rejects.toMatchObject({ code: "not-received" });
  });

  it("signs a right one with a quorum that the contract takes", async () => {
    const first = await activation(received);
    const signatures = await net.audit.attest(first);
    expect(signatures).toHaveLength(2);
    const { createHash } = await import("node:crypto");
    const proofHash: Hex = `0x${createHash("sha256").update(first.proof).digest("hex")}`;
    const done = await net.s.ledger.activate(net.s.next(), [received.id], seed, [proofHash], [signatures]);
    expect(done.ok).toBe(true);
    expect((await net.s.ledger.deal(received.id))?.state).toBe("ACTIVE");
  });
});
