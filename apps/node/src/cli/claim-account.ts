import { randomBytes } from "node:crypto";
import type { CairnClient, NetworkJson } from "@cairn/client";
import { sha256Hex } from "@cairn/proofs/sha256";
import { type Address, signedToJson } from "@cairn/protocol";
import { signTyped } from "@cairn/protocol/sign-typed";
import type { Account } from "../account/account.ts";
import { deploymentOf } from "./deployment-of.ts";

/** Tell the gateway which wallet this token's packages belong to, proved by the wallet's key. */
export async function claimAccount(
  session: { client: Pick<CairnClient, "claimAccount">; token: string },
  network: NetworkJson,
  account: Account,
): Promise<void> {
  const message = {
    owner: account.wallet.address,
    audience: network.executor.toLowerCase() as Address,
    token: sha256Hex(session.token),
    time: BigInt(Math.floor(Date.now() / 1000)),
    nonce: `0x${randomBytes(32).toString("hex")}`,
  } as const;
  const signature = signTyped("AccountClaim", message, deploymentOf(network), account.wallet.key);
  await session.client.claimAccount(signedToJson<"AccountClaim">({ message, signature }));
}
