import { ownerRecords } from "@cairn/owner/browser/owner-records";

/** How many uploads were begun here and wait: their number is no secret, so that a locked key can be asked for where there are any. */
export async function countBegun(address: string): Promise<number> {
  const { puts, close } = ownerRecords({ address, lookupKey: new Uint8Array(32) });
  try {
    return await puts.count();
  } finally {
    await close();
  }
}
