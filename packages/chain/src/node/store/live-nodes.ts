import { RLP } from "@ethereumjs/rlp";
import { nodeKey } from "./trie-database.ts";

type Item = Uint8Array | Item[];

/** How many nodes are read at a time. */
const BATCH = 500;

/** Reads stored nodes by key; those that are missing are left out. */
export type ReadNodes = (keys: string[]) => Promise<Map<string, Uint8Array>>;

interface Reference {
  key: string;
  inAccounts: boolean;
}

/**
 * Every node of the state `root`, in batches of keys: what a state needs, to the last leaf of every contract's storage. What is not listed by this
 * and is not younger than the state belongs to no state that is kept.
 *
 * @throws Error when a node is missing: the state is not whole, and nothing may be deleted on its account
 */
export async function* liveNodes(root: Uint8Array, read: ReadNodes): AsyncGenerator<string[]> {
  // Depth first, so that what waits stays small. A subtree that two contracts share is listed twice, which harms nobody.
  const waiting: Reference[] = [{ key: nodeKey(root), inAccounts: true }];
  while (waiting.length > 0) {
    const batch = waiting.splice(-BATCH);
    const found = await read(batch.map(({ key }) => key));
    for (const { key, inAccounts } of batch) {
      const encoded = found.get(key);
      if (encoded === undefined) {
        if (key === EMPTY_ROOT) continue;
        throw new Error(`the state is not whole: its node ${key} is missing`);
      }
      for (const reference of childrenOf(RLP.decode(encoded), inAccounts)) waiting.push(reference);
    }
    yield batch.map(({ key }) => key);
  }
}

/** keccak256 of the empty trie's encoding; never stored. */
const EMPTY_ROOT = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";

function* childrenOf(node: Item, inAccounts: boolean): Generator<Reference> {
  if (!Array.isArray(node)) return;
  if (node.length === 17) {
    for (const child of node.slice(0, 16)) yield* referenceTo(child, inAccounts);
    return;
  }
  const [path, value] = node;
  const isLeaf = path instanceof Uint8Array && ((path[0] ?? 0) & 0x20) !== 0;
  if (!isLeaf) yield* referenceTo(value, inAccounts);
  else if (inAccounts && value instanceof Uint8Array) {
    const account: Item = RLP.decode(value);
    if (Array.isArray(account)) yield* referenceTo(account[2], false);
  }
}

function* referenceTo(reference: Item | undefined, inAccounts: boolean): Generator<Reference> {
  if (Array.isArray(reference)) yield* childrenOf(reference, inAccounts);
  else if (reference?.length === 32) yield { key: nodeKey(reference), inAccounts };
}
