import { createAccount, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCommon } from "./common.ts";
import { openTrackedState, type TrackedState } from "./execution/chain-state.ts";
import { type Floors, type PrunedStore, Pruner } from "./pruner.ts";
import { ByteCache } from "./store/byte-cache.ts";
import { liveNodes } from "./store/live-nodes.ts";
import { reachableNodes } from "./store/reachable-nodes.ts";
import { NodeBuffer } from "./store/trie-database.ts";
import { openTestNode, reached, testRules } from "./testing/open-test-node.ts";
import { RICH } from "./testing/probe-chain.ts";
import { VALIDATOR_KEY } from "./testing/start-test-chain.ts";

const common = makeCommon(26170);
const PACE = { everyBlocks: 1, spareNodes: 0 };
const directly = <T>(work: () => Promise<T>): Promise<T> => work();

/** The tables in memory, with the rules of the SQL; after `steps` calls that change something it dies. */
class MemoryStore implements PrunedStore {
  readonly nodes = new Map<string, { value: Uint8Array; born: number }>();
  readonly roots: Uint8Array[] = [];
  kept: Floors = { states: 0, history: 0 };
  steps = Number.POSITIVE_INFINITY;
  #live = new Set<string>();

  #step(): void {
    if (this.steps-- <= 0) throw new Error("killed");
  }
  append(root: Uint8Array, nodes: Map<string, Uint8Array>): void {
    for (const [key, value] of nodes) this.nodes.set(key, { value, born: this.roots.length });
    this.roots.push(root);
  }
  floors = async () => this.kept;
  countNodes = async () => this.nodes.size;
  node = async (key: string) => this.nodes.get(key)?.value;
  stateRootOf = async (number: number) => this.roots[number]!;
  firstBlockFrom = async () => 0;
  deleteHistory = async () => undefined;
  async raiseFloors(floors: Floors) {
    this.#step();
    this.kept = floors;
  }
  async readNodes(keys: string[]) {
    return new Map(keys.flatMap((key) => (this.nodes.has(key) ? [[key, this.nodes.get(key)!.value] as const] : [])));
  }
  async beginLive() {
    this.#step();
    this.#live = new Set();
  }
  async addLive(keys: string[]) {
    this.#step();
    for (const key of keys) this.#live.add(key);
  }
  async deleteDeadNodes(number: number) {
    this.#step();
    // Few at a time, so that it can be killed in between.
    const dead = [...this.nodes].filter(([key, { born }]) => born <= number && !this.#live.has(key)).slice(0, 3);
    for (const [key] of dead) this.nodes.delete(key);
    return dead.length;
  }
  async endLive() {
    this.#step();
    this.#live = new Set();
  }
}

interface Change {
  account: number;
  slot: number;
  value: number;
}

const addressOf = (account: number) => createAddressFromString(`0x${account.toString(16).padStart(40, "0")}`);
const slotKey = (slot: number) => hexToBytes(`0x${slot.toString(16).padStart(64, "0")}`);

async function write(state: TrackedState, { account, slot, value }: Change): Promise<void> {
  const address = addressOf(account);
  const known = (await state.getAccount(address)) ?? createAccount({});
  known.nonce = BigInt(value);
  await state.putAccount(address, known);
  // A value of zero empties the slot: subtrees come, go and come back.
  await state.putStorage(address, slotKey(slot), value === 0 ? new Uint8Array(0) : Uint8Array.of(value));
}

/** Every node of a state, read from the store alone. */
async function whole(store: MemoryStore, number: number): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const keys of liveNodes(store.roots[number]!, (batch) => store.readNodes(batch)))
    for (const key of keys) found.add(key);
  return found;
}

describe("Pruner", () => {
  it("leaves every state of the window whole, and nothing else, however often it is killed", async () => {
    const change = fc.record({
      account: fc.integer({ min: 1, max: 5 }),
      slot: fc.integer({ min: 0, max: 6 }),
      value: fc.integer({ min: 0, max: 2 }),
    });
    const block = fc.record({
      changes: fc.array(change, { maxLength: 6 }),
      killedAfter: fc.option(fc.integer({ min: 0, max: 12 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 5 }),
        async (blocks, window) => {
          const store = new MemoryStore();
          const nodes = new NodeBuffer(store, new ByteCache(10_000_000));
          const state = await openTrackedState(common, nodes);
          const retention = { stateBlocks: window, historySeconds: 1e9, passingTopics: [] };
          for (const { changes, killedAfter } of blocks) {
            await state.checkpoint();
            for (const one of changes) await write(state, one);
            await state.commit();
            const root = await state.getStateRoot();
            const stored = reachableNodes(root, (key) => nodes.pending(key));
            store.append(root, stored);
            nodes.confirm(stored);
            const head = { number: store.roots.length - 1, timestamp: 0 };
            const pruner = new Pruner(store, retention, 0, directly, PACE);
            await pruner.open();
            store.steps = killedAfter ?? Number.POSITIVE_INFINITY;
            await pruner.stored(head).catch((error: Error) => expect(error.message).toBe("killed"));
            store.steps = Number.POSITIVE_INFINITY;
            expect(store.kept.states).toBeLessThanOrEqual(Math.max(0, head.number - window + 1));
            for (let number = store.kept.states; number <= head.number; number++) await whole(store, number);
          }
          const head = store.roots.length - 1;
          const last = new Pruner(store, retention, 0, directly, { ...PACE, spareNodes: -1e9 });
          await last.open();
          const before = store.kept.states;
          await last.stored({ number: head, timestamp: 0 });
          if (store.kept.states === before) return;
          const oldest = await whole(store, store.kept.states);
          for (const [key, { born }] of store.nodes) expect(born > store.kept.states || oldest.has(key)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  it("deletes nothing when the state that it is to keep is not whole", async () => {
    const store = new MemoryStore();
    const value = new Uint8Array(40).fill(1);
    for (let i = 0; i < 3; i++)
      store.append(new Uint8Array(32).fill(i + 1), new Map([[`${"ab".repeat(31)}0${i}`, value]]));
    const pruner = new Pruner(store, { stateBlocks: 1, historySeconds: 1e9, passingTopics: [] }, 0, directly, PACE);
    await pruner.open();
    await expect(pruner.stored({ number: 2, timestamp: 0 })).rejects.toThrow(/not whole/);
    expect(store.nodes.size).toBe(3);
  });

  it("deletes old states and blocks of a real chain, and what is left can be read, and built on", async () => {
    const rules = testRules();
    const producer = await openTestNode(rules, { validatorKey: VALIDATOR_KEY, heartbeatSeconds: 3600 });
    const { node, store, database } = producer;
    const one = async (text: string): Promise<number> =>
      Number(Object.values((await database.pool.query(text)).rows[0] as object)[0]);
    try {
      node.start();
      for (let nonce = 0; nonce < 8; nonce++) {
        const to = `0x${(nonce + 0x1000).toString(16).padStart(40, "0")}` as const;
        const fees = { gas: 21_000n, maxFeePerGas: rules.baseFee };
        const raw = await RICH.signTransaction({
          type: "eip1559",
          chainId: rules.chainId,
          nonce,
          to,
          value: 1n,
          ...fees,
        });
        await node.pool.add(hexToBytes(raw));
        await reached(node, 2 * nonce + 3);
      }
      const head = Number(node.head.header.number);
      const nodes = await one("select count(*) from kv");
      store.remember(hexToBytes(RICH.address));
      const retention = { stateBlocks: 4, historySeconds: 1, passingTopics: [] };
      const pruner = new Pruner(store, retention, rules.genesisTime, directly, PACE);
      await pruner.open();
      await pruner.stored({ number: head, timestamp: Math.floor(Date.now() / 1000) + 100 });
      expect(pruner.floors).toEqual({ states: head - 3, history: head - 3 });
      expect(await one("select count(*) from kv")).toBeLessThan(nodes);
      expect(await one("select min(number) from blocks where number > 0")).toBe(head - 3);
      expect(await one("select count(*) from txs")).toBeLessThan(3);
      const sent = await store.sentBetween(hexToBytes(RICH.address), hexToBytes(`0x${"0".repeat(36)}1000`), []);
      expect(sent).toBe(1n);
      for (let number = head - 3; number <= head; number++) {
        const seen = new Set<string>();
        for await (const keys of liveNodes(await store.stateRootOf(number), (batch) => store.readNodes(batch)))
          for (const key of keys) seen.add(key);
        expect(seen.size).toBeGreaterThan(0);
      }
    } finally {
      await producer.close();
    }
  }, 120_000);
});
