import type { OutgoingCall, OutgoingCalls } from "../send-call.ts";
import { IndexedTables } from "./indexed-tables.ts";

const CALLS = "calls";
const keyOf = (chainId: number, address: string) => `${chainId} ${address.toLowerCase()}`;

/** The transaction that each wallet of this browser has under way: a page that is closed meanwhile sends nothing twice. Nothing of it is secret. */
export function indexedOutgoing(): OutgoingCalls & { close(): Promise<void> } {
  const tables = new IndexedTables("cairn-outgoing", [CALLS]);
  return {
    find: async (chainId, address) => (await tables.get(CALLS, keyOf(chainId, address))) as OutgoingCall | undefined,
    keep: (chainId, address, call) => tables.change([{ table: CALLS, key: keyOf(chainId, address), put: call }]),
    forget: (chainId, address) => tables.change([{ table: CALLS, delete: keyOf(chainId, address) }]),
    close: () => tables.close(),
  };
}
