import { RLP } from "@ethereumjs/rlp";
import { nodeKey } from "./trie-database.ts";

type Item = Uint8Array | Item[];

/**
 * The new nodes that a state root needs: those reachable from it through nodes that `pending` still holds. A trie writes every intermediate
 * version of the paths it changes; all but the last are garbage, three quarters of the bytes for a busy contract, and are not stored.
 */
export function reachableNodes(
  root: Uint8Array,
  pending: (key: string) => Uint8Array | undefined,
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();

  const visitHash = (hash: Uint8Array, inAccounts: boolean): void => {
    const key = nodeKey(hash);
    if (found.has(key)) return;
    const encoded = pending(key);
    if (encoded === undefined) return;
    found.set(key, encoded);
    visitNode(RLP.decode(encoded), inAccounts);
  };

  const visitReference = (reference: Item | undefined, inAccounts: boolean): void => {
    if (Array.isArray(reference)) visitNode(reference, inAccounts);
    else if (reference?.length === 32) visitHash(reference, inAccounts);
  };

  const visitNode = (node: Item, inAccounts: boolean): void => {
    if (!Array.isArray(node)) return;
    if (node.length === 17) {
      for (let child = 0; child < 16; child++) visitReference(node[child], inAccounts);
      return;
    }
    const [path, value] = node;
    const isLeaf = path instanceof Uint8Array && ((path[0] ?? 0) & 0x20) !== 0;
    if (!isLeaf) visitReference(value, inAccounts);
    else if (inAccounts && value instanceof Uint8Array) visitReference(storageRootOf(value), false);
  };

  visitHash(root, true);
  return found;
}

/** An account is [nonce, balance, storageRoot, codeHash]. */
function storageRootOf(account: Uint8Array): Item | undefined {
  const fields: Item = RLP.decode(account);
  return Array.isArray(fields) ? fields[2] : undefined;
}
