import { concatBytes } from "@cairn/archive/bytes";
import { crypto } from "@cairn/archive/crypto";
import { bytesOfName } from "@cairn/archive/names";
import { type TypeCounts, typeCountsOf } from "@cairn/archive/type-counts";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { toHex } from "@cairn/protocol/hex";
import { fromBase64, toBase64 } from "@cairn/protocol/wire/base64";
import type { Owner } from "./ports.ts";

/** What `ls` shows of a package beyond what the gateway knows; only the owner can read it. */
export interface Label {
  name: string;
  files: number;
  bytes: number;
  /** Files by media type; labels of uploads that are not complete, and of earlier versions, have none. */
  types?: TypeCounts;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The text is padded with spaces to a multiple of this, so that its length says little of the name. */
const PADDED_TO = 256;
const utf8 = new TextEncoder();

/** The keyed hash under which the gateway finds a name that it never learns. */
export function nameHash({ lookupKey }: Pick<Owner, "lookupKey">, name: string): Hex {
  const named = concatBytes([utf8.encode("cairn/name/1\0"), bytesOfName(name.normalize("NFC"))]);
  return toHex(crypto.hmacSha256(lookupKey, named));
}

/** Key and context of a label, which binds it to its package: one package's label cannot stand at another. */
const gcmOf = ({ lookupKey }: Pick<Owner, "lookupKey">, id: string, nonce: Uint8Array) => ({
  key: crypto.hkdfSha256(lookupKey, "cairn/label/1", 32),
  nonce,
  aad: utf8.encode(`cairn/label/1\0${id}`),
});

/** AES-256-GCM in base64: nonce ‖ ciphertext ‖ tag. */
export function encryptLabel(owner: Pick<Owner, "lookupKey">, id: string, label: Label): string {
  const nonce = crypto.randomBytes(NONCE_BYTES);
  const text = utf8.encode(JSON.stringify(label));
  const padded = new Uint8Array(Math.ceil((text.length + 1) / PADDED_TO) * PADDED_TO).fill(0x20);
  padded.set(text);
  return toBase64(concatBytes([nonce, crypto.encryptGcm(gcmOf(owner, id, nonce), padded)]));
}

/** Throws `wrong-key` when another account made the label, or made it for another package. */
export function decryptLabel(owner: Pick<Owner, "lookupKey">, id: string, encrypted: string): Label {
  try {
    const bytes = fromBase64(encrypted);
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error("it is too short");
    const gcm = gcmOf(owner, id, bytes.subarray(0, NONCE_BYTES));
    const text = crypto.decryptGcm(gcm, bytes.subarray(NONCE_BYTES));
    const { types, ...label } = JSON.parse(new TextDecoder().decode(text)) as Label;
    const counts = typeCountsOf(types);
    return counts === undefined ? label : { ...label, types: counts };
  } catch (cause) {
    throw new CairnError("this account's key did not make this package's label", {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Import the account that stored the package: `cairn key import FILE`.",
    });
  }
}
