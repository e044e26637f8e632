import type { Gateway, OwnerPorts } from "./ports.ts";
import { signClaim } from "./sign-claim.ts";

/** Tell the gateway which wallet the packages of an API token belong to, proved by the wallet's signature. */
export async function claimAccount(
  ports: Pick<OwnerPorts, "owner" | "network" | "clock"> & { gateway: Pick<Gateway, "claimAccount"> },
  token: string,
): Promise<void> {
  const { gateway, owner, clock } = ports;
  const network = await ports.network();
  await gateway.claimAccount(await signClaim(owner.signer, { network, token, now: clock.now() }));
}
