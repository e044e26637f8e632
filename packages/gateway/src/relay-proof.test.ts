import { createHash } from "node:crypto";
import { generateKey } from "@cairn/chain";
import {
  ALWAYS_ON,
  answerDeadline,
  type DealRecord,
  type Deployment,
  PROFILES,
  type ProviderRecord,
  periodStart,
} from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { deriveChallenges, PieceHasher, payloadLeaves, provePossession } from "@cairn/proofs";
import { type Address, addressOfKey, CairnError, type Hex, PERIOD_CHALLENGES, signTyped } from "@cairn/protocol";
import type { PushedProof } from "@cairn/protocol/wire";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { chainProofMigrations, type ProofRelay, relayProof } from "./relay-proof.ts";
import { registrationMigrations } from "./relay-registration.ts";

const address = (byte: string) => `0x${byte.repeat(20)}` as Address;
const word = (byte: string) => `0x${byte.repeat(32)}` as Hex;
const deployment = {
  ...PROFILES.demo,
  deals: address("11"),
  registry: address("22"),
  ledger: address("33"),
  genesisTime: 1_700_000_000,
  deployedAt: 1,
} satisfies Deployment;
const hotKey = generateKey();
const provider = address("aa");
const SEED = word("5e");
const DEAL = word("d1");
const RECEIVED = 7;
const LAST = 1000;
const bytes = new Uint8Array(127 * 300).map((_, i) => (i * i) >> 3);
const { root, tree } = new PieceHasher({ collectTree: true }).update(bytes).digestTree();

let database: TestDatabase;
let day = 100;
let deal: DealRecord;
let present = 0;
let proven: Set<string>;
let paid: string[];
let trial: CairnError | undefined;

const ledger: ProofRelay["ledger"] = {
  deployment,
  deal: async (id) => (id.startsWith("0xd") ? deal : undefined),
  provider: async () => ({ hot: addressOfKey(hotKey) }) as ProviderRecord,
  seed: async (period) => (period === 404 ? undefined : SEED),
  isProven: async (id, period) => proven.has(`${id}/${period}`),
  present: async () => present,
  async provePossession(submission, id, period) {
    if (trial !== undefined) throw trial;
    // As the port has it: one transaction for one id.
    if (!paid.includes(submission.id)) paid.push(submission.id);
    proven.add(`${id}/${period}`);
    return { transaction: word("00"), block: 1, ok: true };
  },
};

beforeAll(async () => {
  const migrations = [...registrationMigrations, ...chainProofMigrations];
  database = await testDatabase({ migrations: [{ namespace: "gateway", migrations }] });
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.pool.query("delete from gateway.chain_proofs");
  deal = {
    deal: DEAL,
    state: "ACTIVE",
    quote: {
      provider,
      commitment: `0x${Buffer.from(root).toString("hex")}`,
      rawLength: BigInt(bytes.length),
      duty: ALWAYS_ON,
      verifierSet: word("77"),
    },
    receiptTime: periodStart(RECEIVED, deployment),
    lastPeriod: LAST,
  } as DealRecord;
  present = 0;
  proven = new Set();
  paid = [];
  trial = undefined;
});

interface Change {
  id?: Hex;
  period?: number;
  chainId?: number;
  key?: Hex;
  spoil?: boolean;
}

async function proofOf({ id = DEAL, period = 20, chainId = deployment.chainId, key = hotKey, spoil }: Change = {}) {
  const subject = { purpose: "period" as const, seed: SEED, chainId, deal: id, provider, period };
  const indices = deriveChallenges(subject, payloadLeaves(bytes.length), PERIOD_CHALLENGES);
  const readRaw = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const proof = await provePossession({ indices, rawLength: bytes.length, root, tree, readRaw });
  if (spoil) proof[40] = (proof[40] ?? 0) ^ 1;
  const proofHash = `0x${createHash("sha256").update(proof).digest("hex")}` as Hex;
  const message = { deal: id, purpose: 0, period: BigInt(period), seed: SEED, proofHash };
  const signature = signTyped("Proof", message, { ...deployment, chainId }, key);
  return { deal: id, purpose: "period", period, proof, signature } satisfies PushedProof;
}
const relay = (push: PushedProof) => relayProof({ pool: database.pool, ledger, now: () => day * 86_400 }, push);
const places = async () => (await database.pool.query("select deal from gateway.chain_proofs")).rows.length as number;

it("puts a sound proof of anybody's deal on chain, once, however often and at once it is brought", async () => {
  const push = await proofOf();
  const answers = await Promise.all(Array.from({ length: 6 }, () => relay(push)));
  expect(new Set(answers)).toEqual(new Set(["accepted"]));
  expect(await relay(push)).toBe("accepted");
  expect(paid).toHaveLength(1);
  expect(await places()).toBe(1);
});

it("proves a received proposal, which no verifier has looked at", async () => {
  deal.state = "PROPOSED";
  expect(await relay(await proofOf())).toBe("accepted");
  deal.receiptTime = 0;
  expect(await relay(await proofOf({ period: 21 }))).toBe("the deal has no receipt");
});

it.each<[string, Change, RegExp]>([
  ["a wrong proof", { spoil: true }, /^wrong proof: wrong-path$/],
  ["somebody else's signature", { key: generateKey() }, /^not signed by the deal's provider/],
  ["a proof for another chain", { chainId: deployment.chainId + 1 }, /^not signed by the deal's provider/],
  ["a period that is not scheduled", { period: RECEIVED }, /^not scheduled/],
  ["a period after the last", { period: LAST + 1 }, /^after the deal's last period$/],
  ["a period without a seed", { period: 404 }, /^this period has no seed$/],
  ["a deal that the chain does not know", { id: word("ee") }, /^unknown deal$/],
])("pays nothing for %s", async (_what, change, answer) => {
  expect(await relay(await proofOf(change))).toMatch(answer);
  expect([paid.length, await places()]).toEqual([0, 0]);
});

it("pays nothing for a deal that is over, nor after the deadline, nor where the trial run refuses", async () => {
  const push = await proofOf();
  trial = new CairnError("the contract says no", { code: "reverted", kind: "conflict" });
  expect(await relay(push)).toBe("the contract says no");
  trial = undefined;
  present = answerDeadline(push.period, deployment) + 1;
  expect(await relay(push)).toBe("the answer deadline has passed");
  present = 0;
  deal.state = "COMPLETED";
  expect(await relay(push)).toBe("the deal is COMPLETED");
  expect([paid.length, await places()]).toEqual([0, 0]);
});

it("pays so often a day for one provider and for all, until tomorrow", async () => {
  const fill = (count: number, whose: string) =>
    database.pool.query(
      "insert into gateway.chain_proofs (deal, period, provider, day) select $1 || i, 1, $2, $3 from generate_series(1, $4::int) i",
      [whose, whose, day, count],
    );
  await fill(255, provider);
  const [first, second] = [await proofOf({ period: 20 }), await proofOf({ period: 21 })];
  // Both at once: the last place is one.
  const answers = await Promise.all([relay(first), relay(second)]);
  expect(answers.sort()).toEqual(["accepted", "this gateway pays for no more proofs of this provider today"]);
  await database.pool.query("delete from gateway.chain_proofs");
  await fill(4096, "others");
  expect(await relay(await proofOf({ period: 22 }))).toBe("this gateway pays for no more proofs today");
  day += 1;
  expect(await relay(await proofOf({ period: 22 }))).toBe("accepted");
  expect(await places()).toBe(1);
});
