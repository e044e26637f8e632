import { type OwnerRecords, ownerRecords } from "@cairn/owner/browser/owner-records";
import type { Owner } from "@cairn/owner/ports";
import { onLeave } from "../store.ts";

const opened = new Map<string, OwnerRecords>();

/** What this browser keeps for an owner: one connection to its database a page. */
export function recordsOf({ signer, lookupKey }: Pick<Owner, "signer" | "lookupKey">): OwnerRecords {
  const { address } = signer;
  const records = opened.get(address) ?? ownerRecords({ address, lookupKey });
  opened.set(address, records);
  return records;
}

onLeave(() => opened.clear());
