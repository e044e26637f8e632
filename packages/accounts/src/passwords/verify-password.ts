import { timingSafeEqual } from "node:crypto";
import { type Asker, derive } from "./derive.ts";
import { COST, TAG_BYTES } from "./hash-password.ts";
import { type Argon2Hash, parsePhc } from "./phc.ts";

/** No password has this hash: nobody knows what gives 32 zeros. */
const NOBODY: Argon2Hash = { ...COST, salt: new Uint8Array(16), tag: new Uint8Array(TAG_BYTES) };

/**
 * Whether `password` is the one that `stored` stands for. Without `stored`, as for a user that does not exist, the same work is done and the answer is no.
 * @throws CairnError `busy`
 */
export async function verifyPassword(password: string, stored: string | undefined, asker: Asker): Promise<boolean> {
  const known = stored === undefined ? undefined : parsePhc(stored);
  const hash = known ?? NOBODY;
  const tag = await derive(password, { ...hash, tagLength: hash.tag.length }, asker);
  return timingSafeEqual(tag, hash.tag) && known !== undefined;
}
