import type { NetworkJson } from "@cairn/client";
import type { Address, Hex, JsonSigned } from "@cairn/protocol";
import type { Owner } from "../account/owner.ts";
import { deploymentOf } from "./deployment-of.ts";

/** How long a permission for one `get` or `check` holds. */
const READ_SECONDS = 24 * 3600;

/** The owner's permission for this gateway to read a package's shards, as it goes into the API. */
export async function readCapability(
  account: Owner,
  network: NetworkJson,
  documentHash: Hex,
): Promise<JsonSigned<"ReadCapability">> {
  const { messageToJson, signTyped } = await import("@cairn/protocol");
  const expiry = BigInt(Math.floor(Date.now() / 1000) + READ_SECONDS);
  const message = { documentHash, audience: network.executor as Address, expiry };
  const signature = await signTyped("ReadCapability", message, deploymentOf(network), account.wallet.key);
  return { message: messageToJson<"ReadCapability">(message), signature };
}
