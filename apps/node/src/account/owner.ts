import type { AccountKey } from "@cairn/archive/keys";
import type { AccountSecrets } from "@cairn/owner/account-file";
import type { Owner as PackageOwner } from "@cairn/owner/ports";
import { walletSigner } from "@cairn/owner/wallet-signer";
import type { Address, Hex } from "@cairn/protocol";
import type { Home } from "../home/home.ts";
import { loadSecrets } from "./load-secrets.ts";

/** Who owns packages: an account whose OpenPGP key is not open yet, as its library takes longest to load. */
export interface Owner extends PackageOwner {
  wallet: { address: Address; key: Hex };
  lookupKey: Buffer;
  secrets: AccountSecrets;
}

/** The owner of a home, or undefined when it has no account yet. */
export async function loadOwner(home: Home, passphrase?: string): Promise<Owner | undefined> {
  const secrets = await loadSecrets(home, passphrase);
  return secrets === undefined ? undefined : ownerOf(secrets);
}

export function ownerOf(secrets: AccountSecrets): Owner {
  const signer = walletSigner(secrets.wallet);
  let key: Promise<AccountKey> | undefined;
  return {
    signer,
    wallet: { address: signer.address, key: secrets.wallet },
    lookupKey: Buffer.from(secrets.lookupKey, "base64"),
    openKey() {
      key ??= import("@cairn/archive/keys").then(({ importAccountKey }) => importAccountKey(secrets.openpgp));
      return key;
    },
    secrets,
  };
}
