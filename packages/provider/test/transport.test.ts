import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TransportHarness, transportSuite } from "@cairn/core/ports/transport.suite";
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
  type TestDeal,
  type TestGateway,
  type TestNetwork,
  type TestPackage,
} from "../testing/index.ts";

describe("both ways to a provider process", () => {
  let network: TestNetwork;
  let provider: ProviderProcess;
  let directory: string;
  let made: TestPackage;
  let deal: TestDeal;
  const gateways: Partial<Record<"control" | "direct" | "auto", TestGateway>> = {};

  beforeAll(async () => {
    network = await startTestNetwork();
    directory = await mkdtemp(join(tmpdir(), "cairn-provider-"));
    // One executor behind three doors: the provider serves several gateways at once.
    for (const ways of ["control", "direct", "auto"] as const)
      gateways[ways] = await startTestGateway(network, { ways });
    const urls = Object.values(gateways).map(({ url }) => url);
    provider = await network.hurry(() =>
      startProviderProcess({ directory, gateways: urls, more: { listen: { host: "127.0.0.1", port: 0 } } }),
    );
    made = packageOf(network, [shardOf(127 * 40_000, 3)]);
    const gateway = gateways.control as TestGateway;
    await eventually("the provider connects", () => gateway.transport.reachable(provider.provider));
    await network.hurry(async () => {
      [deal] = (await proposeDeals(network, gateway, [provider.provider], made)) as [TestDeal];
      await activateDeals(network, gateway, [deal], made);
    });
  });
  afterAll(async () => {
    await provider?.kill();
    for (const gateway of Object.values(gateways)) await gateway.stop();
    await network?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const harness = (ways: "control" | "direct" | "auto") => async (): Promise<TransportHarness> => {
    const gateway = gateways[ways] as TestGateway;
    await eventually("the provider connects", () => gateway.transport.reachable(provider.provider));
    const rights = (offset: number, length: number) =>
      readRights(network, made.documentHash, deal.deal, offset, length);
    return {
      transport: gateway.transport,
      provider: provider.provider,
      stranger: `0x${"12".repeat(20)}`,
      deal: deal.deal,
      shard: Buffer.concat([...(made.shards[0]?.read(0) ?? [])]),
      rights,
      manifest: {
        request: { type: "manifest", documentHash: made.documentHash, capability: rights(0, 1).capability },
        document: made.document,
        manifest: made.manifest,
      },
    };
  };

  transportSuite("over the control connection", harness("control"));
  transportSuite("over direct HTTP", harness("direct"));
  transportSuite("whichever is better", harness("auto"));

  it("comes back by itself when the gateway was away", async () => {
    const gateway = gateways.control as TestGateway;
    const port = Number(new URL(gateway.url).port);
    await gateway.stop();
    const again = await startTestGateway(network, { ways: "control", port });
    gateways.control = again;
    await eventually("the provider comes back", () => again.transport.reachable(provider.provider), 40);
    const answer = await again.transport.request(provider.provider, { type: "scrub", deal: deal.deal });
    expect(answer.damage).toEqual([]);
  });

  it("stops when asked to, and is missed", async () => {
    expect(await provider.stop()).toBe(0);
    const gateway = gateways.control as TestGateway;
    await eventually("it is missed", () => !gateway.transport.reachable(provider.provider));
    const { ticket, capability } = readRights(network, made.documentHash, deal.deal, 0, 10);
    const reading = gateway.transport.read(provider.provider, deal.deal, ticket, capability)[Symbol.asyncIterator]();
    await expect(reading.next()).rejects.toMatchObject({ code: "provider-unreachable" });
  });
});
