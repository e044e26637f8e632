import { crypto } from "@cairn/archive/crypto";
import type { Address } from "@cairn/protocol";
import { toHex } from "@cairn/protocol/hex";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { deploymentOf } from "./deployment-of.ts";
import type { Gateway, OwnerPorts } from "./ports.ts";

/** Tell the gateway which wallet the packages of an API token belong to, proved by the wallet's signature. */
export async function claimAccount(
  ports: Pick<OwnerPorts, "owner" | "network" | "clock"> & { gateway: Pick<Gateway, "claimAccount"> },
  token: string,
): Promise<void> {
  const { gateway, owner, clock } = ports;
  const network = await ports.network();
  const message = {
    owner: owner.signer.address,
    audience: network.executor.toLowerCase() as Address,
    token: sha256Hex(token),
    time: BigInt(clock.now()),
    nonce: toHex(crypto.randomBytes(32)),
  };
  const signature = await owner.signer.sign("AccountClaim", message, deploymentOf(network));
  const { signedToJson } = await import("@cairn/protocol/typed-json");
  await gateway.claimAccount(signedToJson<"AccountClaim">({ message, signature }));
}
