import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { asCairnError, recoverTyped } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  eventually,
  type ProviderProcess,
  packageOf,
  proposeDeals,
  shardOf,
  startProviderProcess,
  startTestGateway,
  startTestNetwork,
  storeDeal,
  type TestDeal,
  type TestGateway,
  type TestNetwork,
  type TestPackage,
  type TestSource,
} from "../testing/index.ts";

const MIB = 1 << 20;
/** 40 MiB and a bit. */
const LENGTH = 127 * 330_500;

describe("a provider that pulls shards", () => {
  let network: TestNetwork;
  let gateway: TestGateway;
  let root: string;
  let count = 0;

  beforeAll(async () => {
    network = await startTestNetwork();
    gateway = await startTestGateway(network);
    root = await mkdtemp(join(tmpdir(), "cairn-pulling-"));
  });
  afterAll(async () => {
    await gateway?.stop();
    await network?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const start = (name: string, options: { fileLimit?: number } = {}) =>
    startProviderProcess({ directory: join(root, name), gateways: [gateway.url], ...options });

  const propose = (provider: ProviderProcess, length = LENGTH) =>
    network.hurry(async () => {
      const made = packageOf(network, [shardOf(length, ++count)]);
      await eventually("it is connected", () => gateway.transport.reachable(provider.provider));
      const [deal] = (await proposeDeals(network, gateway, [provider.provider], made)) as [TestDeal];
      return { made, deal, source: gateway.sources.get(deal.deal) as TestSource };
    });

  const expectReceipt = async (made: TestPackage, deal: TestDeal) => {
    const { receipt } = await storeDeal(network, gateway, deal, made);
    const message = { deal: deal.deal, commitment: deal.quote.commitment, rawLength: deal.quote.rawLength };
    const record = await network.ledger.provider(deal.provider);
    expect(recoverTyped("Receipt", message, network.deployment, receipt)).toBe(record?.hot);
  };

  it("is killed at any instant of a pull, and goes on from what was synced", async () => {
    let provider = await start("killed");
    const { made, deal, source } = await propose(provider, 127 * 1_600_000);
    const bytes = made.shards[0]!;
    const rounds = 12;
    for (let round = 0; round < rounds; round++) {
      // Kills fall into every part of the shard, however fast it moves.
      const reached = Promise.withResolvers<void>();
      source.shard = async function* (from: number) {
        let at = from;
        for (const chunk of bytes.read(from)) {
          if (at >= (round / rounds) * bytes.length) reached.resolve();
          await delay(1);
          yield chunk;
          at += chunk.length;
        }
      };
      const pulling = storeDeal(network, gateway, deal, made).catch((error) => asCairnError(error).code);
      await Promise.race([reached.promise, pulling]);
      await provider.kill();
      // A kill may come after the receipt was sent.
      expect(["provider-unreachable", "object"]).toContain(
        typeof (await pulling) === "string" ? await pulling : "object",
      );
      provider = await start("killed");
      await eventually("it is connected", () => gateway.transport.reachable(provider.provider));
    }
    source.shard = bytes.read;
    await expectReceipt(made, deal);
    expect(await readdir(join(root, "killed", "incoming"))).toEqual([]);
    expect(await readdir(join(root, "killed", "trash"))).toEqual([]);
    expect((await readdir(join(root, "killed", "shards", deal.deal))).sort()).toEqual(
      ["document", "manifest", "meta.json", "shard", "tree"].sort(),
    );
    const scrub = await gateway.transport.request(deal.provider, { type: "scrub", deal: deal.deal });
    expect(scrub).toEqual({ damage: [], checkedBytes: bytes.length });
    expect(gateway.pulls.some(({ from }) => from > 0)).toBe(true);
    await provider.kill();
  });

  it("survives hostile and broken sources", async () => {
    const provider = await start("hostile");
    const { made, deal, source } = await propose(provider);
    const { read } = made.shards[0]!;

    source.shard = function* (from) {
      for (const chunk of read(from)) yield Buffer.from(chunk.map((byte) => byte ^ 1));
    };
    await expect(storeDeal(network, gateway, deal, made)).rejects.toMatchObject({ code: "wrong-commitment" });

    const { document, manifest } = source;
    source.document = Buffer.from(document.map((byte) => byte ^ 1));
    await expect(storeDeal(network, gateway, deal, made)).rejects.toMatchObject({ code: "wrong-commitment" });
    source.document = document;
    source.manifest = Buffer.concat([manifest, manifest]);
    await expect(storeDeal(network, gateway, deal, made)).rejects.toMatchObject({ code: "wrong-commitment" });
    source.manifest = manifest;

    // Endless: cut off at the length, which is all that is ever written.
    let breaks = 0;
    source.shard = function* (from) {
      yield* read(from);
      for (;;) yield Buffer.alloc(MIB);
    };
    await expectReceipt(made, deal);
    const shard = join(root, "hostile", "shards", deal.deal, "shard");
    expect((await stat(shard)).size).toBe(LENGTH);

    const second = await propose(provider);
    // Breaks off after a few MiB every time: pulled in parts.
    second.source.shard = function* (from) {
      let sent = 0;
      for (const chunk of second.made.shards[0]!.read(from)) {
        yield chunk;
        sent += chunk.length;
        if (sent > 12 * MIB && ++breaks > 0) throw new Error("cut");
      }
    };
    await expectReceipt(second.made, second.deal);
    expect(breaks).toBeGreaterThan(1);
    await provider.kill();
  });

  it("refuses a store that no deal on chain backs", async () => {
    const provider = await start("unbacked");
    const { made, deal } = await propose(provider, 127 * 100);
    const quote = { ...deal.quote, nonce: `0x${"11".repeat(32)}` as const };
    await expect(storeDeal(network, gateway, { ...deal, quote }, made)).rejects.toMatchObject({ code: "not-reserved" });
    await network.hurry(() => network.ledger.cancel({ id: `cancel/${deal.deal}` }, [deal.deal]));
    await expect(storeDeal(network, gateway, deal, made)).rejects.toMatchObject({ code: "not-reserved" });
    await provider.kill();
  });

  it("answers `full` when the disk takes no more, and is sound afterwards", async () => {
    let provider = await start("full", { fileLimit: 16 * MIB });
    const { made, deal } = await propose(provider);
    await expect(storeDeal(network, gateway, deal, made)).rejects.toMatchObject({ code: "full", kind: "exhausted" });
    expect(await readdir(join(root, "full", "incoming", deal.deal))).not.toContain("shard");
    const small = await propose(provider, 127 * 500);
    await expectReceipt(small.made, small.deal);
    await provider.kill();
    // With room again the same deal is stored.
    provider = await start("full");
    await eventually("it is connected", () => gateway.transport.reachable(provider.provider));
    await expectReceipt(made, deal);
    await provider.kill();
  });

  it("keeps its memory flat while it pulls 508 MiB", async () => {
    const provider = await start("large");
    const { made, deal } = await propose(provider, 532_676_608);
    const idle = await provider.memory();
    let peak = 0;
    let over = false;
    const watching = (async () => {
      while (!over) {
        peak = Math.max(peak, await provider.memory());
        await delay(20);
      }
    })();
    const began = performance.now();
    await expectReceipt(made, deal);
    const seconds = (performance.now() - began) / 1000;
    over = true;
    await watching;
    process.stdout.write(
      `pulled 508 MiB in ${seconds.toFixed(1)} s (${Math.round(532.7 / seconds)} MB/s), idle ${Math.round(idle / MIB)} MiB, peak ${Math.round(peak / MIB)} MiB\n`,
    );
    // Measured: 117 MiB idle, 146 at most.
    expect(peak - idle).toBeLessThan(60 * MIB);
    expect(peak).toBeLessThan(180 * MIB);
    await provider.kill();
  });
});
