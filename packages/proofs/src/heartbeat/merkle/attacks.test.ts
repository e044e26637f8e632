import { hash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRandomIo } from "../random-io.ts";
import { anyValue, mutationsOf } from "../testing/mutate.ts";
import { readMerkleBeat } from "./beat.ts";
import { nextSeed, readMerkleChallenge } from "./challenge.ts";
import { answerBlob, merkleChunkSize } from "./challenged-range.ts";
import { makeMerkleTag } from "./make-tag.ts";
import { proveMerkle, type WireMerkleProof } from "./prove.ts";
import { nextMerkleChallenge, openMerkleState, signMerkleState } from "./state.ts";
import { type MerkleTag, merkleTagToWire, readMerkleTag } from "./tag.ts";
import { nodeAt } from "./tree.ts";
import { verifyMerkleAnswer } from "./verify.ts";

interface Contract {
  tag: MerkleTag;
  root: Buffer;
  rounds: number;
  seeds: Buffer[];
  read(offset: number, length: number): Buffer;
}

async function newContract(
  rounds: number,
  fileSize: number,
  chunkSize = merkleChunkSize(fileSize, 0.01),
): Promise<Contract> {
  const file = readRandomIo(randomBytes(16).toString("hex"), 0, fileSize);
  const read = (offset: number, length: number) => file.subarray(offset, offset + length);
  const [key, rootSeed] = [randomBytes(32), randomBytes(32)];
  const { tag, root } = await makeMerkleTag({ key, rootSeed, rounds, chunkSize, fileSize, read });
  const seeds: Buffer[] = [];
  for (let i = 0; i < rounds; i++) seeds.push(nextSeed(key, seeds[i - 1] ?? rootSeed));
  return { tag, root, rounds, seeds, read };
}

const prove = ({ tag, seeds, read }: Contract, index: number) => proveMerkle(tag, { seed: seeds[index]!, index }, read);

/** How the original judges: any number of rows, any length of blob, either side. */
function acceptedByOriginal(root: Buffer, index: number, { leaf, branch }: WireMerkleProof): boolean {
  const sha256 = (...parts: Uint8Array[]) => hash("sha256", Buffer.concat(parts), "buffer");
  let node = sha256(Buffer.from(leaf.blob, "base64"), Buffer.from(String(index)));
  for (const row of branch.rows) {
    const [left, right] = row.map((text) => Buffer.from(text, "base64")) as [Buffer, Buffer];
    if (!node.equals(left) && !node.equals(right)) return false;
    node = sha256(left, right);
  }
  return leaf.index === index && node.equals(root);
}

/** Every inner node whose children end in the digits of a challenge, given out as the answer to that challenge. */
function forgeries({ tag: { tree }, rounds }: Contract): { index: number; proof: WireMerkleProof }[] {
  const found: { index: number; proof: WireMerkleProof }[] = [];
  const text = (j: number) => nodeAt(tree, j).toString("base64");
  for (let inner = 0; inner < 2 ** tree.order - 1; inner++) {
    const children = Buffer.concat([nodeAt(tree, 2 * inner + 1), nodeAt(tree, 2 * inner + 2)]);
    for (let index = 0; index < rounds; index++) {
      const digits = Buffer.from(String(index));
      if (!children.subarray(-digits.length).equals(digits)) continue;
      const blob = children.subarray(0, -digits.length).toString("base64");
      const rows: [string, string][] = [];
      for (let j = inner; j > 0; j = (j - 1) >> 1)
        rows.push(j % 2 === 1 ? [text(j), text(j + 1)] : [text(j - 1), text(j)]);
      found.push({ index, proof: { leaf: { index, blob }, branch: { rows } } });
    }
  }
  return found;
}

describe("verifyMerkleAnswer against a farmer without the file", () => {
  it("refuses every inner node given out as a leaf, all of which the original accepts", async () => {
    let count = 0;
    for (let tries = 0; tries < 10; tries++) {
      const contract = await newContract(256, 1000);
      for (const { index, proof } of forgeries(contract)) {
        count += 1;
        expect(acceptedByOriginal(contract.root, index, proof)).toBe(true);
        expect(verifyMerkleAnswer({ ...contract, index }, proof)).toBe("invalid");
      }
    }
    expect(count).toBeGreaterThan(5);
  });

  it("refuses a forgery that is filled up to the right number of rows, or to the right length of blob", async () => {
    const contract = await newContract(256, 1000);
    for (const { index, proof } of forgeries(contract)) {
      const filled = Array.from({ length: 8 }, (_, i) => proof.branch.rows[i] ?? proof.branch.rows.at(-1) ?? ["", ""]);
      const cut = Buffer.from(proof.leaf.blob, "base64").subarray(-32).toString("base64");
      expect(verifyMerkleAnswer({ ...contract, index }, { ...proof, branch: { rows: filled } })).not.toBe("ok");
      expect(verifyMerkleAnswer({ ...contract, index }, { ...proof, leaf: { index, blob: cut } })).not.toBe("ok");
    }
  });

  it("refuses the answer to another challenge, however it is labelled", async () => {
    const contract = await newContract(16, 5000);
    const first = await prove(contract, 3);
    for (let index = 0; index < 16; index++) {
      const relabelled = { ...first, leaf: { ...first.leaf, index } };
      expect(verifyMerkleAnswer({ ...contract, index }, relabelled)).toBe(index === 3 ? "ok" : "invalid");
      expect(verifyMerkleAnswer({ ...contract, index }, first)).toBe(index === 3 ? "ok" : "invalid");
    }
  });

  it("refuses a way up that stands on the wrong side", async () => {
    const contract = await newContract(8, 5000);
    const { leaf, branch } = await prove(contract, 5);
    for (let level = 0; level < 3; level++) {
      const rows = branch.rows.map((row, at) => (at === level ? row.toReversed() : row));
      expect(verifyMerkleAnswer({ ...contract, index: 5 }, { leaf, branch: { rows } })).toBe("invalid");
    }
  });

  it("refuses a challenge that the tag does not have", async () => {
    const contract = await newContract(5, 5000);
    const proof = await prove(contract, 4);
    expect(verifyMerkleAnswer({ ...contract, index: 4 }, proof)).toBe("ok");
    expect(verifyMerkleAnswer({ ...contract, index: 5 }, { ...proof, leaf: { ...proof.leaf, index: 5 } })).toBe(
      "invalid",
    );
  });

  it("leaves no file so small that nothing is read of it", async () => {
    const empty = await newContract(4, 64, Math.trunc(0.01 * 64));
    const withoutFile = async (contract: Contract) => {
      const wrong = (offset: number, length: number) =>
        Buffer.from(contract.read(offset, length).map((byte) => byte ^ 0xff));
      return verifyMerkleAnswer({ ...contract, index: 0 }, await prove({ ...contract, read: wrong }, 0));
    };
    // What the original's size gives: HMAC of nothing.
    expect(await withoutFile(empty)).toBe("ok");
    expect((await prove(empty, 0)).leaf.blob).toBe(answerBlob(empty.seeds[0]!, Buffer.alloc(0)).toString("base64"));
    for (const fileSize of [1, 64, 99, 100, 8192, 100_000]) {
      const contract = await newContract(4, fileSize);
      expect([fileSize, await withoutFile(contract)]).toEqual([fileSize, "invalid"]);
    }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.constantFrom(null, 0, 0.01, 1), (size, fraction) => {
        const chunk = merkleChunkSize(size, fraction);
        expect(chunk).toBeGreaterThanOrEqual(Math.min(size, 8192));
        expect(chunk).toBeLessThanOrEqual(size);
      }),
    );
  });

  it("notices a challenged byte that is wrong", async () => {
    const contract = await newContract(4, 8192);
    const read = (offset: number, length: number) => {
      const bytes = Buffer.from(contract.read(offset, length));
      bytes[17]! ^= 1;
      return bytes;
    };
    expect(verifyMerkleAnswer({ ...contract, index: 2 }, await prove({ ...contract, read }, 2))).toBe("invalid");
  });
});

describe("an honest farmer", () => {
  it("passes every challenge of any tag", async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 }));
    await fc.assert(
      fc.asyncProperty(sizes, async ([rounds, fileSize]) => {
        const contract = await newContract(rounds, fileSize);
        const wire = JSON.parse(JSON.stringify(merkleTagToWire(contract.tag))) as unknown;
        const tag = readMerkleTag(wire)!;
        expect(tag).toEqual(contract.tag);
        for (let index = 0; index < rounds; index++) {
          const proof = await prove({ ...contract, tag }, index);
          expect(acceptedByOriginal(contract.root, index, proof)).toBe(true);
          expect(verifyMerkleAnswer({ ...contract, index }, proof)).toBe("ok");
        }
      }),
      { numRuns: 40 },
    );
  });

  it("learns that its file is too short, and that a challenge is of another tag", async () => {
    const contract = await newContract(4, 9000);
    const short = { ...contract, read: (offset: number, length: number) => contract.read(offset, length - 1) };
    await expect(prove(short, 0)).rejects.toMatchObject({ code: "heartbeat-short-file" });
    await expect(prove({ ...contract, seeds: contract.seeds.concat(contract.seeds) }, 4)).rejects.toMatchObject({
      code: "heartbeat-bad-round",
    });
  });
});

describe("hostile objects", () => {
  it("are corrupted or invalid answers, and never an exception", async () => {
    const contract = await newContract(5, 3000);
    const honest = await prove(contract, 4);
    fc.assert(
      fc.property(fc.oneof(anyValue, mutationsOf(honest)), fc.constantFrom(0, 4), (value, index) => {
        const verdict = verifyMerkleAnswer({ ...contract, index }, value);
        if (verdict === "ok") expect([index, JSON.stringify(value)]).toEqual([4, JSON.stringify(honest)]);
        else expect(["corrupted", "invalid"]).toContain(verdict);
      }),
      { numRuns: 2000 },
    );
  });

  it("are told apart: what is no proof at all, and what is a wrong one", async () => {
    const contract = await newContract(4, 3000);
    const { leaf, branch } = await prove(contract, 1);
    const judge = (proof: unknown) => verifyMerkleAnswer({ ...contract, index: 1 }, proof);
    const rows = (...changed: unknown[]) => ({ leaf, branch: { rows: changed } });
    const node = branch.rows[0]![0];
    for (const proof of [
      undefined,
      null,
      "",
      [],
      { leaf },
      { leaf, branch: { rows: {} } },
      { leaf: { ...leaf, index: "1" }, branch },
      { leaf: { ...leaf, blob: 7 }, branch },
      { leaf: { ...leaf, blob: "A" }, branch },
      { leaf: { ...leaf, blob: "A".repeat(4096) }, branch },
      rows([node, node, node], [node, node]),
      rows([node], [node, node]),
      rows([node, "*".repeat(44)], [node, node]),
      rows(...Array(65).fill([node, node])),
    ]) {
      expect([JSON.stringify(proof), judge(proof)]).toEqual([JSON.stringify(proof), "corrupted"]);
    }
    for (const proof of [
      rows(),
      rows(...branch.rows, ...branch.rows),
      rows([node, ""], [node, node]),
      { leaf: { ...leaf, blob: "AAAA" }, branch },
    ]) {
      expect([JSON.stringify(proof), judge(proof)]).toEqual([JSON.stringify(proof), "invalid"]);
    }
  });

  it("are no beat, challenge, tag or state", async () => {
    const contract = await newContract(5, 3000);
    const [seed] = contract.seeds as [Buffer];
    const key = randomBytes(32);
    const state = signMerkleState(key, { index: 0, seed, rounds: 5, root: contract.root, timestamp: 1.5 });
    const honest = [
      merkleTagToWire(contract.tag),
      state,
      { seed: seed.toString("base64"), index: 3 },
      { key: "", check_fraction: 1 },
    ];
    fc.assert(
      fc.property(fc.oneof(anyValue, ...honest.map(mutationsOf)), (value) => {
        expect(() => [readMerkleBeat(value), readMerkleChallenge(value)]).not.toThrow();
        const tag = readMerkleTag(value);
        if (tag !== undefined) expect(readMerkleTag(merkleTagToWire(tag))).toEqual(tag);
        const opened = openMerkleState(key, value);
        if (opened === undefined) expect(() => nextMerkleChallenge(key, value)).toThrow("signature invalid on state");
        else expect(JSON.stringify(value)).toBe(JSON.stringify(state));
      }),
      { numRuns: 1000 },
    );
    expect(
      readMerkleTag({ tree: { nodes: Array(2 ** 17).fill(""), order: 16, leaves: [] }, chunksz: 1, filesz: 1 }),
    ).toBeUndefined();
  });

  it("get no tag of no challenges, or of too many", async () => {
    for (const rounds of [0, -1, 1.5, 32_769])
      await expect(newContract(rounds, 100)).rejects.toMatchObject({ code: "heartbeat-bad-rounds" });
  });
});

describe("signMerkleState", () => {
  it("writes its timestamp as Python does", () => {
    const key = Buffer.alloc(32, 1);
    const state = { index: 0, seed: Buffer.alloc(32), rounds: 1, root: Buffer.alloc(32) };
    const macs: Record<string, number> = {
      "0.0": 0,
      "1424300000.0": 1424300000,
      "1e+16": 1e16,
      "1.5e+300": 1.5e300,
      "1e-05": 1e-5,
      "0.0001": 1e-4,
    };
    for (const [text, timestamp] of Object.entries(macs)) {
      const signed = Buffer.concat([Buffer.from("0"), state.seed, Buffer.from("1"), state.root, Buffer.from(text)]);
      const { hmac } = signMerkleState(key, { ...state, timestamp });
      expect([text, hmac]).toEqual([text, answerBlob(key, signed).toString("base64")]);
    }
  });
});
