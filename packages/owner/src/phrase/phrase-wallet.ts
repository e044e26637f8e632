import type { OwnerSigner } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import type { Gateway, OwnerPorts } from "../ports.ts";
import { signClaim } from "../sign-claim.ts";

export type JoinPorts = Pick<OwnerPorts, "network" | "clock"> & { gateway: Pick<Gateway, "wallets" | "addWallet"> };

/**
 * Have a wallet be one of the account's, by a claim that it signs; nothing happens where it is one already.
 * @param token the API token of the account, or what stands for it in a session
 * @throws CairnError `account-claimed` where it is another account's
 */
export async function joinWallet(
  ports: JoinPorts,
  signer: OwnerSigner,
  { token, name, keystore }: { token: string; name: string; keystore?: string },
): Promise<void> {
  const { gateway, network, clock } = ports;
  if ((await gateway.wallets()).some(({ address }) => address === signer.address)) return;
  const add = async (called: string) => {
    const claim = await signClaim(signer, { network: await network(), token, now: clock.now() });
    const kept = keystore === undefined ? { kind: "client" as const } : { kind: "vault" as const, keystore };
    await gateway.addWallet({ name: called, claim, ...kept });
  };
  try {
    await add(name);
  } catch (error) {
    if (!(error instanceof CairnError) || error.code !== "wallet-name-taken") throw error;
    await add(`${name.slice(0, 50)} ${signer.address.slice(0, 10)}`);
  }
}
