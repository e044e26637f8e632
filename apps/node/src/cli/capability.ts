import { signTyped } from "@cairn/chain";
import type { NetworkJson } from "@cairn/client";
import { type Address, type Hex, type JsonSigned, messageToJson } from "@cairn/core";
import type { Account } from "../account/account.ts";
import { deploymentOf } from "./session.ts";

/** How long a permission for one `get` or `check` holds. */
const READ_SECONDS = 24 * 3600;

/** The owner's permission for this gateway to read a package's shards, as it goes into the API. */
export async function readCapability(
  account: Account,
  network: NetworkJson,
  manifestHash: Hex,
): Promise<JsonSigned<"ReadCapability">> {
  const expiry = BigInt(Math.floor(Date.now() / 1000) + READ_SECONDS);
  const message = { manifestHash, audience: network.executor as Address, expiry };
  const signature = await signTyped("ReadCapability", message, deploymentOf(network), account.wallet.key);
  return { message: messageToJson<"ReadCapability">(message), signature };
}
