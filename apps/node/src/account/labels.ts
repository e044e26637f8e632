import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { CairnError, type Hex } from "@cairn/core";
import type { Account } from "./account.ts";

/** What `ls` shows of a package beyond what the gateway knows; only the owner can read it. */
export interface Label {
  name: string;
  files: number;
  bytes: number;
}

/** The keyed hash under which the gateway finds a name that it never learns. */
export function nameHash(account: Account, name: string): Hex {
  const hash = createHmac("sha256", account.lookupKey)
    .update("cairn/name/1\0")
    .update(name.normalize("NFC"))
    .digest("hex");
  return `0x${hash}`;
}

const labelKey = (account: Account) => Buffer.from(hkdfSync("sha256", account.lookupKey, "", "cairn/label/1", 32));

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. Padded to 256 bytes so that its length says little of the name. */
export function sealLabel(account: Account, label: Label): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", labelKey(account), nonce);
  const text = Buffer.from(JSON.stringify(label));
  const padded = Buffer.alloc(Math.ceil((text.length + 1) / 256) * 256, 0x20);
  text.copy(padded);
  return Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

/** Throws `wrong-key` when another account made the label. */
export function openLabel(account: Account, sealed: string): Label {
  const bytes = Buffer.from(sealed, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", labelKey(account), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
    return JSON.parse(text) as Label;
  } catch (cause) {
    throw new CairnError("this account's key does not open the package's label", {
      code: "wrong-key",
      kind: "auth",
      cause,
      next: "Import the account that stored the package: `cairn key import FILE`.",
    });
  }
}
