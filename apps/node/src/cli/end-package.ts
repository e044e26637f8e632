import type { PackageDetailJson, PackageJson } from "@cairn/client";
import { type Hex, signedToJson } from "@cairn/protocol";
import { signTyped } from "@cairn/protocol/sign-typed";
import type { Account } from "../account/account.ts";
import { amendPackage } from "../owner/known-packages.ts";
import { deploymentOf } from "./deployment-of.ts";
import { pinnedNetwork, type Session } from "./session.ts";

const TERMINATION_SECONDS = 3600;

/** Sign a package's end and hand it to the gateway: what has accrued is paid, the rest comes back. */
export async function endPackage(session: Session, account: Account, found: PackageJson): Promise<PackageDetailJson> {
  const network = await pinnedNetwork(session);
  const { blockTime } = await session.client.status();
  const message = {
    documentHash: found.documentHash as Hex,
    // The contract judges by the time of blocks, which may be ahead of this machine's.
    expiry: BigInt(Math.max(Math.floor(Date.now() / 1000), blockTime) + TERMINATION_SECONDS),
  };
  const signature = await signTyped("Termination", message, deploymentOf(network), account.wallet.key);
  const ended = await session.client.removePackage(found.id, signedToJson<"Termination">({ message, signature }));
  await amendPackage(session.home, found.id, { ended: true });
  return ended;
}
