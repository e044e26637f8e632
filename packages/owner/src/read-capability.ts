import type { Address, Hex, JsonSigned } from "@cairn/protocol";
import { deploymentOf } from "./deployment-of.ts";
import type { OwnerPorts } from "./ports.ts";

/** How long a permission for one `get` or `check` holds. */
const READ_SECONDS = 24 * 3600;

/** The owner's permission for this gateway to read a package's shards, as it goes into the API. */
export async function readCapability(
  { owner, network, clock }: Pick<OwnerPorts, "owner" | "network" | "clock">,
  documentHash: Hex,
): Promise<JsonSigned<"ReadCapability">> {
  const [{ messageToJson }, at] = await Promise.all([import("@cairn/protocol/typed-json"), network()]);
  const expiry = BigInt(clock.now() + READ_SECONDS);
  const message = { documentHash, audience: at.executor as Address, expiry };
  const signature = await owner.signer.sign("ReadCapability", message, deploymentOf(at));
  return { message: messageToJson<"ReadCapability">(message), signature };
}
