import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { periodAt } from "@cairn/core";
import { type DealId, type Hex, PERIOD_CHALLENGES, recoverTyped, signTyped } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  activateDeals,
  eventually,
  type ProviderProcess,
  packageOf,
  proposeDeals,
  readRights,
  shardOf,
  startProviderProcess,
  startTestGateway,
  startTestNetwork,
  storeDeal,
  type TestDeal,
  type TestGateway,
  type TestNetwork,
  type TestPackage,
  uploadCapability,
} from "../testing/index.ts";

const HOT_COINS = 10n ** 18n;

/** One provider process over its life: each test leaves it sound for the next. */
describe("a provider that keeps a shard", () => {
  let network: TestNetwork;
  let gateway: TestGateway;
  let provider: ProviderProcess;
  let root: string;
  let made: TestPackage;
  let deal: TestDeal;
  let file: string;
  const start = () =>
    startProviderProcess({ directory: join(root, "p"), gateways: [gateway.url], more: { scrubSeconds: 3 } });

  beforeAll(async () => {
    network = await startTestNetwork();
    gateway = await startTestGateway(network);
    root = await mkdtemp(join(tmpdir(), "cairn-keeping-"));
    await network.hurry(async () => {
      provider = await start();
      made = packageOf(network, [shardOf(127 * 30_000, 9)]);
      [deal] = (await proposeDeals(network, gateway, [provider.provider], made)) as [TestDeal];
      await activateDeals(network, gateway, [deal], made);
    });
    file = join(root, "p", "shards", deal.deal, "shard");
  });
  afterAll(async () => {
    await provider?.kill();
    await gateway?.stop();
    await network?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const flip = async (offset: number) => {
    const handle = await open(file, "r+");
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, offset);
    byte[0] = (byte[0] ?? 0) ^ 0x10;
    await handle.write(byte, 0, 1, offset);
    await handle.close();
  };
  const scrub = () => gateway.transport.request(deal.provider, { type: "scrub", deal: deal.deal });
  const cure = async () => {
    const capability = uploadCapability(network, deal);
    await gateway.transport.request(deal.provider, { type: "discard", deal: deal.deal, capability });
    await storeDeal(network, gateway, deal, made);
    expect(await scrub()).toMatchObject({ damage: [] });
  };

  it("finds one flipped byte by its own scrub and reports it, signed", async () => {
    gateway.reports.length = 0;
    await flip(1_234_567);
    await eventually("a damage report", () => gateway.reports.length > 0, 20);
    const [report] = gateway.reports;
    const record = await network.ledger.provider(provider.provider);
    expect(report?.message).toMatchObject({ deal: deal.deal, offset: 8128n * 151n, length: 8128n });
    expect(recoverTyped("DamageReport", report!.message, network.deployment, report!.signature)).toBe(record?.hot);
    await cure();
  });

  it("finds it at once when asked, and answers a challenge over it with `damaged`", async () => {
    await flip(0);
    await flip(deal.quote.rawLength === 0n ? 0 : Number(deal.quote.rawLength) - 1);
    const answer = await scrub();
    expect(answer.damage).not.toEqual([]);
    expect(answer.damage).toHaveLength(2);
    expect(answer.damage[0]).toEqual({ offset: 0, length: 8128 });
    const whole = {
      type: "prove" as const,
      deal: deal.deal,
      purpose: "check" as const,
      period: 0,
      seed: `0x${"07".repeat(32)}` as Hex,
      leaves: 300,
    };
    // 300 of 120,000 leaves may miss two bytes; a torn-off half they cannot.
    await truncate(file, Number(deal.quote.rawLength) / 2);
    await expect(gateway.transport.request(deal.provider, whole)).rejects.toMatchObject({
      code: "damaged",
      kind: "corrupt",
    });
    await cure();
  });

  it("rebuilds a cached tree that rotted, as the bytes are whole", async () => {
    const tree = join(root, "p", "shards", deal.deal, "tree");
    await provider.kill();
    await truncate(tree, 100);
    provider = await start();
    expect(await scrub()).toMatchObject({ damage: [] });
    expect((await stat(tree)).size).toBeGreaterThan(100);
  });

  it("reports a shard whose file is gone as a whole", async () => {
    gateway.reports.length = 0;
    await rm(file);
    await eventually("a damage report", () => gateway.reports.length > 0, 20);
    expect(gateway.reports[0]?.message).toMatchObject({ offset: 0n, length: deal.quote.rawLength });
    await cure();
  });

  it("refuses what a stranger or a wrong seed asks", async () => {
    const period = periodAt((await network.ledger.latest()).timestamp, network.deployment);
    const ask = { type: "prove" as const, deal: deal.deal, leaves: PERIOD_CHALLENGES };
    await expect(
      gateway.transport.request(deal.provider, { ...ask, purpose: "period", period, seed: `0x${"01".repeat(32)}` }),
    ).rejects.toMatchObject({ code: "wrong-seed" });
    const expired = { deal: deal.deal, provider: deal.provider, expiry: 1n };
    const forged = { ...uploadCapability(network, deal).message };
    const sign = (message: typeof forged, key: Hex) => signTyped("UploadCapability", message, network.deployment, key);
    for (const capability of [
      { message: expired, signature: sign(expired, network.executorKey) },
      { message: forged, signature: sign(forged, network.ownerKey) },
    ]) {
      await expect(
        gateway.transport.request(deal.provider, { type: "discard", deal: deal.deal, capability }),
      ).rejects.toMatchObject({ code: "bad-capability" });
    }
    const { ticket, capability } = readRights(network, made.documentHash, deal.deal, 0, 10);
    const others = {
      ...capability,
      signature: signTyped("ReadCapability", capability.message, network.deployment, network.verifierKey),
    };
    const reading = gateway.transport.read(deal.provider, deal.deal, ticket, others)[Symbol.asyncIterator]();
    await expect(reading.next()).rejects.toMatchObject({ code: "bad-capability" });
    expect(await scrub()).toMatchObject({ damage: [] });
  });

  it("proves on chain when no gateway takes its proofs, and the chain remembers", async () => {
    const record = await network.ledger.provider(provider.provider);
    await network.fund(record?.hot ?? "0x", HOT_COINS);
    gateway.deaf = true;
    network.openPeriods();
    const first = periodAt((await network.ledger.latest()).timestamp, network.deployment);
    await eventually(
      "a proof on chain",
      async () =>
        (await network.ledger.isProven(deal.deal, first)) || (await network.ledger.isProven(deal.deal, first + 1)),
      45,
    );
    expect((await network.ledger.deal(deal.deal))?.provenCount).toBeGreaterThan(0);
    gateway.deaf = false;
  });

  it("answers the period that it wakes up in after a kill", async () => {
    await provider.kill();
    const before = gateway.proofs.length;
    provider = await start();
    await eventually(
      "a proof after the restart",
      () => gateway.proofs.slice(before).some(({ result }) => result === "accepted"),
      40,
    );
  });

  it("drops a deal that the chain says is over, and says so", async () => {
    const other = packageOf(network, [shardOf(127 * 64, 11)]);
    let second: TestDeal | undefined;
    await network.hurry(async () => {
      [second] = (await proposeDeals(network, gateway, [provider.provider], other)) as [TestDeal];
      await storeDeal(network, gateway, second, other);
      expect(await readdir(join(root, "p", "shards"))).toHaveLength(2);
      await network.ledger.cancel({ id: "cancel" }, [second.deal]);
    });
    const gone = (second as TestDeal | undefined)?.deal as DealId;
    await eventually(
      "the shard is dropped",
      async () => !(await readdir(join(root, "p", "shards"))).includes(gone),
      20,
    );
    await eventually(
      "the deal is forgotten",
      async () => !(await readdir(join(root, "p", "deals"))).includes(`${gone}.json`),
    );
    await eventually("it is said", () =>
      provider.lines.some((line) => line.deal === gone && String(line.msg).includes("CANCELLED")),
    );
    const again = { ...uploadCapability(network, { ...deal, deal: gone }) };
    await expect(
      gateway.transport.request(provider.provider, { type: "discard", deal: gone, capability: again }),
    ).rejects.toMatchObject({ code: "unknown-deal" });
  });

  it("keeps no plain key on its disk", async () => {
    const keys = join(root, "p", "keys");
    expect((await readdir(keys)).sort()).toEqual(["cold.json", "hot.json", "passphrase"]);
    for (const name of await readdir(keys)) expect((await stat(join(keys, name))).mode & 0o077).toBe(0);
    expect(createHash("sha256").update(made.document).digest("hex")).toBe(made.documentHash.slice(2));
  });
});
