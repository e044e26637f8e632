import { CairnError } from "@cairn/protocol/errors";
import * as openpgp from "openpgp";
import { type AccountKey, timeOfUse } from "./account-key.ts";

/** An armoured detached OpenPGP signature of some bytes: `gpg --verify` takes it. */
export async function signDetached(key: AccountKey, bytes: Uint8Array): Promise<string> {
  const message = await openpgp.createMessage({ binary: bytes });
  const signed = await openpgp.sign({
    message,
    signingKeys: key.privateKey,
    detached: true,
    format: "armored",
    date: timeOfUse(key),
  });
  return signed as string;
}

/**
 * Whether a detached signature is that of a key, over these bytes.
 * @returns the key's fingerprint, and when it signed in UNIX seconds
 * @throws CairnError `bad-openpgp-signature`
 */
export async function verifyDetached(
  armoredKey: string,
  bytes: Uint8Array,
  armoredSignature: string,
): Promise<{ fingerprint: string; signedAt: number }> {
  const refuse = (why: string, cause?: unknown) =>
    new CairnError(`the OpenPGP signature does not hold: ${why}`, {
      code: "bad-openpgp-signature",
      kind: "corrupt",
      cause,
    });
  const [key, signature] = await Promise.all([
    openpgp
      .readKey({ armoredKey })
      .catch((cause: unknown) => Promise.reject(refuse("the key is not an armoured public key", cause))),
    openpgp
      .readSignature({ armoredSignature })
      .catch((cause: unknown) => Promise.reject(refuse("it is not an armoured detached signature", cause))),
  ]);
  const message = await openpgp.createMessage({ binary: bytes });
  const { signatures } = await openpgp.verify({
    message,
    signature,
    verificationKeys: key.toPublic(),
    format: "binary",
  });
  const [first] = signatures;
  if (first === undefined || signatures.length !== 1) throw refuse("it is not one signature");
  try {
    await first.verified;
  } catch (cause) {
    throw refuse("it is of another key, or what was signed is not this", cause);
  }
  const made = (await first.signature).packets[0]?.created;
  return { fingerprint: key.getFingerprint().toUpperCase(), signedAt: Math.floor((made?.getTime() ?? 0) / 1000) };
}
