/**
 * Shard-period proofs (20 leaves of a full 512 MiB sector, height 24) made and verified per second of one core (processor time), without and with the signature that each carries; disk reads are left out. The limit is
 * hashtree's rate over the bytes that must be hashed; the peer of verifying hashes one node per call with node:crypto.
 */
import { hash } from "node:crypto";
import {
  type ChallengeContext,
  deriveChallenges,
  heightOf,
  nodeHasher,
  PieceHasher,
  payloadLeaves,
  provePossession,
  scrub,
  UNIT_BYTES,
  verifyPossession,
  verifyPossessions,
} from "@cairn/proofs";
import { type Hex, MAX_SHARD_BYTES, PERIOD_CHALLENGES, PROOF_PURPOSE, recoverTyped, signTyped } from "@cairn/protocol";
import { judge, processorSeconds, race, report } from "./lib/measure.ts";

const PROOFS = 1000;
const rawLength = MAX_SHARD_BYTES;
const height = heightOf(rawLength);
const unit = new Uint8Array(UNIT_BYTES);
for (let at = 0; at < unit.length; at += 65_536) crypto.getRandomValues(unit.subarray(at, at + 65_536));

/** A full sector that repeats one unit, so that it needs no half gigabyte of memory. */
const readRaw = (offset: number, length: number) => unit.subarray(offset % UNIT_BYTES, (offset % UNIT_BYTES) + length);
const hasher = new PieceHasher({ collectTree: true });
for (let at = 0; at < rawLength; at += UNIT_BYTES) hasher.update(unit);
const { root, tree } = hasher.digestTree();

const contexts = Array.from(
  { length: PROOFS },
  (_, period): ChallengeContext => ({
    purpose: "period",
    seed: `0x${period.toString(16).padStart(64, "0")}`,
    chainId: 26180,
    deal: `0x${"d0".repeat(32)}`,
    provider: `0x${"ab".repeat(20)}`,
    period,
  }),
);
const draw = () => contexts.map((context) => deriveChallenges(context, payloadLeaves(rawLength), PERIOD_CHALLENGES));
const challenges = draw();

async function make(): Promise<Uint8Array[]> {
  const proofs: Uint8Array[] = [];
  for (const indices of challenges) proofs.push(await provePossession({ indices, rawLength, root, tree, readRaw }));
  return proofs;
}
const proofs = await make();

const signingKey: Hex = `0x${"17".repeat(32)}`;
const ZERO: Hex = `0x${"00".repeat(20)}`;
const deployment = {
  chainId: 26180,
  registry: ZERO,
  deals: ZERO,
  proofs: ZERO,
  genesisTime: 0,
  periodSeconds: 3600,
  graceSeconds: 60,
  disputePeriods: 24,
  voteWindowPeriods: 4,
  proposalSeconds: 86_400,
};
const messageOf = (index: number) => ({
  deal: contexts[index]!.deal,
  purpose: PROOF_PURPOSE.period,
  period: BigInt(index),
  seed: contexts[index]!.seed,
  proofHash: `0x${hash("sha256", proofs[index]!)}` as const,
});
const sign = () => Promise.all(contexts.map((_, i) => signTyped("Proof", messageOf(i), deployment, signingKey)));
const signatures = await sign();
const signer = recoverTyped("Proof", messageOf(0), deployment, signatures[0]!);

/** What a verifier written with one hash call per node does. */
function verifyByNode(indices: number[], proof: Uint8Array): boolean {
  const stride = 32 * (height + 1);
  return indices.every((index, i) => {
    let node = proof.subarray(i * stride, i * stride + 32);
    for (let level = 0; level < height; level++) {
      const sibling = proof.subarray(i * stride + 32 * (level + 1), i * stride + 32 * (level + 2));
      const pair = new Uint8Array(64);
      pair.set(node, (index >> level) & 1 ? 32 : 0);
      pair.set(sibling, (index >> level) & 1 ? 0 : 32);
      node = hash("sha256", pair, "buffer");
      node[31]! &= 0x3f;
    }
    return Buffer.compare(node, root) === 0;
  });
}

const layer = new Uint8Array(4 * 1024 * 1024);
const above = new Uint8Array(layer.length / 2);
const assertAll = (verdicts: boolean[]) => {
  if (verdicts.length !== PROOFS || !verdicts.every(Boolean)) throw new Error("a proof did not verify");
};
const seconds = await race(
  {
    layers: () => {
      for (let i = 0; i < 32; i++) nodeHasher.hashInto(layer, above);
    },
    make,
    draw,
    makeSigned: async () => {
      await make();
      await sign();
    },
    verifySigned: () => {
      const claims = draw().map((indices, i) => ({ root, rawLength, indices, proof: proofs[i]! }));
      assertAll(verifyPossessions(claims).map(({ ok }) => ok));
      assertAll(signatures.map((one, i) => recoverTyped("Proof", messageOf(i), deployment, one) === signer));
    },
    batched: () => {
      const claims = draw().map((indices, i) => ({ root, rawLength, indices, proof: proofs[i]! }));
      assertAll(verifyPossessions(claims).map(({ ok }) => ok));
    },
    single: () => {
      const verdicts = draw().map((indices, i) => verifyPossession({ root, rawLength, indices, proof: proofs[i]! }).ok);
      assertAll(verdicts);
    },
    byNode: () => assertAll(draw().map((indices, i) => verifyByNode(indices, proofs[i]!))),
    scrub: async () => {
      const { damage } = await scrub({ rawLength, root, tree, readRaw });
      if (damage.length > 0) throw new Error("the scrub found damage");
    },
  },
  3,
  processorSeconds,
);
const layerRate = (32 * layer.length) / seconds.layers;
/** A subtree of 256 leaves hashes 255 pairs; a path one pair a level. */
const makeLimit = layerRate / (PERIOD_CHALLENGES * 255 * 64);
const verifyLimit = layerRate / (PERIOD_CHALLENGES * height * 64);
const made = PROOFS / seconds.make;
const verified = PROOFS / seconds.batched;
report("proofs made per second", made, "", "hashtree's limit", makeLimit);
report(
  "proofs verified per second, challenges derived too",
  verified,
  "",
  "hashtree's limit without them",
  verifyLimit,
);
report("proofs verified per second, challenges derived too", verified, "", "one at a time", PROOFS / seconds.single);
report(
  "proofs verified per second, challenges derived too",
  verified,
  "",
  "one hash call per node",
  PROOFS / seconds.byNode,
);
report("challenges of one proof derived per second", PROOFS / seconds.draw, "", "proofs verified", verified);
report("scrub of a full sector", rawLength / 1e6 / seconds.scrub, "MB/s", "half of hashtree's rate", layerRate / 2e6);
report("proofs made and signed per second", PROOFS / seconds.makeSigned, "", "made only", made);
report("proofs verified per second, signatures too", PROOFS / seconds.verifySigned, "", "without them", verified);
judge("proofs verified per second and core, signatures too", PROOFS / seconds.verifySigned, 1000);
