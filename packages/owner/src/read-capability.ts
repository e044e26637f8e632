import type { Address, Hex, JsonSigned } from "@cairn/protocol";
import { deploymentOf } from "./deployment-of.ts";
import { signerFor } from "./own-wallets.ts";
import type { OwnerPorts } from "./ports.ts";

/** How long a permission for one `get` or `check` holds. */
const READ_SECONDS = 24 * 3600;

/**
 * The owner's permission for this gateway to read a package's shards, as it goes into the API.
 * @param of the package as the chain knows it: its wallet signs
 * @throws CairnError what `signerFor` and its signer throw
 */
export async function readCapability(
  { owner, network, clock }: Pick<OwnerPorts, "owner" | "network" | "clock">,
  of: { documentHash: Hex; owner: Address },
): Promise<JsonSigned<"ReadCapability">> {
  const [{ messageToJson }, at] = await Promise.all([import("@cairn/protocol/typed-json"), network()]);
  const expiry = BigInt(clock.now() + READ_SECONDS);
  const message = { documentHash: of.documentHash, audience: at.executor as Address, expiry };
  const signature = await signerFor(owner, of.owner).sign("ReadCapability", message, deploymentOf(at));
  return { message: messageToJson<"ReadCapability">(message), signature };
}
