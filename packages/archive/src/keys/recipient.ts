import { CairnError } from "@cairn/protocol/errors";
import type { PrivateKey, PublicKey } from "openpgp";
import { crypto } from "#crypto";
import { concatBytes, equalBytes } from "../bytes.ts";
import type { Unwrap } from "../openpgp/decrypt-message.ts";
import { lengthHeaders } from "../openpgp/packet-lengths.ts";
import {
  CURVE25519_OID,
  type SessionKey,
  X25519Encryptor,
  type X25519Holder,
  X25519Opener,
  type X25519Recipient,
} from "../openpgp/session-key.ts";
import { type AccountKey, timeOfUse } from "./account-key.ts";

/** What a worker needs to encrypt to an account; survives a structured clone. */
export type Recipient = { kind: "x25519"; key: X25519Recipient } | { kind: "openpgp"; armored: string };

/** What a worker needs to decrypt for an account. Secret: never leaves the process. */
export interface Holder {
  subkeys: X25519Holder[];
  /** The whole unlocked key, when it has encryption keys of another kind. */
  armored: string | undefined;
}

/** Makes a fresh session key and its packet. */
export type Encryptor = () =>
  | { session: SessionKey; packet: Uint8Array }
  | Promise<{ session: SessionKey; packet: Uint8Array }>;

const ECDH = 18;
const AES_256 = 9;
const ENCRYPTING = new Set([1, 2, 16, ECDH]);
type KeyPacket = PublicKey["keyPacket"] | PrivateKey["subkeys"][number]["keyPacket"];

function x25519Of(packet: KeyPacket): X25519Recipient | undefined {
  const params = packet.publicParams as Record<string, unknown>;
  const oid = (params.oid as { oid?: Uint8Array } | undefined)?.oid;
  const point = params.Q;
  const kdf = params.kdfParams as { hash: number; cipher: number } | undefined;
  const fingerprint = packet.getFingerprintBytes();
  if (packet.version !== 4 || Number(packet.algorithm) !== ECDH || !oid || !kdf || !fingerprint) return undefined;
  if (!equalBytes(CURVE25519_OID.subarray(1), oid) || !(point instanceof Uint8Array) || point.length !== 33)
    return undefined;
  return {
    keyId: fingerprint.slice(-8),
    fingerprint: fingerprint.slice(),
    point: point.slice(1),
    kdfHash: kdf.hash,
    kdfCipher: kdf.cipher,
  };
}

/** The account's encryption key in the form that workers use. */
export async function recipientOf(key: Pick<AccountKey, "publicKey">): Promise<Recipient> {
  const encryption = await key.publicKey.getEncryptionKey(undefined, timeOfUse(key));
  const fast = x25519Of(encryption.keyPacket);
  return fast ? { kind: "x25519", key: fast } : { kind: "openpgp", armored: key.publicKey.armor() };
}

/** The account's decryption keys, expired ones included: what was once encrypted must stay readable. */
export function holderOf(key: AccountKey): Holder {
  const packets = [key.privateKey.keyPacket, ...key.privateKey.subkeys.map((subkey) => subkey.keyPacket)];
  const encrypting = packets.filter((packet) => ENCRYPTING.has(Number(packet.algorithm)));
  const subkeys = encrypting.flatMap((packet) => {
    const recipient = x25519Of(packet);
    const scalar = ((packet as { privateParams?: object | null }).privateParams as Record<string, unknown> | null)?.d;
    if (!recipient || !(scalar instanceof Uint8Array)) return [];
    // Big-endian, leading zeros possibly cut off; X25519 is little-endian.
    const secret = new Uint8Array(32);
    secret.set(scalar.slice().reverse());
    return [{ ...recipient, secret }];
  });
  return { subkeys, armored: subkeys.length === encrypting.length ? undefined : key.privateKey.armor() };
}

export async function encryptorOf(recipient: Recipient): Promise<Encryptor> {
  if (recipient.kind === "x25519") {
    const encryptor = new X25519Encryptor(recipient.key);
    return () => encryptor.encrypt();
  }
  const openpgp = await import("openpgp");
  const encryptionKeys = await openpgp.readKey({ armoredKey: recipient.armored });
  return async () => {
    const key = crypto.randomBytes(32);
    const packet = await openpgp.encryptSessionKey({
      data: key,
      algorithm: "aes256",
      encryptionKeys,
      date: timeOfUse({ publicKey: encryptionKeys }),
      format: "binary",
    });
    return { session: { algorithm: AES_256, key }, packet };
  };
}

/** Opens a message's session key with whichever key of the account it was encrypted to; throws `wrong-key`. */
export async function unwrapperOf(holder: Holder): Promise<Unwrap> {
  const openers = holder.subkeys.map((subkey) => new X25519Opener(subkey));
  const slow = holder.armored === undefined ? undefined : await slowUnwrapper(holder.armored);
  return async (packets) => {
    for (const packet of packets) {
      for (const opener of openers) {
        const session = opener.open(packet);
        if (session) return session;
      }
    }
    if (slow) return slow(packets);
    throw wrongKey();
  };
}

/** openpgpjs, for keys of other kinds than Curve25519 (RSA, NIST curves). */
async function slowUnwrapper(armored: string): Promise<(packets: Uint8Array[]) => Promise<SessionKey>> {
  const openpgp = await import("openpgp");
  const decryptionKeys = await openpgp.readPrivateKey({ armoredKey: armored });
  return async (packets) => {
    const framed = packets.flatMap((body) => [...lengthHeaders(1, body.length).map(({ bytes }) => bytes), body]);
    try {
      const message = await openpgp.readMessage({ binaryMessage: concatBytes(framed) });
      const [found] = await openpgp.decryptSessionKeys({ message, decryptionKeys });
      if (found?.algorithm) return sessionKeyOf(found.data, found.algorithm);
    } catch (cause) {
      throw cause instanceof CairnError ? cause : wrongKey(cause);
    }
    throw wrongKey();
  };
}

function wrongKey(cause?: unknown): CairnError {
  return new CairnError("the data is not encrypted to this key", {
    code: "wrong-key",
    kind: "auth",
    next: "Use the account key with which the package was put.",
    cause,
  });
}

function sessionKeyOf(data: Uint8Array, algorithm: string): SessionKey {
  const ids = new Map(Object.entries({ aes128: 7, aes192: 8, aes256: AES_256 }));
  const id = ids.get(algorithm);
  if (id === undefined) {
    throw new CairnError(`messages encrypted with ${algorithm} are not supported here`, {
      code: "unsupported-message",
      kind: "input",
      next: "Decrypt this message with gpg.",
    });
  }
  return { algorithm: id, key: data };
}
