import type { Address, Hex } from "@cairn/protocol";
import { addressOfKey } from "@cairn/protocol/keys";
import type { Home } from "../home/home.ts";
import type { AccountSecrets } from "./account-file.ts";
import { loadSecrets } from "./load-secrets.ts";

/** Who owns packages: an account without its OpenPGP key, whose library takes longest to load. */
export interface Owner {
  wallet: { address: Address; key: Hex };
  /** Keys name hashes and labels. */
  lookupKey: Buffer;
  secrets: AccountSecrets;
}

/** The owner of a home, or undefined when it has no account yet. */
export async function loadOwner(home: Home, passphrase?: string): Promise<Owner | undefined> {
  const secrets = await loadSecrets(home, passphrase);
  return secrets === undefined ? undefined : ownerOf(secrets);
}

export const ownerOf = (secrets: AccountSecrets): Owner => ({
  wallet: { address: addressOfKey(secrets.wallet), key: secrets.wallet },
  lookupKey: Buffer.from(secrets.lookupKey, "base64"),
  secrets,
});
