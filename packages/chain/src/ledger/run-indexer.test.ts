import type { FinalizedHead, LedgerEvent } from "@cairn/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type IndexBatch, type IndexTarget, runIndexer, type WatchableLedger } from "./run-indexer.ts";

const HASH = `0x${"00".repeat(32)}` as const;
const headAt = (number: number): FinalizedHead => ({ number, hash: HASH, timestamp: number, finalized: true });
const drawn = (block: number): LedgerEvent => ({
  name: "SeedDrawn",
  period: block,
  seed: HASH,
  block,
  logIndex: 0,
  transaction: HASH,
  time: block,
});

/** Blocks 0 … head with one event each, `step` blocks a batch, failing where `fails` says. */
function chain(head: number, step: number, fails: () => boolean): WatchableLedger {
  return {
    async events(from) {
      if (fails()) throw new Error("the chain is away");
      const next = Math.min(head + 1, from + step);
      return {
        events: Array.from({ length: Math.max(0, next - from) }, (_, i) => drawn(from + i)),
        next,
        head: headAt(head),
      };
    },
  };
}

/** Keeps what it was given as a database would: all of a batch or nothing of it. */
class Table implements IndexTarget {
  readonly seen: number[] = [];
  next = 0;
  readonly #fails: () => "before" | "after" | undefined;
  readonly #onBatch: (batch: IndexBatch) => void;

  constructor(fails: () => "before" | "after" | undefined, onBatch: (batch: IndexBatch) => void) {
    this.#fails = fails;
    this.#onBatch = onBatch;
  }

  async cursor(): Promise<number> {
    return this.next;
  }

  async apply(batch: IndexBatch): Promise<void> {
    const failure = this.#fails();
    if (failure === "before") throw new Error("rolled back");
    if (batch.from === this.next) {
      this.seen.push(...batch.events.map(({ block }) => block));
      this.next = batch.next;
    }
    this.#onBatch(batch);
    if (failure === "after") throw new Error("committed, but the answer was lost");
  }
}

describe("runIndexer", () => {
  it("applies every event once and in order, whatever fails on the way", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 5 })),
        async (head, step, dice) => {
          const controller = new AbortController();
          const roll = () => dice.next().value as number;
          let troubles = 0;
          const target = new Table(
            () =>
              [undefined, undefined, "before", "after", undefined, undefined][roll()] as "before" | "after" | undefined,
            ({ next }) => {
              if (next === head + 1) controller.abort();
            },
          );
          await runIndexer({
            ledger: chain(head, step, () => roll() === 0),
            target,
            signal: controller.signal,
            pollMilliseconds: 0,
            onTrouble: () => troubles++,
          });
          expect(target.seen).toEqual(Array.from({ length: head + 1 }, (_, i) => i));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("waits for new heads without being told of batches that bring nothing", async () => {
    const controller = new AbortController();
    let head = 3;
    const listeners = new Set<() => void>();
    const batches: IndexBatch[] = [];
    const target = new Table(
      () => undefined,
      (batch) => {
        batches.push(batch);
        if (batch.head.number === 5) controller.abort();
      },
    );
    const ledger: WatchableLedger = {
      events: (from) => chain(head, 100, () => false).events(from),
      async onNewHead(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const running = runIndexer({ ledger, target, signal: controller.signal, pollMilliseconds: 60_000 });
    await expect.poll(() => batches.length).toBe(1);
    for (const listener of listeners) listener();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(batches).toHaveLength(1);
    head = 5;
    for (const listener of listeners) listener();
    await running;
    expect(batches.map(({ from, next }) => [from, next])).toEqual([
      [0, 4],
      [4, 6],
    ]);
    expect(listeners.size).toBe(0);
  });

  it("ends at once when it is told to, even in a pause", async () => {
    const controller = new AbortController();
    const ledger = chain(1, 1, () => true);
    const target = new Table(
      () => undefined,
      () => undefined,
    );
    const pauses: number[] = [];
    const running = runIndexer({
      ledger,
      target,
      signal: controller.signal,
      pollMilliseconds: 10_000,
      onTrouble: (error, pause) => {
        pauses.push(pause);
        expect(error.message).toBe("the chain is away");
        setTimeout(() => controller.abort(), 5);
      },
    });
    await running;
    expect(pauses).toEqual([10_000]);
  });
});
