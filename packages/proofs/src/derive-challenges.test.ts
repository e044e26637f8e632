import { createHash } from "node:crypto";
import type { CairnError, Hex } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../vectors/challenges.json" with { type: "json" };
import { type ChallengeContext, deriveChallenges, MAX_CHALLENGES } from "./derive-challenges.ts";
import { CONTEXT } from "./testing/sample-shard.ts";

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b): Hex => `0x${Buffer.from(b).toString("hex")}`);
const anyContext: fc.Arbitrary<ChallengeContext> = fc.record({
  purpose: fc.constantFrom("period", "activation", "check"),
  seed: hex(32),
  chainId: fc.nat(2 ** 31),
  deal: hex(32),
  provider: hex(20),
  period: fc.nat(2 ** 31),
});

/** The protocol's words in bigint, with no regard for speed. */
function bySpecification(c: ChallengeContext, leaves: number, count: number): number[] {
  const drawn: number[] = [];
  const purpose = { period: 0, activation: 1, check: 2 }[c.purpose];
  for (let j = 0; drawn.length < Math.min(count, leaves); j++) {
    const text = [
      purpose.toString(16).padStart(2, "0"),
      c.seed.slice(2),
      c.chainId.toString(16).padStart(16, "0"),
      c.deal.slice(2),
      c.provider.slice(2),
      c.period.toString(16).padStart(16, "0"),
      j.toString(16).padStart(8, "0"),
    ].join("");
    const word = BigInt(`0x${createHash("sha256").update(Buffer.from(text, "hex")).digest("hex").slice(0, 16)}`);
    const index = Number(word % BigInt(leaves));
    if (!drawn.includes(index)) drawn.push(index);
  }
  return drawn;
}

describe("deriveChallenges", () => {
  it("draws what the protocol says", () => {
    fc.assert(
      fc.property(anyContext, fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(30), (context, leaves, count) => {
        expect(deriveChallenges(context, leaves, count)).toEqual(bySpecification(context, leaves, count));
      }),
    );
  });

  it("gives the published vectors", () => {
    for (const { context, leaves, count, indices } of vectors) {
      expect(deriveChallenges(context as ChallengeContext, leaves, count)).toEqual(indices);
    }
  });

  it("draws distinct payload leaves, all of them when there are few", () => {
    fc.assert(
      fc.property(anyContext, fc.integer({ min: 0, max: 40 }), (context, leaves) => {
        const drawn = deriveChallenges(context, leaves, 20);
        expect(new Set(drawn).size).toBe(Math.min(20, leaves));
        expect(drawn.every((leaf) => leaf >= 0 && leaf < leaves)).toBe(true);
      }),
    );
  });

  it("draws otherwise when anything in the context changes", () => {
    const changes: Partial<ChallengeContext>[] = [
      { purpose: "activation" },
      { seed: `0x${"5f".repeat(32)}` },
      { chainId: 1 },
      { deal: `0x${"00".repeat(32)}` },
      { provider: `0x${"ac".repeat(20)}` },
      { period: 1235 },
    ];
    const drawn = changes.map((change) => deriveChallenges({ ...CONTEXT, ...change }, 2 ** 24, 20).join());
    expect(new Set([deriveChallenges(CONTEXT, 2 ** 24, 20).join(), ...drawn]).size).toBe(changes.length + 1);
  });

  it("refuses ids of a wrong length and more leaves than anyone may ask for", () => {
    const code = (run: () => unknown) => {
      try {
        run();
      } catch (thrown) {
        return (thrown as CairnError).code;
      }
      return "none";
    };
    for (const change of [{ seed: "0x00" }, { deal: `0x${"zz".repeat(32)}` }, { provider: `0x${"ab".repeat(32)}` }]) {
      expect(code(() => deriveChallenges({ ...CONTEXT, ...change } as ChallengeContext, 100, 20))).toBe("bad-hex");
    }
    for (const count of [-1, 1.5, MAX_CHALLENGES + 1, Number.POSITIVE_INFINITY]) {
      expect(code(() => deriveChallenges(CONTEXT, 100, count))).toBe("bad-challenge");
    }
  });
});
