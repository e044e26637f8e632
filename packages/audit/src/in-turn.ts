import type { Leases } from "@cairn/catalog";
import type { FinalizedHead } from "@cairn/core";
import { CairnError } from "@cairn/protocol";

type Track = (head: FinalizedHead) => Promise<void>;

/**
 * `work` of a track of the audit, in one gateway of the database at a time: the one that has the track's standing lease. A round that is under way when
 * its gateway is stopped does no harm when it goes on: what is judged is judged once by its row's lock, and what is sent has the same id wherever.
 */
export function inTurn(leases: Pick<Leases, "stand"> | undefined, track: string, work: Track): Track {
  if (leases === undefined) return work;
  return async (head) => {
    const { lease } = await leases.stand(`audit:${track}`);
    if (lease === undefined) return;
    try {
      await lease.assertHeld();
    } catch (error) {
      if (error instanceof CairnError && error.code === "lease-lost") return;
      throw error;
    }
    await work(head);
  };
}
