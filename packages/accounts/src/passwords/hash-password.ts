import { randomBytes } from "node:crypto";
import { type Asker, derive } from "./derive.ts";
import { formatPhc } from "./phc.ts";

/**
 * OWASP, Password Storage Cheat Sheet (cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html): argon2id with at least 19 MiB, two
 * passes and one lane. RFC 9106, 3.1: 16 bytes of salt, and 32 of the tag.
 */
export const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
export const TAG_BYTES = 32;

/** The PHC string that stands for a password in the database. @throws CairnError `busy` */
export async function hashPassword(password: string, asker: Asker): Promise<string> {
  const to = { ...COST, salt: randomBytes(SALT_BYTES) };
  return formatPhc({ ...to, tag: await derive(password, { ...to, tagLength: TAG_BYTES }, asker) });
}
