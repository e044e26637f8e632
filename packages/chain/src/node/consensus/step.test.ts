import type { Address, Hex } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BlockReference,
  type ConsensusEffect,
  type ConsensusMessage,
  type ConsensusRules,
  type ConsensusState,
  FOLLOW_MS,
  GATHER_MS,
  proposerAt,
  quorumOf,
  SPACING_MS,
  step,
} from "./step.ts";

const A: Address = `0x${"aa".repeat(20)}`;
const B: Address = `0x${"bb".repeat(20)}`;
const C: Address = `0x${"cc".repeat(20)}`;
const EMPTY = { transactions: 0, gasUsed: 0n };
const GENESIS: BlockReference = { number: 0, hash: "0x00", parent: "0x", timestamp: 1000, proposer: A, ...EMPTY };

function start(changes: Partial<ConsensusRules> = {}, self: Address | undefined = A): ConsensusState {
  const rules = { genesisTime: 1000, blockSeconds: 2, blockGas: 1000n, validators: [A], ...changes };
  const work = { kind: "idle" } as const;
  return { rules, heartbeatSeconds: 10, self, head: GENESIS, pace: undefined, waiting: false, work };
}

function child(parent: BlockReference, changes: Partial<BlockReference> = {}): BlockReference {
  const number = parent.number + 1;
  return {
    number,
    hash: `0x${number.toString(16)}`,
    parent: parent.hash,
    timestamp: parent.timestamp + 2,
    proposer: A,
    ...EMPTY,
    ...changes,
  };
}

function reasons(effects: ConsensusEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "reject" ? [effect.reason] : []));
}

/** Lets the open block be built and stored at `now`. */
function finish(state: ConsensusState, block: BlockReference, now: number, waiting = false) {
  const built = step(state, { type: "built", block, signers: [A] }, now);
  expect(built.effects).toEqual([{ type: "store", hash: block.hash }]);
  return step(built.state, { type: "stored", hash: block.hash, waiting }, now);
}

describe("step, one validator", () => {
  it("makes its first block a slot after the head, and without work one every heartbeat", () => {
    let { state, effects } = step(start(), { type: "time" }, 1_000_500);
    expect(effects).toEqual([{ type: "wake", at: 1_002_000 }]);
    ({ state, effects } = step(state, { type: "time" }, 1_002_001));
    expect(effects).toEqual([{ type: "open", parent: "0x00", timestamp: 1002 }, { type: "close" }]);
    expect(step(state, { type: "time" }, 1_002_002).effects).toEqual([]);
    ({ state, effects } = finish(state, child(GENESIS), 1_002_020));
    expect(state.head).toEqual(child(GENESIS));
    expect(effects).toEqual([{ type: "wake", at: 1_012_000 }]);
  });

  it("opens a block when a transaction waits, gathers others for a moment, and closes it", () => {
    let { state, effects } = step(start(), { type: "waiting" }, 1_000_700);
    expect(effects).toEqual([
      { type: "open", parent: "0x00", timestamp: 1000 },
      { type: "execute" },
      { type: "wake", at: 1_002_700 },
    ]);
    ({ state, effects } = step(state, { type: "drained", executed: 1, full: false }, 1_000_710));
    expect(effects).toEqual([{ type: "wake", at: 1_000_700 + GATHER_MS }]);
    ({ state, effects } = step(state, { type: "waiting" }, 1_000_720));
    expect(effects).toEqual([{ type: "execute" }]);
    ({ state, effects } = step(state, { type: "drained", executed: 2, full: false }, 1_000_800));
    expect(effects).toEqual([{ type: "close" }]);
  });

  it("closes a block that is full at once, and one that is never drained after a slot", () => {
    const { state } = step(start(), { type: "waiting" }, 1_000_700);
    expect(step(state, { type: "drained", executed: 9, full: true }, 1_000_701).effects).toEqual([{ type: "close" }]);
    expect(step(state, { type: "time" }, 1_002_699).effects).toEqual([{ type: "wake", at: 1_002_700 }]);
    expect(step(state, { type: "time" }, 1_002_700).effects).toEqual([{ type: "close" }]);
  });

  it("gives a block up whose transactions turned out to be none, and waits for others", () => {
    const { state } = step(start(), { type: "waiting" }, 1_000_700);
    const { state: after, effects } = step(state, { type: "drained", executed: 0, full: false }, 1_000_710);
    expect(effects).toEqual([{ type: "abandon" }, { type: "wake", at: 1_002_000 }]);
    expect(after).toMatchObject({ waiting: false, work: { kind: "idle" } });
  });

  it("follows transactions with one empty block, which is followed by none", () => {
    const opened = step(start(), { type: "waiting" }, 1_001_000).state;
    const { state: drained } = step(opened, { type: "drained", executed: 1, full: false }, 1_001_100);
    const block = child(GENESIS, { timestamp: 1001, transactions: 1, gasUsed: 1n });
    const { state, effects } = finish(drained, block, 1_001_200);
    expect(effects).toEqual([{ type: "wake", at: 1_001_200 + FOLLOW_MS }]);
    const next = step(state, { type: "time" }, 1_001_700);
    expect(next.effects).toEqual([{ type: "open", parent: block.hash, timestamp: 1001 }, { type: "close" }]);
    const empty = child(block, { timestamp: 1001 });
    expect(finish(next.state, empty, 1_001_710).effects).toEqual([{ type: "wake", at: 1_011_000 }]);
  });

  it("spaces blocks, and after one with much gas waits for as long as its gas stands for", () => {
    const gap = (gasUsed: bigint) => {
      const opened = step(start(), { type: "waiting" }, 1_001_000).state;
      const { state: drained } = step(opened, { type: "drained", executed: 1, full: false }, 1_001_100);
      const block = child(GENESIS, { timestamp: 1001, transactions: 1, gasUsed });
      const [effect] = finish(drained, block, 1_001_200, true).effects;
      return effect?.type === "wake" ? effect.at : 0;
    };
    expect(gap(1n)).toBe(1_001_200 + SPACING_MS);
    expect(gap(500n)).toBe(1_002_000);
    expect(gap(1000n)).toBe(1_003_000);
  });

  it("makes a block at once when it comes back from an absence", () => {
    const { effects } = step(start(), { type: "time" }, 9_000_100);
    expect(effects[0]).toEqual({ type: "open", parent: "0x00", timestamp: 9000 });
  });

  describe("whose head is a quarter of an hour ahead of the clock", () => {
    const now = 1_000_000 - 900_000;

    it("makes blocks at the head's own time: for transactions, the empty one after them, and every heartbeat", () => {
      const opened = step(start(), { type: "waiting" }, now);
      expect(opened.effects[0]).toEqual({ type: "open", parent: "0x00", timestamp: 1000 });
      const { state: drained } = step(opened.state, { type: "drained", executed: 1, full: false }, now + 10);
      const closed = step(drained, { type: "time" }, now + GATHER_MS);
      expect(closed.effects).toEqual([{ type: "close" }]);
      const block = child(GENESIS, { timestamp: 1000, transactions: 1, gasUsed: 1n });
      const stored = finish(closed.state, block, now + 100);
      expect(stored.effects).toEqual([{ type: "wake", at: now + 100 + FOLLOW_MS }]);
      const next = step(stored.state, { type: "time" }, now + 100 + FOLLOW_MS);
      expect(next.effects).toEqual([{ type: "open", parent: block.hash, timestamp: 1000 }, { type: "close" }]);
      const empty = finish(next.state, child(block, { timestamp: 1000 }), now + 700);
      expect(empty.effects).toEqual([{ type: "wake", at: now + 700 + 10_000 }]);
      expect(step(empty.state, { type: "time" }, now + 10_700).effects[0]).toMatchObject({ timestamp: 1000 });
    });

    it("makes its first block at once, and takes up the clock's time when that has caught up", () => {
      expect(step(start(), { type: "time" }, now).effects[0]).toMatchObject({ type: "open", timestamp: 1000 });
      expect(step(start(), { type: "waiting" }, 1_000_999).effects[0]).toMatchObject({ timestamp: 1000 });
      expect(step(start(), { type: "waiting" }, 1_001_000).effects[0]).toMatchObject({ timestamp: 1001 });
    });

    it("takes a block at its parent's time from another, and none that leads further ahead", () => {
      const received = (timestamp: number) =>
        step(start({}, undefined), { type: "received", block: child(GENESIS, { timestamp }), signers: [A] }, now);
      expect(received(1000).effects).toEqual([{ type: "check", hash: "0x1" }]);
      expect(reasons(received(1001).effects)).toEqual(["from-the-future"]);
    });
  });

  it("goes on without a pause when the clock is set back between two blocks", () => {
    const back = 1_001_300 - 900_000;
    const opened = step(start(), { type: "waiting" }, 1_001_000).state;
    const { state: closing } = step(opened, { type: "drained", executed: 1, full: true }, 1_001_100);
    const block = child(GENESIS, { timestamp: 1001, transactions: 1, gasUsed: 1n });
    const { state } = finish(closing, block, 1_001_200);
    const waiting = step(state, { type: "waiting" }, back);
    expect(waiting.effects).toEqual([{ type: "wake", at: back + SPACING_MS }]);
    expect(step(waiting.state, { type: "time" }, back + SPACING_MS).effects[0]).toMatchObject({
      type: "open",
      timestamp: 1001,
    });
  });

  it("makes a block anew at its parent's time when the clock is set back while it is open", () => {
    const back = 1_001_300 - 900_000;
    const opened = step(start(), { type: "waiting" }, 1_001_000).state;
    const drained = step(opened, { type: "drained", executed: 1, full: false }, back);
    expect(drained.effects).toEqual([{ type: "wake", at: back + GATHER_MS }]);
    const { state: closing } = step(drained.state, { type: "time" }, back + GATHER_MS);
    const block = child(GENESIS, { timestamp: 1001, transactions: 1, gasUsed: 1n });
    const built = step(closing, { type: "built", block, signers: [A] }, back + 60);
    expect(built.effects).toEqual([
      { type: "reject", hash: block.hash, reason: "from-the-future" },
      { type: "abandon" },
      { type: "open", parent: "0x00", timestamp: 1000 },
      { type: "close" },
    ]);
  });

  it("only follows without a key, or with one that is no validator's", () => {
    const follower: ConsensusState = { ...start(), self: undefined };
    expect(step(follower, { type: "time" }, 1_000_000).effects).toEqual([]);
    expect(step(start({}, B), { type: "time" }, 1_000_000).effects).toEqual([]);
  });

  it("gives its open block up for one that it is sent", () => {
    const { state } = step(start(), { type: "waiting" }, 1_000_500);
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
    ["before-parent", { timestamp: 999 }, [A]],
    ["from-the-future", { timestamp: 1008 }, [A]],
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
    expect(step(start(rules, C), { type: "waiting" }, 1_000_500).effects).toEqual([{ type: "wake", at: 1_004_000 }]);
    expect(step(start(rules, C), { type: "waiting" }, 1_005_500).effects[0]).toMatchObject({ timestamp: 1005 });
  });

  it("leaves the head's own time to that slot's validator while the clock is behind it", () => {
    const behind = 900_000;
    expect(step(start(rules, A), { type: "waiting" }, behind).effects[0]).toMatchObject({ timestamp: 1000 });
    expect(step(start(rules, C), { type: "waiting" }, behind).effects).toEqual([{ type: "wake", at: 1_004_000 }]);
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
    transactions: fc.integer({ min: 0, max: 2 }),
    gasUsed: fc.bigInt(0n, 1000n),
  });
  const signers = fc.subarray([A, B]);
  const message: fc.Arbitrary<ConsensusMessage> = fc.oneof(
    fc.constant<ConsensusMessage>({ type: "time" }),
    fc.record({ type: fc.constant("built" as const), block, signers }),
    fc.record({ type: fc.constant("received" as const), block, signers }),
    fc.record({ type: fc.constant("checked" as const), hash, valid: fc.boolean() }),
    fc.record({ type: fc.constant("stored" as const), hash, waiting: fc.boolean() }),
    fc.constant<ConsensusMessage>({ type: "waiting" }),
    fc.record({
      type: fc.constant("drained" as const),
      executed: fc.integer({ min: 0, max: 2 }),
      full: fc.boolean(),
    }),
  );

  it("never stores two blocks at a height, and only moves the head forward, one block and never back in time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(message, fc.integer({ min: 990_000, max: 1_013_000 })), { maxLength: 60 }),
        (inputs) => {
          let state = start();
          const before = structuredClone(state);
          const first = state;
          for (const [input, now] of inputs) {
            const next = step(state, input, now).state;
            if (next.head !== state.head) {
              expect(next.head.number).toBe(state.head.number + 1);
              expect(next.head.parent).toBe(state.head.hash);
              expect(next.head.timestamp).toBeGreaterThanOrEqual(state.head.timestamp);
              expect(input).toMatchObject({ type: "stored", hash: next.head.hash });
            }
            state = next;
          }
          expect(first).toEqual(before);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
