import { createAccount, createAddressFromString, setLengthLeft } from "@ethereumjs/util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCommon } from "../common.ts";
import { openReadState, openTrackedState } from "../execution/chain-state.ts";
import { ByteCache } from "./byte-cache.ts";
import { reachableNodes } from "./reachable-nodes.ts";
import { NodeBuffer, NodeReader } from "./trie-database.ts";

const common = makeCommon(26170);
const address = (n: number) => createAddressFromString(`0x${n.toString(16).padStart(40, "0")}`);
const slot = (n: number) => setLengthLeft(Uint8Array.of(n), 32);

type Write = { account: number; slot: number; value: number };

/** What blocks write, kept in a map as PostgreSQL would keep it. */
async function play(blocks: Write[][]) {
  const disk = new Map<string, Uint8Array>();
  const store = { node: (key: string) => Promise.resolve(disk.get(key)) };
  const nodes = new NodeBuffer(store, new ByteCache(1));
  const state = await openTrackedState(common, nodes);
  const roots: Uint8Array[] = [];
  let written = 0;
  for (const block of blocks) {
    await state.checkpoint();
    for (const { account, slot: key, value } of block) {
      const target = address(account);
      const balance = ((await state.getAccount(target))?.balance ?? 0n) + 1n;
      await state.putAccount(target, createAccount({ ...(await state.getAccount(target)), balance }));
      await state.putStorage(target, slot(key), Uint8Array.of(value));
    }
    await state.commit();
    const root = await state.getStateRoot();
    const kept = reachableNodes(root, (key) => nodes.pending(key));
    for (const [key, value] of kept) disk.set(key, value);
    written += kept.size;
    nodes.confirm(kept);
    roots.push(root);
  }
  return { store, roots, written };
}

describe("reachableNodes", () => {
  const write = fc.record({
    account: fc.integer({ min: 1, max: 12 }),
    slot: fc.integer({ min: 0, max: 40 }),
    value: fc.integer({ min: 0, max: 3 }),
  });

  it("keeps every node that any stored state needs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(write, { maxLength: 30 }), { minLength: 1, maxLength: 5 }), async (blocks) => {
        const { store, roots } = await play(blocks);
        const expected = new Map<string, number>();
        for (const [index, block] of blocks.entries()) {
          for (const one of block) expected.set(`${one.account}/${one.slot}`, one.value);
          const state = await openReadState(common, new NodeReader(store, new ByteCache(1)));
          await state.setStateRoot(roots[index]!);
          for (const [place, value] of expected) {
            const [account, key] = place.split("/").map(Number);
            const found = await state.getStorage(address(account!), slot(key!));
            expect(Number(found[0] ?? 0)).toBe(value);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("leaves out what was only passed through", async () => {
    const block = Array.from({ length: 200 }, (_, n): Write => ({ account: 1, slot: n % 200, value: 1 }));
    const { written } = await play([block]);
    expect(written).toBeLessThan(300);
  });
});
