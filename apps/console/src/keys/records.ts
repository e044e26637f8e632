import { type OwnerRecords, ownerRecords } from "@cairn/owner/browser/owner-records";
import type { Owner } from "@cairn/owner/ports";

const opened = new Map<string, { records: OwnerRecords; lookupKey: Uint8Array }>();

/** What this browser keeps for an owner: one connection to its database a page. */
export function recordsOf({ signer, lookupKey }: Pick<Owner, "signer" | "lookupKey">): OwnerRecords {
  const { address } = signer;
  const before = opened.get(address);
  if (before !== undefined) return before.records;
  const records = ownerRecords({ address, lookupKey });
  opened.set(address, { records, lookupKey });
  return records;
}
