import { CairnError } from "@cairn/protocol/errors";
import { MAX_MANIFEST_BYTES } from "@cairn/protocol/words";
import * as openpgp from "openpgp";
import { type AccountKey, timeOfUse } from "../keys/account-key.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { encodeManifest } from "./encode-manifest.ts";
import type { Manifest } from "./manifest.ts";

/** One binary OpenPGP message, signed by the account and encrypted to it; gpg opens it. */
export async function encryptManifest(manifest: Manifest, key: AccountKey): Promise<Uint8Array> {
  const message = await openpgp.createMessage({ binary: encodeManifest(manifest) });
  return openpgp.encrypt({
    message,
    encryptionKeys: key.publicKey,
    signingKeys: key.privateKey,
    date: timeOfUse(key),
    format: "binary",
    config: { preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed, aeadProtect: false },
  });
}

/**
 * Decrypts, checks the account's signature, and reads.
 * Throws `wrong-key` when the message is for another key or signed by another, `corrupt-manifest` otherwise.
 */
export async function decryptManifest(encrypted: Uint8Array, key: AccountKey): Promise<Manifest> {
  if (encrypted.length > MAX_MANIFEST_BYTES) throw damaged(`it is longer than ${MAX_MANIFEST_BYTES} bytes`);
  let message: openpgp.Message<Uint8Array>;
  try {
    message = await openpgp.readMessage({ binaryMessage: encrypted });
  } catch (cause) {
    throw damaged("it is not an OpenPGP message", cause);
  }
  let data: Uint8Array;
  try {
    const opened = await openpgp.decrypt({
      message,
      decryptionKeys: key.privateKey,
      verificationKeys: key.publicKey,
      expectSigned: true,
      // Never too early to read: a clock that was set back is behind what was signed before.
      date: null as never,
      format: "binary",
      // No manifest is compressed: what would grow is made to fill memory.
      config: { maxDecompressedMessageSize: encrypted.length },
    });
    await Promise.all(opened.signatures.map((signature) => signature.verified));
    data = opened.data;
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    // openpgpjs has no error classes; these are the ways in which it says that a key does not fit.
    if (!/session key|decryption key|signing key|not signed/i.test(text)) throw damaged("it does not decrypt", cause);
    throw new CairnError("the manifest cannot be opened with this key", {
      code: "wrong-key",
      kind: "auth",
      next: "Use the account key with which the package was put.",
      cause,
    });
  }
  return decodeManifest(data);
}

function damaged(what: string, cause?: unknown): CairnError {
  return new CairnError(`the encrypted manifest is damaged: ${what}`, {
    code: "corrupt-manifest",
    kind: "corrupt",
    next: "Fetch the manifest again from another provider.",
    cause,
  });
}
