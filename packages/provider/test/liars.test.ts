import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deriveChallenges, PieceHasher, payloadLeaves, verifyPossession } from "@cairn/proofs";
import { type Hex, PERIOD_CHALLENGES } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningProvider, runProvider } from "../src/index.ts";
import { silentLog } from "../src/log.ts";
import {
  activateDeals,
  eventually,
  LIARS,
  type Liar,
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

/** Switched on once its deal is ACTIVE, so that every liar gets a deal as an honest provider would. */
interface Player {
  name: string;
  running: RunningProvider;
  deal: TestDeal;
  turn(): void;
}

describe("a gateway among liars", () => {
  let network: TestNetwork;
  let gateway: TestGateway;
  let root: string;
  let made: TestPackage;
  const players = new Map<string, Player>();
  const names = Object.keys(LIARS);

  beforeAll(async () => {
    network = await startTestNetwork();
    gateway = await startTestGateway(network);
    root = await mkdtemp(join(tmpdir(), "cairn-liars-"));
    const started: { name: string; running: RunningProvider; turn(): void }[] = [];
    await network.hurry(async () => {
      for (const name of names) {
        let turn = () => {};
        const running = await runProvider({
          directory: join(root, name),
          gateways: [gateway.url],
          capacity: 1n << 30n,
          price: 10n ** 13n,
          log: silentLog,
          alter: (parts, context) => {
            turn = () => (LIARS[name] as Liar)(parts, context);
          },
        });
        started.push({ name, running, turn: () => turn() });
      }
      const addresses = started.map(({ running }) => running.provider);
      await eventually("all are connected", () => addresses.every((address) => gateway.transport.reachable(address)));
      made = packageOf(
        network,
        names.map((_, i) => shardOf(127 * 2000, i)),
      );
      const deals = await proposeDeals(network, gateway, addresses, made);
      await activateDeals(network, gateway, deals, made);
      for (const [i, player] of started.entries()) {
        players.set(player.name, { ...player, deal: deals[i] as TestDeal });
        player.turn();
      }
    });
  });
  afterAll(async () => {
    await Promise.all([...players.values()].map(({ running }) => running.stop()));
    await gateway?.stop();
    await network?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const player = (name: string) => players.get(name) as Player;

  /** What a verifier makes of the answer to one challenge. */
  const prove = async (name: string, fill: number): Promise<string> => {
    const { deal, provider, quote } = player(name).deal;
    const seed: Hex = `0x${fill.toString(16).padStart(2, "0").repeat(32)}`;
    const challenge = { purpose: "check" as const, period: 0, seed };
    const answer = await gateway.transport.request(
      provider,
      { type: "prove", deal, ...challenge, leaves: PERIOD_CHALLENGES },
      { timeoutSeconds: 2 },
    );
    const rawLength = Number(quote.rawLength);
    const subject = { ...challenge, chainId: network.deployment.chainId, deal, provider };
    const verdict = verifyPossession({
      root: Buffer.from(quote.commitment.slice(2), "hex"),
      rawLength,
      indices: deriveChallenges(subject, payloadLeaves(rawLength), PERIOD_CHALLENGES),
      proof: Buffer.from(answer.proof, "base64"),
    });
    return verdict.ok ? "sound" : verdict.reason;
  };

  /** CommP of what a provider sends as its whole shard. */
  const readWhole = async (name: string): Promise<Hex> => {
    const { deal, provider, quote } = player(name).deal;
    const { ticket, capability } = readRights(network, made.documentHash, deal, 0, Number(quote.rawLength));
    const hasher = new PieceHasher();
    for await (const chunk of gateway.transport.read(provider, deal, ticket, capability)) hasher.update(chunk);
    return `0x${Buffer.from(hasher.digest().root).toString("hex")}`;
  };

  it.each(["wrong-bytes", "endless-body", "silent-holder", "hides-damage"])(
    "takes sound proofs of %s, whose lie is elsewhere",
    async (name) => expect(await prove(name, 1)).toBe("sound"),
  );

  it.each([
    ["wrong-proof", "wrong-path"],
    ["others-proof", "wrong-path"],
    ["inner-node-proof", "wrong-path"],
    ["short-inner-node-proof", "wrong-length"],
  ])("rejects the proofs of %s", async (name, reason) => expect(await prove(name, 1)).toBe(reason));

  it("rejects an old proof", async () => {
    expect(await prove("old-proof", 1)).toBe("sound");
    expect(await prove("old-proof", 2)).toBe("wrong-path");
  });

  it("finds wrong bytes by their commitment", async () => {
    const { quote } = player("wrong-bytes").deal;
    expect(await readWhole("wrong-bytes")).not.toBe(quote.commitment);
    expect(await readWhole("wrong-proof")).toBe(player("wrong-proof").deal.quote.commitment);
  });

  it("cuts an endless body off, and keeps its memory", async () => {
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20; i++) {
      await expect(readWhole("endless-body")).rejects.toMatchObject({ code: "long-read", kind: "corrupt" });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  it("does not wait for a silent provider beyond its time", async () => {
    await expect(prove("silence", 1)).rejects.toMatchObject({ code: "provider-timeout" });
    expect(gateway.transport.reachable(player("silence").running.provider)).toBe(true);
  });

  it("counts no signed wrong proof of a period, and misses the silent", async () => {
    network.openPeriods();
    const results = () => new Map(gateway.proofs.map(({ push, result }) => [push.deal, result]));
    const honest = ["wrong-bytes", "endless-body", "hides-damage"].map((name) => player(name).deal.deal);
    const lying = ["wrong-proof", "others-proof", "inner-node-proof", "short-inner-node-proof", "old-proof"].map(
      (name) => player(name).deal.deal,
    );
    await eventually(
      "all that speak have spoken",
      () => [...honest, ...lying].every((deal) => results().has(deal)),
      50,
    );
    for (const deal of honest) expect(results().get(deal)).toBe("accepted");
    for (const deal of lying) expect(results().get(deal)).toMatch(/^wrong proof: wrong-(path|length)$/);
    for (const name of ["silence", "silent-holder"]) expect(results().has(player(name).deal.deal)).toBe(false);
    const hashes = gateway.proofs.map(({ push }) => createHash("sha256").update(push.proof).digest("hex"));
    expect(new Set(hashes).size).toBeGreaterThan(1);
  });
});
