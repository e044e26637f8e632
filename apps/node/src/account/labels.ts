import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { bytesOfName } from "@cairn/archive/names";
import type { Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import type { Owner } from "./owner.ts";

/** What `ls` shows of a package beyond what the gateway knows; only the owner can read it. */
export interface Label {
  name: string;
  files: number;
  bytes: number;
}

/** The keyed hash under which the gateway finds a name that it never learns. */
export function nameHash(account: Pick<Owner, "lookupKey">, name: string): Hex {
  const hash = createHmac("sha256", account.lookupKey)
    .update("cairn/name/1\0")
    .update(bytesOfName(name.normalize("NFC")))
    .digest("hex");
  return `0x${hash}`;
}

const labelKey = (account: Pick<Owner, "lookupKey">) =>
  Buffer.from(hkdfSync("sha256", account.lookupKey, "", "cairn/label/1", 32));

/** What a label is bound to: one package's label cannot stand at another. */
const labelOf = (id: string) => Buffer.from(`cairn/label/1\0${id}`);

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. Padded to 256 bytes so that its length says little of the name. */
export function encryptLabel(account: Pick<Owner, "lookupKey">, id: string, label: Label): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", labelKey(account), nonce);
  cipher.setAAD(labelOf(id));
  const text = Buffer.from(JSON.stringify(label));
  const padded = Buffer.alloc(Math.ceil((text.length + 1) / 256) * 256, 0x20);
  text.copy(padded);
  return Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

/** Throws `wrong-key` when another account made the label, or made it for another package. */
export function decryptLabel(account: Pick<Owner, "lookupKey">, id: string, encrypted: string): Label {
  const bytes = Buffer.from(encrypted, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", labelKey(account), bytes.subarray(0, 12));
    decipher.setAAD(labelOf(id));
    decipher.setAuthTag(bytes.subarray(-16));
    const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
    return JSON.parse(text) as Label;
  } catch (cause) {
    throw new CairnError("this account's key did not make this package's label", {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Import the account that stored the package: `cairn key import FILE`.",
    });
  }
}
