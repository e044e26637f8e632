import { CairnError } from "@cairn/protocol/errors";
import * as openpgp from "openpgp";
import { type AccountKey, timeOfUse } from "./account-key.ts";

/** gpg 2.2 refuses AEAD (RFC 9580 SEIPD version 2). */
const CONFIG = { aeadProtect: false };

/**
 * A small secret as a binary OpenPGP message to the account's own key, which gpg opens too. It is signed by that key: whoever has the public half alone
 * makes none that passes for the account's (`decryptOwnSecret`).
 */
export async function encryptSecret(key: AccountKey, secret: Uint8Array): Promise<Uint8Array> {
  return (await openpgp.encrypt({
    message: await openpgp.createMessage({ binary: secret }),
    encryptionKeys: key.publicKey,
    signingKeys: key.privateKey,
    format: "binary",
    date: timeOfUse(key),
    config: CONFIG,
  })) as Uint8Array;
}

/** What was encrypted; the caller overwrites it after use. @throws CairnError `wrong-key` where the message is for another key, or damaged */
export const decryptSecret = (key: AccountKey, encrypted: Uint8Array): Promise<Uint8Array> =>
  open(key, encrypted, false);

/**
 * What the holder of this very key encrypted to it: the message is signed by the key. Older ones have no signature.
 * @throws CairnError `wrong-key` also where the message has no signature, or another key's
 */
export const decryptOwnSecret = (key: AccountKey, encrypted: Uint8Array): Promise<Uint8Array> =>
  open(key, encrypted, true);

async function open(key: AccountKey, encrypted: Uint8Array, expectSigned: boolean): Promise<Uint8Array> {
  try {
    const { data } = await openpgp.decrypt({
      message: await openpgp.readMessage({ binaryMessage: encrypted }),
      decryptionKeys: key.privateKey,
      ...(expectSigned ? { expectSigned, verificationKeys: key.publicKey } : {}),
      format: "binary",
      date: timeOfUse(key),
    });
    return data as Uint8Array;
  } catch (cause) {
    throw new CairnError("the message is not for this OpenPGP key, or not from it, or is damaged", {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Use the account that it was made for: `cairn key import FILE`.",
    });
  }
}
