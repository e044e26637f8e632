import fc from "fast-check";
import { expect, it } from "vitest";
import { pieceCidV1, pieceCidV2 } from "./piece-cid.ts";
import { rootsOfPrefix } from "./piece-cid-prefix.ts";

const roots = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => {
  bytes[31]! &= 0x3f;
  return bytes;
});
const compare = (a: Uint8Array, b: Uint8Array) => Buffer.compare(Buffer.from(a), Buffer.from(b));

it("has the root of every PieceCID that begins so, and with the whole text no other", () => {
  fc.assert(
    fc.property(
      roots,
      roots,
      fc.integer({ min: 127, max: 2 ** 33 }),
      fc.nat({ max: 80 }),
      (root, other, length, cut) => {
        for (const cid of [pieceCidV1(root).toString(), pieceCidV2(root, length).toString()]) {
          const found = rootsOfPrefix(cid.slice(0, Math.max(1, Math.min(cut, cid.length))))!;
          expect(compare(found.from, root)).toBeLessThanOrEqual(0);
          expect(compare(root, found.to)).toBeLessThanOrEqual(0);
          const whole = rootsOfPrefix(cid)!;
          expect(compare(whole.from, root)).toBe(0);
          expect(compare(whole.to, root)).toBe(0);
          if (compare(other, root) !== 0) {
            const within = compare(whole.from, other) <= 0 && compare(other, whole.to) <= 0;
            expect(within).toBe(false);
          }
        }
      },
    ),
  );
});

it("narrows with every character of the root", () => {
  const root = new Uint8Array(32).fill(0x2a);
  const cid = pieceCidV2(root, 1_000_000).toString();
  const width = (text: string) => {
    const { from, to } = rootsOfPrefix(text)!;
    return BigInt(`0x${Buffer.from(to).toString("hex")}`) - BigInt(`0x${Buffer.from(from).toString("hex")}`);
  };
  for (let length = 20; length < cid.length; length++)
    expect(width(cid.slice(0, length + 1))).toBeLessThan(width(cid.slice(0, length)));
});

it("finds nothing for what no PieceCID begins with", () => {
  for (const text of [
    "",
    "z",
    "bafy2bzace",
    "Bafk",
    "b1",
    "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
    "b".repeat(101),
  ])
    expect(rootsOfPrefix(text)).toBe(undefined);
  const cid = pieceCidV1(new Uint8Array(32)).toString();
  expect(rootsOfPrefix(`${cid}aaaa`)).toBe(undefined);
});
