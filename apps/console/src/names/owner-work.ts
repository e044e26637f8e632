import type { NetworkJson } from "@cairn/client";
import type { OwnerPorts } from "@cairn/owner/ports";
import { CairnError } from "@cairn/protocol/errors";

/** Whether this browser holds a key: what needs one says so where it does not. */
export const useHasKey = (): boolean => false;

/** What operations of an owner work with in this page. @param why read by who is asked for the passphrase */
export async function ownerPorts(_why: string): Promise<OwnerPorts & { network: () => Promise<NetworkJson> }> {
  throw new CairnError("this browser has no key yet", {
    code: "no-account",
    kind: "missing",
    next: "Use the command line where the key is: `cairn --help`.",
  });
}
