import type { Address, Hex } from "@cairn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BlockReference,
  type ConsensusEffect,
  type ConsensusMessage,
  type ConsensusRules,
  type ConsensusState,
  proposerAt,
  quorumOf,
  step,
} from "./step.ts";

const A: Address = `0x${"aa".repeat(20)}`;
const B: Address = `0x${"bb".repeat(20)}`;
const C: Address = `0x${"cc".repeat(20)}`;
const GENESIS: BlockReference = { number: 0, hash: "0x00", parent: "0x", timestamp: 1000, proposer: A };

function start(changes: Partial<ConsensusRules> = {}, self: Address | undefined = A): ConsensusState {
  const rules = { genesisTime: 1000, blockSeconds: 2, validators: [A], ...changes };
  return { rules, self, head: GENESIS, work: { kind: "idle" } };
}

function child(parent: BlockReference, changes: Partial<BlockReference> = {}): BlockReference {
  const number = parent.number + 1;
  return {
    number,
    hash: `0x${number.toString(16)}`,
    parent: parent.hash,
    timestamp: parent.timestamp + 2,
    proposer: A,
    ...changes,
  };
}

function reasons(effects: ConsensusEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "reject" ? [effect.reason] : []));
}

describe("step, one validator", () => {
  it("opens a block for the next slot, closes it then, stores it and opens the next", () => {
    let { state, effects } = step(start(), { type: "time" }, 1_000_500);
    expect(effects).toEqual([
      { type: "open", parent: "0x00", timestamp: 1002 },
      { type: "wake", at: 1_002_000 },
    ]);
    ({ state, effects } = step(state, { type: "time" }, 1_001_999));
    expect(effects).toEqual([{ type: "wake", at: 1_002_000 }]);
    ({ state, effects } = step(state, { type: "time" }, 1_002_001));
    expect(effects).toEqual([{ type: "close" }]);
    ({ state, effects } = step(state, { type: "time" }, 1_002_002));
    expect(effects).toEqual([]);
    const block = child(GENESIS);
    ({ state, effects } = step(state, { type: "built", block, signers: [A] }, 1_002_010));
    expect(effects).toEqual([{ type: "store", hash: block.hash }]);
    ({ state, effects } = step(state, { type: "stored", hash: block.hash }, 1_002_020));
    expect(state.head).toEqual(block);
    expect(effects[0]).toEqual({ type: "open", parent: block.hash, timestamp: 1004 });
  });

  it("skips the slots that passed while it was away", () => {
    const { effects } = step(start(), { type: "time" }, 9_000_100);
    expect(effects[0]).toEqual({ type: "open", parent: "0x00", timestamp: 9002 });
  });

  it("waits when the clock has gone back behind the head", () => {
    const { effects } = step(start(), { type: "time" }, 500_000);
    expect(effects).toEqual([
      { type: "open", parent: "0x00", timestamp: 1002 },
      { type: "wake", at: 1_002_000 },
    ]);
  });

  it("only follows without a key, or with one that is no validator's", () => {
    const follower: ConsensusState = { ...start(), self: undefined };
    expect(step(follower, { type: "time" }, 1_000_000).effects).toEqual([]);
    expect(step(start({}, B), { type: "time" }, 1_000_000).effects).toEqual([]);
  });

  it("gives its open block up for one that it is sent", () => {
    const { state } = step(start(), { type: "time" }, 1_000_500);
    const block = child(GENESIS);
    const received = step(state, { type: "received", block, signers: [A] }, 1_002_000);
    expect(received.effects).toEqual([{ type: "abandon" }, { type: "check", hash: block.hash }]);
    const invalid = step(received.state, { type: "checked", hash: block.hash, valid: false }, 1_002_100);
    expect(reasons(invalid.effects)).toEqual(["invalid"]);
    expect(invalid.state.head).toBe(GENESIS);
    const valid = step(received.state, { type: "checked", hash: block.hash, valid: true }, 1_002_100);
    expect(valid.effects).toEqual([{ type: "store", hash: block.hash }]);
  });

  it.each<[string, Partial<BlockReference>, Address[]]>([
    ["known", { number: 0 }, [A]],
    ["wrong-number", { number: 2 }, [A]],
    ["unknown-parent", { parent: "0x77" }, [A]],
    ["not-after-parent", { timestamp: 1000 }, [A]],
    ["from-the-future", { timestamp: 1008 }, [A]],
    ["off-slot", { timestamp: 1003 }, [A]],
    ["wrong-proposer", { proposer: B }, [B]],
    ["wrong-proposer", {}, [B]],
    ["wrong-proposer", {}, []],
  ])("rejects a block that is %s", (reason, changes, signers) => {
    const { state, effects } = step(
      start({}, undefined),
      { type: "received", block: child(GENESIS, changes), signers },
      1_002_000,
    );
    expect(reasons(effects)).toEqual([reason]);
    expect(state.head).toBe(GENESIS);
  });

  it("takes a time of five seconds ahead and no more", () => {
    const block = child(GENESIS, { timestamp: 1010 });
    expect(reasons(step(start(), { type: "received", block, signers: [A] }, 1_005_000).effects)).toEqual([]);
    expect(reasons(step(start(), { type: "received", block, signers: [A] }, 1_004_999).effects)).toEqual([
      "from-the-future",
    ]);
  });
});

describe("step, a validator set", () => {
  const rules = { validators: [A, B, C] };

  it("needs two thirds, rounded up", () => {
    expect([1, 2, 3, 4, 7].map(quorumOf)).toEqual([1, 2, 2, 3, 5]);
  });

  it("gives every slot to one validator in turn", () => {
    const { rules: all } = start(rules);
    expect([1000, 1002, 1004, 1006, 1007].map((time) => proposerAt(time, all))).toEqual([A, B, C, A, A]);
    expect(step(start(rules, C), { type: "time" }, 1_000_500).effects[0]).toMatchObject({ timestamp: 1004 });
  });

  it("stores nothing without a quorum of distinct validators", () => {
    const block = child(GENESIS, { proposer: B });
    const given = (signers: Address[]) =>
      reasons(step(start(rules), { type: "received", block, signers }, 1_002_000).effects);
    expect(given([B])).toEqual(["no-quorum"]);
    expect(given([B, B, B])).toEqual(["no-quorum"]);
    expect(given([B, `0x${"dd".repeat(20)}`])).toEqual(["no-quorum"]);
    expect(given([A, C])).toEqual(["wrong-proposer"]);
    expect(given([B, C])).toEqual([]);
  });
});

describe("step, any messages at all", () => {
  const hash = fc.integer({ min: 0, max: 4 }).map((n): Hex => `0x${n.toString(16)}`);
  const block = fc.record({
    number: fc.integer({ min: 0, max: 4 }),
    hash,
    parent: hash,
    timestamp: fc.integer({ min: 998, max: 1012 }),
    proposer: fc.constantFrom(A, B),
  });
  const signers = fc.subarray([A, B]);
  const message: fc.Arbitrary<ConsensusMessage> = fc.oneof(
    fc.constant<ConsensusMessage>({ type: "time" }),
    fc.record({ type: fc.constant("built" as const), block, signers }),
    fc.record({ type: fc.constant("received" as const), block, signers }),
    fc.record({ type: fc.constant("checked" as const), hash, valid: fc.boolean() }),
    fc.record({ type: fc.constant("stored" as const), hash }),
  );

  it("never stores two blocks at a height, and only moves the head forward, one block and later in time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(message, fc.integer({ min: 999_000, max: 1_013_000 })), { maxLength: 60 }),
        (inputs) => {
          let state = start();
          const before = JSON.stringify(state);
          const first = state;
          for (const [input, now] of inputs) {
            const next = step(state, input, now).state;
            if (next.head !== state.head) {
              expect(next.head.number).toBe(state.head.number + 1);
              expect(next.head.parent).toBe(state.head.hash);
              expect(next.head.timestamp).toBeGreaterThan(state.head.timestamp);
              expect(input).toEqual({ type: "stored", hash: next.head.hash });
            }
            state = next;
          }
          expect(JSON.stringify(first)).toBe(before);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
