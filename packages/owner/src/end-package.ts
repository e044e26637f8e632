import type { PackageDetailJson, PackageJson } from "@cairn/client";
import type { Address, Hex } from "@cairn/protocol";
import { deploymentOf } from "./deployment-of.ts";
import { amendKnown } from "./known-packages.ts";
import { signerFor } from "./own-wallets.ts";
import type { Gateway, OwnerPorts } from "./ports.ts";

const TERMINATION_SECONDS = 3600;

export type EndPorts = Pick<OwnerPorts, "owner" | "network" | "known" | "clock"> & {
  gateway: Pick<Gateway, "status" | "removePackage">;
};

/**
 * Sign a package's end and hand it to the gateway: what has accrued is paid, the rest comes back.
 * @param wallet that it belongs to, which signs
 * @throws CairnError what `signerFor` and its signer throw
 */
export async function endPackage(ports: EndPorts, found: PackageJson, wallet: Address): Promise<PackageDetailJson> {
  const { gateway, owner, network, known, clock } = ports;
  const deployment = deploymentOf(await network());
  const { blockTime } = await gateway.status();
  const message = {
    documentHash: found.documentHash as Hex,
    // The contract judges by the time of blocks, which may be ahead of this machine's.
    expiry: BigInt(Math.max(clock.now(), blockTime) + TERMINATION_SECONDS),
  };
  const signature = await signerFor(owner, wallet).sign("Termination", message, deployment);
  const { signedToJson } = await import("@cairn/protocol/typed-json");
  const ended = await gateway.removePackage(found.id, signedToJson<"Termination">({ message, signature }));
  await amendKnown(known, found.id, { ended: true });
  return ended;
}
