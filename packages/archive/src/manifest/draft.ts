import { CairnError } from "@cairn/protocol/errors";
import * as openpgp from "openpgp";
import { type AccountKey, timeOfUse } from "../keys/account-key.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { encodeManifest } from "./encode-manifest.ts";
import type { Manifest } from "./manifest.ts";

/** The public half of somebody's key, to encrypt to. */
export type RecipientKey = Pick<AccountKey, "publicKey">;

/**
 * Reads an armoured public key that can be encrypted to now.
 * @throws CairnError `key-unusable`, also for a secret key, which nobody should hand out
 */
export async function readRecipientKey(armored: string): Promise<RecipientKey> {
  let publicKey: openpgp.PublicKey;
  try {
    publicKey = await openpgp.readKey({ armoredKey: armored });
    if (!publicKey.isPrivate()) {
      await publicKey.getEncryptionKey(undefined, timeOfUse({ publicKey }));
      return { publicKey };
    }
  } catch (cause) {
    throw unusable("it is no OpenPGP key that can be encrypted to now", cause);
  }
  throw unusable("it is a secret key");
}

const unusable = (why: string, cause?: unknown) =>
  new CairnError(`the recipient's key cannot be used: ${why}`, {
    code: "key-unusable",
    kind: "input",
    cause,
    next: "Give an armoured public key with an encryption subkey that is neither expired nor revoked.",
  });

/** A manifest that its owner has not signed yet, as an OpenPGP message to the owner: made by whoever packed for it. */
export async function encryptDraft(draft: Manifest, to: RecipientKey): Promise<Uint8Array> {
  return openpgp.encrypt({
    message: await openpgp.createMessage({ binary: encodeManifest(draft) }),
    encryptionKeys: to.publicKey,
    date: timeOfUse(to),
    format: "binary",
    config: { preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed, aeadProtect: false },
  });
}

/** What `encryptDraft` made. Anybody can have made it: the owner signs it under its own name, time and repair key. @throws CairnError `wrong-key`, `corrupt-manifest` */
export async function openDraft(bytes: Uint8Array, key: AccountKey): Promise<Manifest> {
  let data: Uint8Array;
  try {
    const opened = await openpgp.decrypt({
      message: await openpgp.readMessage({ binaryMessage: bytes }),
      decryptionKeys: key.privateKey,
      format: "binary",
      date: timeOfUse(key),
      // No draft is compressed: what would grow is made to fill memory.
      config: { maxDecompressedMessageSize: bytes.length },
    });
    data = opened.data;
  } catch (cause) {
    throw new CairnError("the draft of the list of files is not for this OpenPGP key, or is damaged", {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Use the account key to which the gateway was asked to encrypt.",
    });
  }
  return decodeManifest(data);
}
