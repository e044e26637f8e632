import { hash } from "node:crypto";
import { noToken } from "./refusals.ts";

export const TOKEN_BYTES = 16;

/** As the original has it: the first 20 hex characters of SHA-256 of the token's raw bytes. */
const FARMER_ID_LENGTH = 20;

export interface TokenHash {
  /** SHA-256 of the token's raw bytes: the only form in which a token is kept. */
  tokenHash: Buffer;
  farmerId: string;
}

/** What is kept of a token's raw bytes. */
export function hashTokenBytes(bytes: Uint8Array): TokenHash {
  const tokenHash = hash("sha256", bytes, "buffer");
  return { tokenHash, farmerId: tokenHash.toString("hex").slice(0, FARMER_ID_LENGTH) };
}

/**
 * What a token is found by.
 *
 * @throws CairnError `downstream-no-token` for a text that is not 32 hex characters
 */
export function hashToken(token: string): TokenHash {
  if (!/^[0-9a-f]{32}$/i.test(token)) throw noToken();
  return hashTokenBytes(Buffer.from(token, "hex"));
}
