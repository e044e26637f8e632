import type { Leases } from "@cairn/catalog";
import type { OpenLedgerOptions } from "@cairn/chain";
import { CairnError } from "@cairn/protocol";

/**
 * One gateway at a time looks after the transactions of a key: whoever has the key's standing lease. The others hand over what they sign by saving it:
 * the owners' mandates name one executor, so that gateways that take over each other's packages need one key.
 */
export function senderTurns(leases: Pick<Leases, "stand">): NonNullable<OpenLedgerOptions["turnOf"]> {
  return ({ chainId, sender }) => ({
    async isOurs() {
      const { lease } = await leases.stand(`sender:${chainId}:${sender.toLowerCase()}`);
      if (lease === undefined) return false;
      try {
        await lease.assertHeld();
        return true;
      } catch (error) {
        if (error instanceof CairnError && error.code === "lease-lost") return false;
        throw error;
      }
    },
  });
}
