import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningProvider, runProvider } from "../src/index.ts";
import { silentLog } from "../src/log.ts";
import {
  activateDeals,
  packageOf,
  proposeDeals,
  readRights,
  shardOf,
  startTestGateway,
  startTestNetwork,
  type TestDeal,
  type TestGateway,
  type TestNetwork,
  type TestPackage,
} from "../testing/index.ts";

describe("a provider and its gateway", () => {
  let network: TestNetwork;
  let gateway: TestGateway;
  let provider: RunningProvider;
  let directory: string;
  let made: TestPackage;
  let deals: TestDeal[];
  const log = process.env.CAIRN_TEST_LOG ? undefined : silentLog;

  beforeAll(async () => {
    network = await startTestNetwork();
    gateway = await startTestGateway(network);
    directory = await mkdtemp(join(tmpdir(), "cairn-provider-"));
    provider = await runProvider({
      directory,
      gateways: [gateway.url],
      capacity: 1n << 30n,
      price: 10n ** 15n,
      region: "test",
      listen: { host: "127.0.0.1", port: 0 },
      ...(log === undefined ? {} : { log }),
    });
    await provider.online;
    made = packageOf(network, [shardOf(127 * 8 * 5000, 7)]);
    deals = await proposeDeals(network, gateway, [provider.provider], made);
    await activateDeals(network, gateway, deals, made);
  });
  afterAll(async () => {
    await provider?.stop();
    await gateway?.stop();
    await network?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("stores and activates", async () => {
    const [deal] = deals;
    expect((await network.ledger.deal(deal!.deal))?.state).toBe("ACTIVE");
    expect(provider.status()).toMatchObject({ shards: 1, deals: 1, damaged: 0 });
  });

  it("serves exactly the range of a ticket", async () => {
    const { deal } = deals[0]!;
    const whole = Buffer.concat([...made.shards[0]!.read(0)]);
    for (const [offset, length] of [
      [0, whole.length],
      [12_345, 3_000_000],
      [whole.length - 1, 1],
    ] as const) {
      const { ticket, capability } = readRights(network, made.documentHash, deal, offset, length);
      const chunks: Uint8Array[] = [];
      for await (const chunk of gateway.transport.read(provider.provider, deal, ticket, capability)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(whole.subarray(offset, offset + length))).toBe(true);
    }
  });

  it("proves every period by itself", async () => {
    network.openPeriods();
    const until = Date.now() + 45_000;
    while (gateway.proofs.filter(({ result }) => result === "accepted").length < 2 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const periods = new Set(gateway.proofs.map(({ push }) => push.period));
    expect(gateway.proofs.map(({ result }) => result)).toEqual(gateway.proofs.map(() => "accepted"));
    expect(periods.size).toBe(gateway.proofs.length);
    expect(periods.size).toBeGreaterThanOrEqual(2);
  });
});
