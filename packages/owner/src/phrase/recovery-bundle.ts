import { concatBytes } from "@cairn/archive/bytes";
import { crypto } from "@cairn/archive/crypto";
import type { SettingsJson } from "@cairn/client";
import type { Address, Hex, Seconds } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { addressOfKey } from "@cairn/protocol/keys";
import { fromBase64, toBase64 } from "@cairn/protocol/wire/base64";

/** A wallet of which the owner's side has the key. */
export interface BundledWallet {
  name: string;
  /** `vault`: its key lies at the gateway as an OpenPGP message, too. */
  kind: "client" | "vault";
  key: Hex;
}

/** All that an empty machine lacks, beside the network. */
export interface RecoveryBundle {
  /** As `nextSequence` gives it: of several bundles of one phrase the highest is the newest. */
  sequence: number;
  created: Seconds;
  /** Where the packages are. */
  network: { chainId: number; deals: Address };
  /** Armoured OpenPGP secret key; one that is under a passphrase stays so. */
  openpgp: string;
  /** 32 bytes: keys name hashes and labels. */
  lookupKey: Uint8Array;
  /** The first is the one that the account signs with. */
  wallets: readonly BundledWallet[];
  settings: Omit<SettingsJson, "version">;
  /** What packages are called: their manifests have the names that they were put under. */
  names: readonly { documentHash: Hex; name: string }[];
}

const FORMAT = "cairn-recovery-1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The length of the text, big-endian. */
const LENGTH_BYTES = 4;
/** The text is padded to a multiple of this, so that the length of a bundle says little of what is in it. */
const PADDED_TO = 8192;
export const MOST_BUNDLE_BYTES = 16_777_216;
/** A name of usual length takes some 120 bytes, its document's hash included: these are some 12 MB, and the rest is for longer ones. */
export const MOST_NAMES = 100_000;
/** As many as were written before that. */
const MOST_NAMES_READ = 200_000;
/** As many as an account may have. */
const MOST_WALLETS = 32;

const utf8 = new TextEncoder();
const AAD = utf8.encode(FORMAT);
const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;

/** AES-256-GCM under the phrase's key: nonce ‖ ciphertext ‖ tag. @throws CairnError `bad-bundle` where it is too long */
export function encryptBundle(bundleKey: Uint8Array, bundle: RecoveryBundle): Uint8Array {
  const text = utf8.encode(JSON.stringify({ format: FORMAT, ...bundle, lookupKey: toBase64(bundle.lookupKey) }));
  const plain = new Uint8Array(Math.ceil((LENGTH_BYTES + text.length) / PADDED_TO) * PADDED_TO);
  if (NONCE_BYTES + plain.length + TAG_BYTES > MOST_BUNDLE_BYTES) throw badBundle("it is longer than 16 MiB");
  new DataView(plain.buffer).setUint32(0, text.length);
  plain.set(text, LENGTH_BYTES);
  const nonce = crypto.randomBytes(NONCE_BYTES);
  return concatBytes([nonce, crypto.encryptGcm({ key: bundleKey, nonce, aad: AAD }, plain)]);
}

/** @throws CairnError `wrong-key` where another phrase made it, `bad-bundle` */
export function decryptBundle(bundleKey: Uint8Array, encrypted: Uint8Array): RecoveryBundle {
  let plain: Uint8Array;
  try {
    if (encrypted.length < NONCE_BYTES + TAG_BYTES) throw new Error("it is too short");
    const nonce = encrypted.subarray(0, NONCE_BYTES);
    plain = crypto.decryptGcm({ key: bundleKey, nonce, aad: AAD }, encrypted.subarray(NONCE_BYTES));
  } catch (cause) {
    throw new CairnError("these words did not make this bundle", {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Use the phrase that was shown last.",
    });
  }
  const length = plain.length < LENGTH_BYTES ? -1 : new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  if (length < 0 || length > plain.length - LENGTH_BYTES) throw badBundle("its text is cut off");
  let value: unknown;
  try {
    value = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(plain.subarray(LENGTH_BYTES, LENGTH_BYTES + length)),
    );
  } catch {
    throw badBundle("it is no JSON");
  }
  return parseBundle(value);
}

type Parts = Record<string, unknown>;

/** @throws CairnError `bad-bundle`, which says what of it is not as it must be */
export function parseBundle(value: unknown): RecoveryBundle {
  const bundle = partsOf(value, "it");
  if (bundle.format !== FORMAT) throw badBundle("its format is unknown: a later version made it");
  const { sequence, created, openpgp, lookupKey } = bundle;
  const { chainId, deals } = partsOf(bundle.network, "network");
  if (typeof openpgp !== "string" || !openpgp.includes("PRIVATE KEY BLOCK")) throw badBundle("openpgp");
  return {
    sequence: count(sequence, "sequence"),
    created: count(created, "created"),
    network: { chainId: count(chainId, "network.chainId"), deals: text(deals, ADDRESS, "network.deals") as Address },
    openpgp,
    lookupKey: secretOf(lookupKey),
    wallets: walletsOf(bundle.wallets),
    settings: partsOf(bundle.settings, "settings") as Omit<SettingsJson, "version">,
    names: list(bundle.names, MOST_NAMES_READ, "names").map((one) => {
      const { documentHash, name } = partsOf(one, "names");
      return { documentHash: text(documentHash, HASH, "names.documentHash") as Hex, name: nameIn(name, "names.name") };
    }),
  };
}

function walletsOf(value: unknown): BundledWallet[] {
  const wallets = list(value, MOST_WALLETS, "wallets").map((one): BundledWallet => {
    const { name, kind, key } = partsOf(one, "wallets");
    if (kind !== "client" && kind !== "vault") throw badBundle("wallets.kind");
    const wallet: BundledWallet = {
      name: nameIn(name, "wallets.name"),
      kind,
      key: text(key, HASH, "wallets.key") as Hex,
    };
    try {
      addressOfKey(wallet.key);
    } catch {
      throw badBundle("wallets.key");
    }
    return wallet;
  });
  if (wallets[0]?.kind !== "client") throw badBundle("wallets");
  return wallets;
}

function partsOf(value: unknown, what: string): Parts {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Parts;
  throw badBundle(what);
}

function list(value: unknown, most: number, what: string): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw badBundle(what);
}

function count(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw badBundle(what);
}

function text(value: unknown, form: RegExp, what: string): string {
  if (typeof value === "string" && form.test(value)) return value;
  throw badBundle(what);
}

function nameIn(value: unknown, what: string): string {
  if (typeof value === "string" && value.length > 0 && value.length <= 1024) return value;
  throw badBundle(what);
}

function secretOf(value: unknown): Uint8Array {
  const bytes = typeof value === "string" && /^[A-Za-z0-9+/]{43}=$/.test(value) ? fromBase64(value) : undefined;
  if (bytes?.length === 32) return bytes;
  throw badBundle("lookupKey");
}

const badBundle = (what: string): CairnError =>
  new CairnError(`the recovery bundle cannot be read: ${what.includes(" ") ? what : `${what} is not as it must be`}`, {
    code: "bad-bundle",
    kind: "corrupt",
    next: "Use the version of Cairn that made it, or a later one.",
  });
