import { createHash, createHmac, randomBytes } from "node:crypto";

/** 32 random bytes as 43 characters of base64url: tokens, sessions and invites. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** 16 random bytes in hexadecimal: what rows are called by. */
export const newId = (): string => randomBytes(16).toString("hex");

/** Secrets have 256 random bits, so their plain SHA-256 is kept: nothing can be guessed from it. */
export const hashSecret = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** What a page sends beside the cookie of its session: it follows from the session's secret, so nothing of it is kept. */
export const csrfToken = (session: string): string =>
  createHmac("sha256", session).update("cairn/csrf/1").digest("base64url");
