/** What browsers encrypt and hash with, in JavaScript, beside OpenSSL, which Node uses for the same: MB/s of one core. */
import type { Crypto } from "../packages/archive/src/crypto/crypto.ts";
import { crypto as native } from "../packages/archive/src/crypto/native.ts";
import { crypto as noble } from "../packages/archive/src/crypto/noble.ts";
import { processorSeconds, race, report } from "./lib/measure.ts";

const BYTES = 33_554_432;
/** As the composer of messages feeds them (openpgp/compose-message.ts). */
const STEP = 65_536;

const content = new Uint8Array(BYTES);
for (let at = 0; at < BYTES; at += STEP) crypto.getRandomValues(content.subarray(at, at + STEP));
const [key, iv] = [new Uint8Array(32), new Uint8Array(16)];

const fed = (target: { update(bytes: Uint8Array): unknown }): void => {
  for (let at = 0; at < BYTES; at += STEP) target.update(content.subarray(at, at + STEP));
};
const works: Record<string, (crypto: Crypto) => void> = {
  "AES-256-CFB, encrypting": (crypto) => fed(crypto.encryptCfb(key, iv)),
  "AES-256-CFB, decrypting": (crypto) => fed(crypto.decryptCfb(key, iv)),
  "SHA-1": (crypto) => fed(crypto.sha1()),
  "SHA-256": (crypto) => void crypto.sha256(content),
};
for (const [name, work] of Object.entries(works)) {
  const seconds = await race({ noble: () => work(noble), native: () => work(native) }, 3, processorSeconds);
  report(`${name} in JavaScript`, BYTES / 1e6 / seconds.noble, "MB/s", "OpenSSL", BYTES / 1e6 / seconds.native);
}
