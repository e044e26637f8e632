/**
 * Tags of a 32 MiB chunk, answers and judgements of the Storj door's heartbeats, per second of one core (processor time). The peers are
 * the same schemes written from their definition with node:crypto and bigints; what they give is compared byte for byte first.
 */
import { hash, randomBytes } from "node:crypto";
import {
  makeMerkleTag,
  makeSwizzleTag,
  merkleChunkSize,
  newSwizzleBeat,
  nextSeed,
  parseSwizzleTag,
  proveMerkle,
  proveSwizzle,
  RandomIo,
  readSwizzleProof,
  type SwizzleChallenge,
  swizzleChallengeLength,
  verifyMerkleAnswer,
  verifySwizzleAnswer,
} from "@cairn/proofs/heartbeat";
import { judge, processorSeconds, race, report } from "./lib/measure.ts";
import { plainMerkleNodes, plainMerkleVerify, plainSwizzleSigmas, plainSwizzleVerify } from "./lib/plain-heartbeat.ts";

const FILE_BYTES = 32 * 1024 * 1024;
const ROUNDS = 256;
const MERKLE_TURNS = 4096;
const SWIZZLE_TURNS = 100;
const megabytes = FILE_BYTES / 1e6;

const file = new RandomIo("benchmark").read(FILE_BYTES);
const room = Buffer.alloc(FILE_BYTES);
const read = (offset: number, length: number) => file.subarray(offset, offset + length);
const key = randomBytes(32);
const rootSeed = randomBytes(32);
const chunkSize = merkleChunkSize(FILE_BYTES, 0.01);
const makeMerkle = () => makeMerkleTag({ key, rootSeed, rounds: ROUNDS, chunkSize, fileSize: FILE_BYTES, read });
const plainMerkle = () => plainMerkleNodes(file, key, rootSeed, ROUNDS, chunkSize);

const beat = newSwizzleBeat({ encryption: randomBytes(32), mac: randomBytes(32) });
const [fKey, alphaKey] = [randomBytes(32), randomBytes(32)] as const;
const makeSwizzle = () => makeSwizzleTag({ beat, fKey, alphaKey, fileSize: FILE_BYTES, read });
const plainSwizzle = () => plainSwizzleSigmas(file, beat.prime, fKey, alphaKey);

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`${what} differs`);
}

const merkle = await makeMerkle();
check("the Merkle tag", merkle.tag.tree.nodes.equals(Buffer.concat(plainMerkle())));
const made = await makeSwizzle();
const swizzleTag = parseSwizzleTag(made.tag)!;
const lengths = Buffer.alloc(4);
const encodeSigma = (sigma: bigint) => {
  const hex = sigma.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  lengths.writeUInt32LE(bytes.length);
  return Buffer.concat([lengths, bytes]);
};
check("the Swizzle tag", made.tag.subarray(4).equals(Buffer.concat(plainSwizzle().map(encodeSigma))));

const seeds = [nextSeed(key, rootSeed)];
while (seeds.length < ROUNDS) seeds.push(nextSeed(key, seeds.at(-1)!));
const merkleProofs = await Promise.all(seeds.map((seed, index) => proveMerkle(merkle.tag, { seed, index }, read)));
const merkleTexts = merkleProofs.map((proof) => JSON.stringify(proof));

const challenge: SwizzleChallenge = {
  length: swizzleChallengeLength(made.chunks, 0.01),
  key: randomBytes(32),
  limit: beat.prime,
};
const holding = { beat, tag: swizzleTag, fileSize: FILE_BYTES, read };
const least = { ...challenge, length: 30 };
const state = { chunks: made.chunks, fKey, alphaKey };
const swizzleProof = await proveSwizzle(holding, challenge);
const leastProof = await proveSwizzle(holding, least);
/** Which chunks are drawn does not change the peer's work. */
const firstChunks = Array.from({ length: challenge.length }, (_, i) => i);

const hashed = ROUNDS * chunkSize;
const seconds = await race(
  {
    keystream: () => new RandomIo("benchmark").fill(room),
    merkle: makeMerkle,
    plainMerkle,
    sha256: () => {
      for (let at = 0; at < hashed; at += FILE_BYTES)
        hash("sha256", file.subarray(0, Math.min(FILE_BYTES, hashed - at)));
    },
    swizzle: makeSwizzle,
    plainSwizzle,
    merkleProve: async () => {
      for (const [index, seed] of seeds.entries()) await proveMerkle(merkle.tag, { seed, index }, read);
    },
    merkleVerify: () => {
      for (let i = 0; i < MERKLE_TURNS; i++) {
        const index = i % ROUNDS;
        const proof: unknown = JSON.parse(merkleTexts[index]!);
        check("a verdict", verifyMerkleAnswer({ root: merkle.root, rounds: ROUNDS, index }, proof) === "ok");
      }
    },
    plainMerkleVerify: () => {
      for (let i = 0; i < MERKLE_TURNS; i++) {
        const index = i % ROUNDS;
        check("a verdict", plainMerkleVerify(merkle.root, index, JSON.parse(merkleTexts[index]!)));
      }
    },
    swizzleProve: async () => {
      for (let i = 0; i < SWIZZLE_TURNS; i++) await proveSwizzle(holding, challenge);
    },
    swizzleVerify: () => {
      for (let i = 0; i < SWIZZLE_TURNS; i++) {
        check("a verdict", verifySwizzleAnswer(beat, state, challenge, swizzleProof) === "ok");
      }
    },
    leastVerify: () => {
      for (let i = 0; i < SWIZZLE_TURNS; i++) {
        check("a verdict", verifySwizzleAnswer(beat, state, least, leastProof) === "ok");
      }
    },
    plainSwizzleVerify: () => {
      const drawn = { key: Buffer.from(challenge.key), indices: firstChunks };
      for (let i = 0; i < SWIZZLE_TURNS; i++) {
        plainSwizzleVerify(beat.prime, { fKey, alphaKey }, drawn, readSwizzleProof(swizzleProof)!);
      }
    },
  },
  3,
  processorSeconds,
);

const rate = (name: keyof typeof seconds) => megabytes / seconds[name];
report("RandomIO of 32 MiB", rate("keystream"), "MB/s", "Swizzle tag of it", rate("swizzle"));
report("Merkle tag of 32 MiB, 256 challenges", rate("merkle"), "MB/s", "plain Node", rate("plainMerkle"));
report("Merkle tag of 32 MiB, 256 challenges", rate("merkle"), "MB/s", "SHA-256 of the same 86 MB", rate("sha256"));
report("Swizzle tag of 32 MiB", rate("swizzle"), "MB/s", "plain BigInt", rate("plainSwizzle"));
const merkleRate = MERKLE_TURNS / seconds.merkleVerify;
report(
  "Merkle answers parsed and judged per second",
  merkleRate,
  "",
  "plain Node",
  MERKLE_TURNS / seconds.plainMerkleVerify,
);
report("Merkle answers made per second", ROUNDS / seconds.merkleProve, "", "judged", merkleRate);
const swizzleRate = SWIZZLE_TURNS / seconds.swizzleVerify;
const drawn = `of ${challenge.length} of ${made.chunks} chunks`;
report(
  `Swizzle answers ${drawn} judged per second`,
  swizzleRate,
  "",
  "plain BigInt",
  SWIZZLE_TURNS / seconds.plainSwizzleVerify,
);
report(
  "Swizzle answers of 30 chunks judged per second",
  SWIZZLE_TURNS / seconds.leastVerify,
  "",
  `${drawn}`,
  swizzleRate,
);
report(`Swizzle answers ${drawn} made per second`, SWIZZLE_TURNS / seconds.swizzleProve, "", "judged", swizzleRate);
judge("Merkle answers parsed and judged per second and core", merkleRate, 10_000);
