import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { generateKey } from "@cairn/chain";
import { addressOfKey, dealIdOf, type Hex, type Message, signedToJson, signTyped } from "@cairn/protocol";
import { helloToJson } from "@cairn/protocol/wire";
import { callHttp, readCapped } from "@cairn/transport";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { ProviderContext } from "../src/context.ts";
import {
  inspectProvider,
  type ProviderOptions,
  type RunningProvider,
  retireProvider,
  runProvider,
  withdrawEarnings,
} from "../src/index.ts";
import { silentLog } from "../src/log.ts";
import {
  eventually,
  packageOf,
  proposeDeals,
  quoteOf,
  readRights,
  shardOf,
  startTestGateway,
  startTestNetwork,
  storeDeal,
  type TestDeal,
  type TestGateway,
  type TestNetwork,
} from "../testing/index.ts";

const RAW = 127 * 1000;

describe("the doors of gateway and provider", () => {
  let network: TestNetwork;
  let gateway: TestGateway;
  let provider: RunningProvider;
  let context: ProviderContext;
  let directory: string;

  const start = (change: Partial<ProviderOptions> = {}): Promise<RunningProvider> =>
    network.hurry(async () => {
      const running = await runProvider({
        directory,
        gateways: [gateway.url],
        capacity: BigInt(RAW * 5),
        price: 10n ** 15n,
        quoteSeconds: 8,
        diskMarginBytes: 0,
        listen: { host: "127.0.0.1", port: 0 },
        log: silentLog,
        alter: (_parts, inside) => {
          context = inside;
        },
        ...change,
      });
      await running.online;
      return running;
    });

  beforeAll(async () => {
    network = await startTestNetwork();
    gateway = await startTestGateway(network);
    directory = await mkdtemp(join(tmpdir(), "cairn-doors-"));
    provider = await start();
  });
  afterAll(async () => {
    await provider?.stop();
    await gateway?.stop();
    await network?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  describe("hellos", () => {
    const hello = (change: Partial<Message<"Hello">> = {}, key?: Hex) => {
      const message = {
        provider: provider.provider,
        audience: network.executor,
        time: BigInt(Math.floor(Date.now() / 1000)),
        nonce: `0x${randomBytes(32).toString("hex")}` as Hex,
        ...change,
      };
      const signature = signTyped("Hello", message, network.deployment, key ?? context.identity.hotKey);
      return JSON.stringify(helloToJson({ message, signature }));
    };
    /** What the gateway answers to a first message. */
    const say = (text: string | Buffer) =>
      new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/api/v1/provider/control`);
        let answer = "closed";
        socket.on("open", () => socket.send(text));
        socket.on("message", (data) => {
          const { type, error } = JSON.parse(String(data));
          answer = error?.code ?? type;
          if (type === "welcome") socket.close();
        });
        socket.on("close", () => resolve(answer));
        socket.on("error", reject);
      });

    it("are taken when fresh, signed and meant for this gateway; each once", async () => {
      const good = hello();
      expect(await say(good)).toBe("welcome");
      expect(await say(good)).toBe("used-nonce");
      const now = Math.floor(Date.now() / 1000);
      expect(await say(hello({ time: BigInt(Math.min(now, network.chainNow()) - 61) }))).toBe("stale-hello");
      expect(await say(hello({ time: BigInt(Math.max(now, network.chainNow()) + 70) }))).toBe("stale-hello");
      expect(await say(hello({ audience: network.owner }))).toBe("wrong-audience");
      expect(await say(hello({}, generateKey()))).toBe("wrong-key");
      expect(await say(hello({ provider: network.owner }))).toBe("unknown-provider");
    });

    it("are refused when they are none", async () => {
      for (const text of ["", "{}", "[]", '{"type":"hello"}', "x".repeat(100_000)]) {
        expect(await say(text)).toBe("bad-message");
      }
      expect(await say(randomBytes(50))).toBe("bad-message");
    });

    it("end the connection when they are longer than any message may be", async () => {
      expect(await say("x".repeat((1 << 20) + 1))).toBe("closed");
    });

    it("leave the true provider connected, or have it back when it is started again", async () => {
      // The fresh hello was of its own key: the provider has made way for what it takes for a second program, and waits.
      await provider.stop();
      provider = await start();
      await eventually(
        "it is back",
        () => gateway.transport.reachable(provider.provider) && context.gateways[0]!.connected,
      );
      const made = packageOf(network, [shardOf(RAW)]);
      expect((await quoteOf(network, gateway, provider.provider, made, 0)).quote.provider).toBe(provider.provider);
    });
  });

  it("refuse a range that nobody waits for, however long it is", async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let answer = "";
    let closed = false;
    socket.on("data", (data) => {
      answer += String(data);
    });
    socket.on("close", () => {
      closed = true;
    });
    socket.on("error", () => {
      closed = true;
    });
    socket.write(
      `POST /api/v1/provider/ranges/${"0".repeat(32)} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 1000000000000\r\n\r\n`,
    );
    // A server that closes while bytes are on their way resets the connection, and with it an answer that was not read yet.
    await eventually("it is refused before it has sent anything", () => answer.includes("unknown-range"));
    expect(answer).toContain("404");
    const chunk = Buffer.alloc(1 << 16);
    const until = Date.now() + 10_000;
    while (!closed && Date.now() < until) {
      socket.write(chunk);
      await delay(5);
    }
    expect(closed).toBe(true);
  });

  describe("direct requests", () => {
    const ask = async (body: object, key: Hex | undefined, change: Partial<Message<"GatewayRequest">> = {}) => {
      const text = Buffer.from(JSON.stringify(body));
      const message = {
        provider: provider.provider,
        bodyHash: `0x${createHash("sha256").update(text).digest("hex")}` as Hex,
        expiry: BigInt(network.chainNow() + 100),
        nonce: `0x${randomBytes(32).toString("hex")}` as Hex,
        ...change,
      };
      const headers: Record<string, string> = { "content-type": "application/json" };
      if (key !== undefined) {
        const signed = { message, signature: signTyped("GatewayRequest", message, network.deployment, key) };
        headers["cairn-request"] = Buffer.from(JSON.stringify(signedToJson<"GatewayRequest">(signed))).toString(
          "base64",
        );
      }
      const url = new URL("/v1/request", provider.endpoint);
      const answer = await callHttp({ url, method: "POST", headers, body: text });
      const reply = JSON.parse(String(await readCapped(answer.body, 1 << 20)));
      return reply.ok ? "ok" : (reply.error.code as string);
    };
    const scrub = { type: "scrub", deal: `0x${"11".repeat(32)}` };

    it("are answered to a gateway of its own, once each", async () => {
      expect(await ask(scrub, network.executorKey)).toBe("unknown-deal");
      const nonce: Hex = `0x${"22".repeat(32)}`;
      expect(await ask(scrub, network.executorKey, { nonce })).toBe("unknown-deal");
      expect(await ask(scrub, network.executorKey, { nonce })).toBe("bad-request");
    });

    it("are judged by the chain's time, whatever the machine's clock says", async () => {
      const { now } = context;
      for (const off of [7200, -7200]) {
        context.now = () => now() + off;
        try {
          expect(await ask(scrub, network.executorKey)).toBe("unknown-deal");
          const late = BigInt(context.chainNow() - 1);
          expect(await ask(scrub, network.executorKey, { expiry: late })).toBe("bad-request");
        } finally {
          context.now = now;
        }
      }
    });

    it("are refused to everyone else", async () => {
      expect(await ask(scrub, undefined)).toBe("bad-message");
      expect(await ask(scrub, network.executorKey, { bodyHash: `0x${"00".repeat(32)}` })).toBe("bad-request");
      expect(await ask(scrub, network.executorKey, { provider: network.owner })).toBe("bad-request");
      expect(await ask(scrub, network.executorKey, { expiry: 1n })).toBe("bad-request");
      expect(await ask(scrub, network.executorKey, { expiry: 2n ** 40n })).toBe("bad-request");
      const quote = {
        type: "quote",
        owner: network.owner,
        documentHash: `0x${"33".repeat(32)}`,
        piece: 0,
        shard: 0,
        commitment: `0x${"33".repeat(32)}`,
        rawLength: RAW,
        periods: 5,
        verifierSet: network.verifierSet,
      };
      expect(await ask(quote, generateKey())).toBe("not-my-gateway");
      expect(await ask({ type: "read" }, network.executorKey)).toBe("bad-request");
      expect(await ask({ filler: "x".repeat(70_000) }, network.executorKey)).toBe("too-large");
    });

    it("open no shard without rights", async () => {
      const get = async (headers: Record<string, string>) => {
        const answer = await callHttp({ url: new URL(`/v1/shards/0x${"44".repeat(32)}`, provider.endpoint), headers });
        return JSON.parse(String(await readCapped(answer.body, 1 << 20))).error.code as string;
      };
      expect(await get({})).toBe("bad-message");
      expect(await get({ "cairn-ticket": "!!", "cairn-capability": "!!" })).toBe("bad-message");
      const rights = readRights(network, `0x${"55".repeat(32)}`, `0x${"44".repeat(32)}`, 0, 10);
      const inHeader = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
      expect(
        await get({
          "cairn-ticket": inHeader(signedToJson<"ReadTicket">(rights.ticket)),
          "cairn-capability": inHeader(signedToJson<"ReadCapability">(rights.capability)),
        }),
      ).toBe("unknown-deal");
    });
  });

  describe("quotes", () => {
    it("are the same for the same request, reserve their space, and give it back when they expire", async () => {
      await network.hurry(() => eventually("space is free", () => provider.status().reserved === 0n));
      const made = packageOf(network, [shardOf(RAW, 1), shardOf(RAW, 2), shardOf(RAW * 4, 3)]);
      const first = await quoteOf(network, gateway, provider.provider, made, 0);
      const again = await quoteOf(network, gateway, provider.provider, made, 0);
      expect(again).toEqual(first);
      expect(first.deal).toBe(dealIdOf(first.quote, network.deployment));
      const unit = 2n ** 30n * 86_400n;
      const exact = 10n ** 15n * BigInt(RAW) * BigInt(network.deployment.periodSeconds);
      expect(first.quote.pricePerPeriod).toBe((exact + unit - 1n) / unit);
      await quoteOf(network, gateway, provider.provider, made, 1);
      expect(provider.status().reserved).toBe(BigInt(2 * RAW));
      await expect(quoteOf(network, gateway, provider.provider, made, 2)).rejects.toMatchObject({
        code: "full",
        kind: "exhausted",
      });
      expect((await inspectProvider(directory)).deals).toHaveLength(2);
      await network.hurry(() => eventually("the quotes expire", () => provider.status().reserved === 0n));
      expect(await readdir(join(directory, "deals"))).toEqual([]);
      await quoteOf(network, gateway, provider.provider, made, 2);
    });

    it("never reserve the same space twice, however many ask at once", async () => {
      await network.hurry(() => eventually("space is free", () => provider.status().reserved === 0n));
      const shards = Array.from({ length: 12 }, (_, i) => shardOf(RAW, i + 10));
      const made = packageOf(network, shards);
      const outcomes = await Promise.allSettled(
        shards.map((_, shard) => quoteOf(network, gateway, provider.provider, made, shard)),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
      expect(provider.status().reserved).toBe(BigInt(5 * RAW));
    });

    it("are refused for another verifier set, and for lengths that no shard has", async () => {
      const made = packageOf(network, [shardOf(RAW, 50)]);
      const ask = (change: object) =>
        gateway.transport.request(provider.provider, {
          type: "quote",
          owner: network.owner,
          documentHash: made.documentHash,
          piece: 0,
          shard: 0,
          commitment: made.commitments[0] as Hex,
          rawLength: RAW,
          periods: 5,
          verifierSet: network.verifierSet,
          ...change,
        });
      await expect(ask({ verifierSet: `0x${"00".repeat(32)}` })).rejects.toMatchObject({ code: "refused" });
      await expect(ask({ rawLength: RAW + 1 })).rejects.toMatchObject({ code: "refused" });
      await expect(ask({ rawLength: 0 })).rejects.toMatchObject({ code: "bad-message" });
      await expect(ask({ rawLength: 2 ** 31 })).rejects.toMatchObject({ code: "bad-message" });
    });
  });

  it("pay out to the cold key, and only what is credited", async () => {
    await expect(withdrawEarnings({ directory })).rejects.toMatchObject({ code: "nothing-to-withdraw" });
    await network.fund(provider.provider, 10n ** 18n);
    await network.hurry(async () => {
      await network.ledger.deposit({ id: "credit" }, provider.provider, 12_345n);
      await expect(withdrawEarnings({ directory, amount: 12_346n })).rejects.toMatchObject({
        code: "nothing-to-withdraw",
      });
      expect((await withdrawEarnings({ directory })).amount).toBe(12_345n);
    });
    expect(await network.ledger.balance(provider.provider)).toBe(0n);
  });

  it("pay out what the cold key's address has where pay goes to another", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "cairn-doors-"));
    const payout = addressOfKey(generateKey());
    const kept = context;
    const { provider: cold, stop } = await start({ directory: elsewhere, payout });
    context = kept;
    await stop();
    await network.fund(cold, 10n ** 18n);
    await network.hurry(async () => {
      await network.ledger.deposit({ id: "earned before" }, cold, 500n);
      expect(await withdrawEarnings({ directory: elsewhere })).toMatchObject({ amount: 500n, provider: cold, payout });
      await expect(withdrawEarnings({ directory: elsewhere })).rejects.toMatchObject({ code: "other-payout" });
    });
    await rm(elsewhere, { recursive: true, force: true });
  });

  it("let one process use a directory at a time", async () => {
    await expect(
      runProvider({ directory, gateways: [gateway.url], capacity: 1n, price: 1n, log: silentLog }),
    ).rejects.toMatchObject({ code: "lock-held" });
  });

  it("take a shard only where its document and manifest have room beside it, and count them", async () => {
    await network.hurry(() => eventually("space is free", () => provider.status().reserved === 0n));
    const made = packageOf(network, [shardOf(RAW * 5, 60)]);
    const papers = made.document.length + made.manifest.length;
    const [deal] = (await proposeDeals(network, gateway, [provider.provider], made)) as [TestDeal];
    const { settings } = context;
    const given = { ...settings };
    const store = () => storeDeal(network, gateway, deal, made);
    const full = { code: "full", kind: "exhausted" };
    settings.capacity = BigInt(RAW * 5 + papers - 1);
    await expect(store()).rejects.toMatchObject(full);
    settings.capacity = BigInt(RAW * 6 + papers - 1);
    settings.diskMarginBytes = Number.MAX_SAFE_INTEGER;
    await expect(store()).rejects.toMatchObject(full);
    expect(await readdir(join(directory, "incoming"))).toEqual([]);
    expect(provider.status().papers).toBe(0n);
    Object.assign(settings, { ...given, capacity: settings.capacity });
    await store();
    expect(provider.status()).toMatchObject({ held: BigInt(RAW * 5), papers: BigInt(papers) });
    const next = packageOf(network, [shardOf(RAW, 61)]);
    await expect(quoteOf(network, gateway, provider.provider, next, 0)).rejects.toMatchObject(full);
    await network.hurry(() => network.ledger.cancel({ id: `cancel/${deal.deal}` }, [deal.deal]));
    await network.hurry(() => eventually("it is dropped", () => provider.status().papers === 0n));
    await quoteOf(network, gateway, provider.provider, next, 0);
    Object.assign(settings, given);
  });

  it("retire on their operator's word, once, and quote no more", async () => {
    const active = async () => (await network.ledger.provider(provider.provider))?.active;
    expect(await active()).toBe(true);
    await network.hurry(async () => {
      expect(await retireProvider({ directory })).toMatch(/^0x[0-9a-f]{64}$/);
      expect(await active()).toBe(false);
      expect(await retireProvider({ directory })).toBeUndefined();
    });
    const made = packageOf(network, [shardOf(RAW, 90)]);
    const asked = gateway.transport.request(provider.provider, {
      type: "quote",
      owner: network.owner,
      documentHash: made.documentHash,
      piece: 0,
      shard: 0,
      commitment: made.commitments[0] as Hex,
      rawLength: RAW,
      periods: 5,
      verifierSet: network.verifierSet,
    });
    await expect(asked).rejects.toMatchObject({
      code: "refused",
      message: "this provider is not registered, or retired",
    });
  });

  it("take new deals again when they are started to, whatever their clock was: the chain says which nonce is next", async () => {
    const { nextNonce } = (await network.ledger.provider(provider.provider))!;
    await provider.stop();
    provider = await start({ reactivate: true });
    expect(await network.ledger.provider(provider.provider)).toMatchObject({ active: true, nextNonce: nextNonce + 1n });
  });

  it("wait seven days for a change of their payout, and sign it once", async () => {
    const payout = addressOfKey(generateKey());
    const { nextNonce } = (await network.ledger.provider(provider.provider))!;
    const listen = { host: "127.0.0.1", port: Number(new URL(context.endpoint).port) };
    for (let times = 0; times < 2; times += 1) {
      await provider.stop();
      provider = await start({ payout, listen });
      expect(await network.ledger.provider(provider.provider)).toMatchObject({
        payout: provider.provider,
        pendingPayout: payout,
        nextNonce: nextNonce + 1n,
      });
    }
  });
});
