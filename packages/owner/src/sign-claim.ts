import { crypto } from "@cairn/archive/crypto";
import type { NetworkJson } from "@cairn/client";
import type { OwnerSigner } from "@cairn/core";
import type { Address, JsonSigned, Seconds } from "@cairn/protocol";
import { toHex } from "@cairn/protocol/hex";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { deploymentOf } from "./deployment-of.ts";

/** A claim to the signer's wallet for the account of an API token at this gateway: good for a minute, and once. */
export async function signClaim(
  signer: OwnerSigner,
  { network, token, now }: { network: NetworkJson; token: string; now: Seconds },
): Promise<JsonSigned<"AccountClaim">> {
  const message = {
    owner: signer.address,
    audience: network.executor.toLowerCase() as Address,
    token: sha256Hex(token),
    time: BigInt(now),
    nonce: toHex(crypto.randomBytes(32)),
  };
  const signature = await signer.sign("AccountClaim", message, deploymentOf(network));
  const { signedToJson } = await import("@cairn/protocol/typed-json");
  return signedToJson<"AccountClaim">({ message, signature });
}
