import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import {
  proveMerkle,
  proveSwizzle,
  readMerkleChallenge,
  readMerkleTag,
  readRandomIo,
  readSwizzleBeat,
  readSwizzleChallenge,
  readSwizzleTag,
} from "@cairn/proofs/heartbeat";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { showPresence } from "./contracts/presence.ts";
import { downstreamMigrations } from "./migrations.ts";
import { createVerificationNode, type RunningNode } from "./node.ts";
import type { Scheme } from "./scheme.ts";
import { registerDownstreamMetrics } from "./status/downstream-metrics.ts";
import { readTotals } from "./status/overview.ts";
import { type TestContext, testAddress, testContext } from "./testing/test-context.ts";
import type { HandedChunk, WireObject } from "./verification-node.ts";

const HOME = "192.0.2.1";
const POOL = { min: 1024, max: 4096, total: 7168, base: 2 };
let database: TestDatabase;
let context: TestContext;
let node: RunningNode;

beforeEach(async () => {
  database = await testDatabase({ migrations: [{ namespace: "downstream", migrations: downstreamMigrations }] });
});

afterEach(async () => {
  await node.stop();
  await database.drop();
});

function open(settings: Partial<TestContext["settings"]> = {}): void {
  context = testContext(database.pool, { pool: POOL, ...settings });
  node = createVerificationNode(context);
}

/** Lets time pass for a node that is there all the while: a leap of the clock would be an absence, which is held against no farmer. */
async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 4) {
    context.clock.now += 4;
    await showPresence(database.pool, () => context.clock.now);
  }
}

/** What an honest farmer answers. */
async function prove(scheme: Scheme, chunk: HandedChunk, challenge: WireObject): Promise<unknown> {
  const read = (offset: number, length: number) =>
    readRandomIo(chunk.seed, offset, Math.min(length, chunk.size - offset));
  if (scheme === "Merkle") return proveMerkle(readMerkleTag(chunk.tag)!, readMerkleChallenge(challenge)!, read);
  const beat = readSwizzleBeat(node.heartbeat("Swizzle"))!;
  const holding = { beat, tag: readSwizzleTag(chunk.tag)!, fileSize: chunk.size, read };
  return proveSwizzle(holding, readSwizzleChallenge(challenge)!);
}

describe("createVerificationNode", () => {
  for (const scheme of ["Merkle", "Swizzle"] as const) {
    it(`takes a farmer through the life of ${scheme} contracts`, async () => {
      open({ scheme, intervalSeconds: 60 });
      await node.chunks.fill();
      const { token, farmerId } = await node.register(testAddress(1), HOME);
      expect(await node.find(token)).toEqual({ scheme, farmerId });
      const handed = await node.handOut(token, HOME, 7168, false);
      await handed.confirm();
      expect(handed.chunks.map(({ size }) => size)).toEqual([4096, 2048, 1024]);
      const hashes = handed.chunks.map(({ hash }) => hash);
      let challenges = handed.chunks.map(({ challenge }) => challenge);
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(
          handed.chunks.map(async (chunk, i) => ({
            hash: chunk.hash,
            proof: await prove(scheme, chunk, challenges[i]!),
          })),
        );
        expect(await node.answer(token, HOME, answers)).toEqual(["ok", "ok", "ok"]);
        expect(await node.answer(token, HOME, answers)).toEqual(["answered", "answered", "answered"]);
        await pass(60);
        const asked = await node.challenges(token, hashes);
        challenges = asked.map((item) => {
          expect(item).toMatchObject({ outcome: "open", answered: false });
          return "challenge" in item ? item.challenge : "";
        });
      }
      const foreign = await prove(scheme, handed.chunks[1]!, challenges[0]!);
      expect(await node.answer(token, HOME, [{ hash: hashes[0]!, proof: foreign }])).toEqual(["invalid"]);
      await pass(60);
      expect((await node.challenges(token)).map(({ outcome }) => outcome)).toEqual(["expired", "expired", "expired"]);
    });
  }

  it("moves a returned chunk on to a challenge that the next farmer can answer", async () => {
    open();
    await node.chunks.generate(1024);
    const [first, second] = [await node.register(testAddress(1), HOME), await node.register(testAddress(2), HOME)];
    await (await node.handOut(first.token, HOME, 1024, false)).withdraw();
    const { chunks } = await node.handOut(second.token, HOME, 1024, false);
    const proof = await prove("Merkle", chunks[0]!, chunks[0]!.challenge);
    expect(await node.answer(second.token, HOME, [{ hash: chunks[0]!.hash, proof }])).toEqual(["ok"]);
  });

  it("leaves a contract whose node died before it knew how the response ended to its farmer", async () => {
    open();
    await node.chunks.generate(1024);
    const { token } = await node.register(testAddress(1), HOME);
    const { chunks } = await node.handOut(token, HOME, 1024, false);
    await node.stop();
    node = createVerificationNode(context);
    await node.start();
    const proof = await prove("Merkle", chunks[0]!, chunks[0]!.challenge);
    expect(await node.answer(token, HOME, [{ hash: chunks[0]!.hash, proof }])).toEqual(["ok"]);
  });

  it("keeps its pool full and tells metrics what it does", async () => {
    const registry = new Registry();
    open({ maxTokensPerNetwork: 1 });
    node = createVerificationNode({
      ...context,
      metrics: registerDownstreamMetrics(registry, () => readTotals(database.pool, context.clock.now)),
    });
    await node.start();
    const { token } = await node.register(testAddress(1), HOME);
    await expect(node.register(testAddress(1), HOME)).rejects.toThrow();
    let handed = await node.handOut(token, HOME, 7168, false);
    while (handed.chunks.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      handed = await node.handOut(token, HOME, 7168, false);
    }
    await handed.confirm();
    const rotated = await node.rotate(token);
    await node.remove(rotated.token);
    const text = await registry.metrics();
    for (const line of [
      /tokens_total\{event="registered"\} 1/,
      /tokens_total\{event="rotated"\} 1/,
      /tokens_total\{event="removed"\} 1/,
      /hand_outs_total\{result="confirmed"\} 1/,
      /refus\w+_total\{code="downstream-too-many-tokens"\} 1/,
    ])
      expect(text).toMatch(line);
  });

  it("gives out texts to sign that register takes", async () => {
    open({ requireNonce: true });
    const { expiresInSeconds, message } = await node.issueNonce(testAddress(1));
    expect(expiresInSeconds).toBe(600);
    await node.register(testAddress(1), HOME, { message, signature: "checked by the caller" });
  });

  it("shows the public heartbeat of either scheme, without its keys", () => {
    open();
    expect(node.heartbeat("Merkle")).toEqual({ key: "", check_fraction: 0.01 });
    expect(readSwizzleBeat(node.heartbeat("Swizzle"))).toMatchObject({ sectors: 10, sectorSize: 128 });
    expect(readSwizzleBeat(node.heartbeat("Swizzle"))).not.toHaveProperty("keys");
  });

  it("refuses a pool that cannot be", () => {
    open();
    const settings = { ...context.settings, pool: { ...POOL, base: 1 } };
    expect(() => createVerificationNode({ ...context, settings })).toThrow(
      expect.objectContaining({ code: "downstream-bad-pool" }),
    );
  });
});
