import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { periodAt } from "@cairn/core";
import { type Hex, PERIOD_CHALLENGES } from "@cairn/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { proveOnChain } from "../src/answers/prove-on-chain.ts";
import type { ProviderContext } from "../src/context.ts";
import { openGatewayClient } from "../src/gateways/gateway-client.ts";
import { type RunningProvider, runProvider } from "../src/index.ts";
import { silentLog } from "../src/log.ts";
import { signProof } from "../src/requests/answer-prove.ts";
import {
  activateDeals,
  eventually,
  packageOf,
  proposeDeals,
  shardOf,
  startTestGateway,
  startTestNetwork,
  type TestDeal,
  type TestGateway,
  type TestNetwork,
} from "../testing/index.ts";

let network: TestNetwork;
let gateways: TestGateway[];
let root: string;
let provider: RunningProvider;
let deal: TestDeal;
let context: ProviderContext;

/** Start it, connected to the first gateway, which comes back. */
async function startProvider(): Promise<TestGateway> {
  provider = await runProvider({
    directory: join(root, "p"),
    gateways: gateways.map(({ url }) => url),
    capacity: 1n << 30n,
    price: 10n ** 13n,
    log: silentLog,
    alter: (_parts, its) => {
      context = its;
    },
  });
  const [own] = gateways as [TestGateway];
  await eventually("the provider is connected", () => own.transport.reachable(provider.provider), 60);
  return own;
}

beforeAll(async () => {
  network = await startTestNetwork();
  gateways = [];
  for (let i = 0; i < 4; i++) gateways.push(await startTestGateway(network));
  root = await mkdtemp(join(tmpdir(), "cairn-without-coins-"));
  await network.hurry(async () => {
    const own = await startProvider();
    const made = packageOf(network, [shardOf(127 * 2000, 3)]);
    [deal] = (await proposeDeals(network, own, [provider.provider], made)) as [TestDeal];
    await activateDeals(network, own, [deal], made);
  });
});
afterAll(async () => {
  await provider?.stop();
  for (const gateway of gateways ?? []) await gateway.stop();
  await network?.stop();
  await rm(root, { recursive: true, force: true });
});

it("has its period proved on chain by the one gateway that is honest, as the others refuse, stall and lie", async () => {
  expect(await network.ledger.gasBalance(provider.hot)).toBe(0n);
  const behaviours = ["refuses", "stalls", "lies", "proves"] as const;
  for (const [i, gateway] of gateways.entries()) {
    gateway.deaf = true;
    gateway.relaying = behaviours[i] as (typeof behaviours)[number];
  }
  network.openPeriods();
  const proven = async () => ((await network.ledger.deal(deal.deal))?.provenCount ?? 0) > 0;
  await eventually("a proof on chain", proven, 120);
  expect(gateways.map(({ relayed }) => relayed.length > 0)).toEqual([true, true, true, true]);
  expect((await network.ledger.deal(deal.deal))?.state).toBe("ACTIVE");
  expect(await network.ledger.gasBalance(provider.hot)).toBe(0n);
});

it("asks no second gateway when the first one proves", async () => {
  const honest = gateways.at(-1) as TestGateway;
  const idle = gateways[0] as TestGateway;
  honest.relaying = "proves";
  await provider.stop();
  const ledger = network.ledger;
  let period = 0;
  let seed: Hex | undefined;
  await eventually("a fresh seed", async () => {
    period = periodAt((await ledger.latest()).timestamp, network.deployment);
    seed = (await ledger.isProven(deal.deal, period)) ? undefined : await ledger.seed(period);
    return seed !== undefined;
  });
  const held = context.shards.held(deal.deal);
  if (held === undefined || seed === undefined) throw new Error("the shard is gone");
  const challenge = { purpose: "period" as const, period, seed, leaves: PERIOD_CHALLENGES };
  const push = { deal: deal.deal, purpose: "period" as const, period, ...(await signProof(context, held, challenge)) };
  const before = idle.relayed.length;
  const proved = await proveOnChain({ ...context, signal: new AbortController().signal }, held, push, {
    gateways: [honest, idle].map(({ url }) => openGatewayClient(new URL(url))),
    // Far away: no turn ends while the first one is at work.
    deadline: context.chainNow() + 600,
  });
  expect([proved, idle.relayed.length - before]).toEqual([true, 0]);
});

it("has a proposal that ran out expired on chain once it has coins, and is paid for the space that it kept free", async () => {
  await network.fund(provider.hot, 10n ** 18n);
  const own = await startProvider();
  const made = packageOf(network, [shardOf(127 * 2000, 4)]);
  const [left] = await network.hurry(() => proposeDeals(network, own, [provider.provider], made));
  const { deal: id } = left as TestDeal;
  const before = await network.ledger.balance(provider.provider);
  await network.anvil.call("evm_increaseTime", network.deployment.proposalSeconds);
  await network.hurry(async () => {
    await eventually("it is expired", async () => (await network.ledger.deal(id))?.state === "EXPIRED", 60);
    await eventually("it is forgotten", () => context.book.get(id) === undefined);
  });
  expect(await network.ledger.balance(provider.provider)).toBeGreaterThan(before);
});
