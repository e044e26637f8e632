import type { WalletJson } from "@cairn/client";
import type { Money } from "@cairn/protocol";
import { client, sessionSecret } from "../../api/client.ts";
import { openOwner } from "../../keys/keys.ts";
import { pinnedNetwork } from "../../keys/ready-wallet.ts";
import { recordsOf } from "../../keys/records.ts";
import { openWalletBytes } from "../../wallets/wallet-key.ts";

export type NewWallet =
  | { kind: "client"; name: string }
  | { kind: "vault"; name: string }
  | { kind: "custodial"; name: string; dailyLimit: Money };

/** Add a wallet. A vault's key is made here, and leaves this page only as an OpenPGP message to the user's key. */
export async function addNewWallet(made: NewWallet, why: string): Promise<WalletJson> {
  const { kind, name } = made;
  if (made.kind === "custodial") return client.addWallet({ kind, name, dailyLimit: String(made.dailyLimit) });
  const owner = await openOwner(why);
  const [{ signClaim }, { machineClock }, network] = await Promise.all([
    import("@cairn/owner/sign-claim"),
    import("@cairn/process/machine-clock"),
    pinnedNetwork(client, recordsOf(owner)),
  ]);
  const claimed = { network, token: sessionSecret(), now: machineClock.now() };
  if (kind === "client") return client.addWallet({ kind, name, claim: await signClaim(owner.signer, claimed) });
  const [{ encryptSecret }, { walletSigner }, { toHex }, { toBase64 }] = await Promise.all([
    import("@cairn/archive/browser"),
    import("@cairn/owner/wallet-signer"),
    import("@cairn/protocol/hex"),
    import("@cairn/protocol/wire/base64"),
  ]);
  const secret = crypto.getRandomValues(new Uint8Array(32));
  try {
    const claim = await signClaim(walletSigner(toHex(secret)), claimed);
    const keystore = toBase64(await encryptSecret(await owner.openKey(), secret));
    return await client.addWallet({ kind, name, claim, keystore });
  } finally {
    secret.fill(0);
  }
}

/** Hand a vault's key to the gateway's memory for some minutes. */
export async function openVault(wallet: WalletJson, minutes: number, why: string): Promise<WalletJson> {
  const key = await openWalletBytes(wallet, await openOwner(why));
  try {
    return await client.unlockWallet(wallet.address, key, minutes);
  } finally {
    key.fill(0);
  }
}
