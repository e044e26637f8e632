import type { Gateway, OwnerPorts } from "./ports.ts";
import { signClaim } from "./sign-claim.ts";

export type ClaimPorts = Pick<OwnerPorts, "owner" | "network" | "clock"> & {
  gateway: Pick<Gateway, "account" | "wallets" | "claimAccount">;
};

/**
 * Have the owner's wallet be one of those of an API token's account, the first by a claim that the wallet signs. A token without the scope `admin` is
 * enough where the account has it already.
 * @throws CairnError `account-claimed` where the account has other wallets, or the wallet is another account's
 */
export async function claimAccount(ports: ClaimPorts, token: string): Promise<void> {
  const { gateway, owner, clock } = ports;
  const { address } = owner.signer;
  const { owner: first } = await gateway.account();
  if (first?.toLowerCase() === address) return;
  if (first !== null && (await gateway.wallets()).some((wallet) => wallet.address === address)) return;
  const network = await ports.network();
  await gateway.claimAccount(await signClaim(owner.signer, { network, token, now: clock.now() }));
}
