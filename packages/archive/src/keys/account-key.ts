import { CairnError } from "@cairn/protocol/errors";
import { openWith } from "@cairn/protocol/spellings";
import * as openpgp from "openpgp";

/** An unlocked OpenPGP key pair that owns packages. */
export interface AccountKey {
  /** 40 upper-case hex digits. */
  fingerprint: string;
  userIds: string[];
  privateKey: openpgp.PrivateKey;
  publicKey: openpgp.PublicKey;
}

/**
 * A new version 4 key: Ed25519 to sign, Curve25519 to encrypt, both of the kinds that gpg 2.2 reads.
 * @returns the unlocked key; write it out with `exportAccountKey`
 */
export async function generateAccountKey(options: { name: string; email?: string }): Promise<AccountKey> {
  const { privateKey } = await openpgp.generateKey({
    type: "ecc",
    curve: "curve25519Legacy",
    userIDs: [{ name: options.name, ...(options.email === undefined ? {} : { email: options.email }) }],
    format: "object",
  });
  return accountKeyOf(privateKey);
}

/**
 * Reads a secret key, ASCII-armoured or binary, and unlocks it.
 * Throws `key-unusable` when it is no secret key, `wrong-passphrase` when it stays locked.
 */
export async function importAccountKey(key: string | Uint8Array, passphrase?: string): Promise<AccountKey> {
  let locked: openpgp.PrivateKey;
  try {
    locked = await (typeof key === "string"
      ? openpgp.readPrivateKey({ armoredKey: key })
      : openpgp.readPrivateKey({ binaryKey: key }));
  } catch (cause) {
    throw unusable(
      typeof key === "string"
        ? "The text is not an armoured OpenPGP secret key."
        : "The file is no OpenPGP secret key.",
      "Export it with gpg --armor --export-secret-keys.",
      cause,
    );
  }
  if (locked.isDecrypted()) return accountKeyOf(locked);
  try {
    return await openWith(passphrase ?? "", async (spelling) =>
      accountKeyOf(await openpgp.decryptKey({ privateKey: locked, passphrase: spelling })),
    );
  } catch (cause) {
    throw new CairnError(
      passphrase === undefined ? "the key is locked with a passphrase" : "the passphrase does not unlock the key",
      { code: "wrong-passphrase", kind: "auth", next: "Give the passphrase of this key.", cause },
    );
  }
}

/** The secret key, armoured, locked with `passphrase` if one is given; gpg imports it. */
export async function exportAccountKey(key: AccountKey, passphrase?: string): Promise<string> {
  if (passphrase === undefined) return key.privateKey.armor();
  const locked = await openpgp.encryptKey({ privateKey: key.privateKey, passphrase });
  return locked.armor();
}

/** What anybody who has the key's public half can revoke it with: to be kept apart from the key, for the day on which it is lost or stolen. @throws CairnError `key-unusable` where the primary key is elsewhere */
export async function revocationCertificateOf(key: AccountKey): Promise<string> {
  if (isElsewhere(key.privateKey)) {
    throw unusable(
      `The primary key of ${key.fingerprint} is kept elsewhere, and it alone revokes.`,
      "Make the certificate where it is, with gpg --gen-revoke.",
    );
  }
  const { publicKey } = await openpgp.revokeKey({ key: key.privateKey, date: timeOfUse(key), format: "object" });
  const certificate = await publicKey.getRevocationCertificate(timeOfUse(key));
  if (certificate === undefined) throw new Error("a revoked key has no revocation");
  return certificate as string;
}

/** The public key, armoured. */
export function exportPublicKey(key: AccountKey): string {
  return key.publicKey.armor();
}

/**
 * The time to use a key at: now, or that at which it was made where the clock has been set back since. openpgpjs refuses keys from the future.
 */
export function timeOfUse({ publicKey }: Pick<AccountKey, "publicKey">): Date {
  const made = publicKey.getKeys().map((one) => one.getCreationTime().getTime());
  return new Date(Math.max(Date.now(), ...made));
}

/** Throws `key-unusable` unless the key can encrypt and sign new packages now. */
export async function assertUsable(key: AccountKey): Promise<void> {
  const id = key.fingerprint;
  if (key.privateKey.keyPacket.version !== 4) {
    throw unusable(`Key ${id} is not a version 4 key, so gpg could not read what it encrypts.`, "Use a version 4 key.");
  }
  const expires = await key.privateKey.getExpirationTime();
  if (expires === null || (expires !== Number.POSITIVE_INFINITY && expires.valueOf() <= Date.now())) {
    const when = expires instanceof Date ? ` on ${expires.toISOString()}` : "";
    throw unusable(`Key ${id} expired${when}.`, "Extend it with gpg --quick-set-expire and import it again.");
  }
  if (await key.privateKey.isRevoked(undefined, undefined, timeOfUse(key)))
    throw unusable(`Key ${id} is revoked.`, "Use another key.");
  let encrypting: Awaited<ReturnType<openpgp.PrivateKey["getEncryptionKey"]>>;
  try {
    encrypting = await key.privateKey.getEncryptionKey(undefined, timeOfUse(key));
  } catch (cause) {
    const next = "Add one with gpg --quick-add-key FINGERPRINT cv25519 encr and import the key again.";
    throw weakPrimary(id, cause) ?? unusable(`Key ${id} has no usable encryption subkey.`, next, cause);
  }
  let signing: Awaited<ReturnType<openpgp.PrivateKey["getSigningKey"]>>;
  try {
    signing = await key.privateKey.getSigningKey(undefined, timeOfUse(key));
  } catch (cause) {
    throw unusable(`Key ${id} cannot sign.`, "Use a key that can sign and encrypt.", cause);
  }
  if ([signing, encrypting].some(isElsewhere)) {
    throw unusable(
      `Key ${id} is here without its secret: it is kept elsewhere.`,
      "Import all of it (gpg --armor --export-secret-keys), or give it a signing subkey (gpg --quick-add-key FINGERPRINT ed25519 sign) and export its subkeys anew.",
    );
  }
  const unread = [key.privateKey, encrypting].find((one) => !GPG_READS.has(Number(one.keyPacket.algorithm)));
  if (unread !== undefined) {
    const { algorithm } = unread.getAlgorithmInfo();
    throw unusable(
      `Key ${id} uses ${algorithm}, which gpg 2.2 does not read, so it could not open what is encrypted to it.`,
      "Use an RSA key, or one of Ed25519 and Curve25519 in the form that gpg makes (ed25519, cv25519).",
    );
  }
}

/** gpg writes a stub in the place of a secret that stays on another machine or a card. */
const isElsewhere = ({ keyPacket }: { keyPacket: openpgp.AnyKeyPacket }): boolean =>
  keyPacket instanceof openpgp.SecretKeyPacket && keyPacket.isMissingSecretKeyMaterial();

/** How openpgpjs says that what certifies the subkeys is itself refused: too short, or of an algorithm that nobody trusts any more. */
const PRIMARY_REFUSED = "Could not verify primary key: ";

function weakPrimary(id: string, cause: unknown): CairnError | undefined {
  const said = cause instanceof Error ? cause.message : "";
  if (!said.startsWith(PRIMARY_REFUSED)) return undefined;
  const reason = said.slice(PRIMARY_REFUSED.length).replace(/\.$/, "");
  return unusable(
    `The primary key of ${id} is refused: ${reason}.`,
    "Make a new key: subkeys are no safer than it.",
    cause,
  );
}

/** Public-key algorithms (RFC 9580, 9.1) that gpg 2.2 has; 25 to 28 it has not. */
const GPG_READS = new Set([1, 2, 3, 16, 17, 18, 19, 22]);

function accountKeyOf(privateKey: openpgp.PrivateKey): AccountKey {
  return {
    fingerprint: privateKey.getFingerprint().toUpperCase(),
    userIds: privateKey.getUserIDs(),
    privateKey,
    publicKey: privateKey.toPublic(),
  };
}

function unusable(message: string, next: string, cause?: unknown): CairnError {
  return new CairnError(message, { code: "key-unusable", kind: "input", next, cause });
}
