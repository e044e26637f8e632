import { type AccountKey, decryptSecret, encryptSecret } from "@cairn/archive/browser";
import { crypto } from "@cairn/archive/crypto";
import { toHex } from "@cairn/protocol/hex";
import type { Owner } from "../ports.ts";
import { walletSigner } from "../wallet-signer.ts";

/** What owns packages beside the OpenPGP key, each a binary OpenPGP message to that key: it may lie anywhere, a gateway included. */
export interface OwnerSecrets {
  /** The wallet's keystore: its secp256k1 key of 32 bytes. */
  wallet: Uint8Array;
  /** 32 bytes: keys name hashes and labels. */
  lookupKey: Uint8Array;
}

/** Encrypt a wallet's key, or a new one, and a lookup key, or a new one. */
export async function encryptOwner(key: AccountKey, from: Partial<OwnerSecrets> = {}): Promise<OwnerSecrets> {
  const { wallet = crypto.randomBytes(32), lookupKey = crypto.randomBytes(32) } = from;
  return { wallet: await encryptSecret(key, wallet), lookupKey: await encryptSecret(key, lookupKey) };
}

/**
 * Unlock them. `openKey` is asked each time that content is needed, so that a key that was locked meanwhile is asked for again; the wallet's key stays
 * in the memory of the page for as long as the owner does.
 * @throws CairnError `wrong-key`, and what `openKey` throws
 */
export async function openOwner(
  openKey: () => AccountKey | Promise<AccountKey>,
  { wallet, lookupKey }: OwnerSecrets,
): Promise<Owner> {
  const key = await openKey();
  return {
    signer: walletSigner(toHex(await decryptSecret(key, wallet))),
    lookupKey: await decryptSecret(key, lookupKey),
    openKey: async () => openKey(),
  };
}
