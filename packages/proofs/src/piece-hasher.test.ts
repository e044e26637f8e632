import { fromPayload } from "@web3-storage/data-segment/piece";
import fc from "fast-check";
import { create } from "fr32-sha2-256-trunc254-padded-binary-tree-multihash";
import { describe, expect, it } from "vitest";
import { hashPiece } from "./hash-unit.ts";
import { pieceCidV1, pieceCidV2 } from "./piece-cid.ts";
import { PieceHasher } from "./piece-hasher.ts";
import { maxPayload, UNIT_BYTES } from "./sizes.ts";
import { seededBytes } from "./testing/seeded-bytes.ts";

const repeat = (bytes: number[], times: number) =>
  Uint8Array.from({ length: bytes.length * times }, (_, i) => bytes[i % bytes.length]!);
const quarters = [0, 1, 2, 3].flatMap((value) => new Array<number>(127).fill(value));

/** go-fil-commp-hashhash and FRC-0069 vectors. */
const VECTORS: { name: string; bytes: Uint8Array; v1?: string; v2: string }[] = [
  { name: "nothing", bytes: new Uint8Array(0), v2: "bafkzcibcp4bdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy" },
  {
    name: "127 zeros",
    bytes: new Uint8Array(127),
    v1: "baga6ea4seaqdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy",
    v2: "bafkzcibcaabdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy",
  },
  {
    name: "128 zeros",
    bytes: new Uint8Array(128),
    v2: "bafkzcibcpybwiktap34inmaex4wbs6cghlq5i2j2yd2bb2zndn5ep7ralzphkdy",
  },
  {
    name: "127 each of 0, 1, 2, 3",
    bytes: Uint8Array.from(quarters),
    v1: "baga6ea4seaqes3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi",
    v2: "bafkzcibcaaces3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi",
  },
  {
    name: "1024 × 0xcc",
    bytes: repeat([0xcc], 1024),
    v1: "baga6ea4seaqdlpnhgsndrgjeu4p46hahlsr4lybg6du4d56ooppdpxhcofxeuoi",
    v2: "bafkzcibd6adqmnn5u42juoezestr7ty4a5okhrpae3yotqpxzzz54n644jyw4srz",
  },
  {
    name: "1 MiB × 0xcc",
    bytes: new Uint8Array(1 << 20).fill(0xcc),
    v1: "baga6ea4seaqegpj24ftn56wvylfeov5tzje2e7b3eoja6cbeeypxl3hza2f6ejq",
    v2: "bafkzcibeqcad6ecdhu5oczw67lk4fsshk6z4usncpq5sheqpbascmh3v5t4qnc7cey",
  },
];

function rustMultihash(bytes: Uint8Array): Uint8Array {
  const hasher = create();
  hasher.write(bytes);
  const out = new Uint8Array(hasher.multihashByteLength());
  hasher.digestInto(out, 0, true);
  hasher.free();
  return out;
}

/** The Rust package rounds the width of an empty payload down; every other size is compared. */
function expectOracles(size: number): void {
  const bytes = seededBytes(size, size + 7);
  const { root, height } = hashPiece(bytes);
  const cid = pieceCidV2(root, size);
  const oracle = fromPayload(bytes);
  expect(oracle.height).toBe(height);
  expect(oracle.toString()).toBe(cid.toString());
  expect(oracle.toInfo().link.toString()).toBe(pieceCidV1(root).toString());
  if (size > 0) expect(Buffer.from(rustMultihash(bytes)).equals(cid.multihash.bytes)).toBe(true);
}

describe("PieceHasher", () => {
  it.each(VECTORS)("gives the published CIDs of $name", ({ bytes, v1, v2 }) => {
    const { root, rawLength } = new PieceHasher().update(bytes).digest();
    expect(pieceCidV2(root, rawLength).toString()).toBe(v2);
    if (v1 !== undefined) expect(pieceCidV1(root).toString()).toBe(v1);
  });

  const edges = [2 ** 7, 2 ** 8, 2 ** 10, 2 ** 13, 2 ** 14, 2 ** 16, 2 ** 18, 2 ** 19].flatMap((padded) =>
    [-1, 0, 1].map((delta) => maxPayload(padded) + delta),
  );
  const named = [0, 1, 64, 65, 126, 127, 128, 1016, 1017, 127 * 8192 - 1, 127 * 8192, 127 * 8192 + 1];
  it.each([...new Set([...named, ...edges])])("agrees with both published packages at %i bytes", expectOracles);

  it("agrees with them at random sizes", () => {
    fc.assert(fc.property(fc.nat(300_000), expectOracles), { numRuns: 12 });
  });

  it("does not depend on how bytes are cut, on the reader's way in, or on the kind of memory", () => {
    fc.assert(
      fc.property(
        fc.nat(2 * UNIT_BYTES + 9),
        fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1 }),
        (size, cuts) => {
          const shared = new Uint8Array(new SharedArrayBuffer(size));
          shared.set(seededBytes(size, size + 3));
          const hasher = new PieceHasher({ collectTree: true });
          for (let from = 0, i = 0; from < size; i++) {
            const part = shared.subarray(from, from + cuts[i % cuts.length]!);
            if (i % 2 === 0) hasher.update(part);
            else {
              const taken = Math.min(part.length, hasher.space().length);
              hasher.space().set(part.subarray(0, taken));
              hasher.advance(taken);
              hasher.update(part.subarray(taken));
            }
            from += part.length;
          }
          const whole = hashPiece(shared);
          const { tree, ...digest } = hasher.digestTree();
          expect(digest).toEqual(whole);
          expect(Buffer.from(tree.root).equals(whole.root)).toBe(true);
          expect(tree.isConsistent()).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("hashes the next piece after reset, whatever lay in memory", () => {
    const hasher = new PieceHasher().update(seededBytes(UNIT_BYTES - 1));
    hasher.digest();
    expect(hasher.reset().update(seededBytes(1000, 4)).digest()).toEqual(hashPiece(seededBytes(1000, 4)));
    expect(hasher.reset().digest()).toEqual(hashPiece(new Uint8Array(0)));
  });

  it("repeats its digest but takes no more bytes after it", () => {
    const hasher = new PieceHasher().update(seededBytes(500));
    expect(hasher.digest()).toEqual(hasher.digest());
    expect(() => hasher.update(new Uint8Array(1))).toThrowError(/given its digest/);
  });

  it("refuses to advance beyond its space and to give a tree it did not collect", () => {
    const hasher = new PieceHasher();
    for (const length of [-1, 1.5, UNIT_BYTES + 1, Number.NaN])
      expect(() => hasher.advance(length)).toThrowError(/advance/);
    expect(() => hasher.digestTree()).toThrowError(/collects no tree/);
  });
});
