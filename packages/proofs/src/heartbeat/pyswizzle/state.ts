import { timingSafeEqual } from "node:crypto";
import { fromBase64, isRecord, readNode, toBase64 } from "../base64.ts";
import { aesReverse, aesStream, hmacSha256 } from "../keyed.ts";

const IV_BYTES = 16;
const MODE = "cfb8";

/** What a node needs to judge answers about one tag. */
export interface PySwizzleState {
  /** 32 bytes, as is the other. */
  readonly fKey: Uint8Array;
  readonly alphaKey: Uint8Array;
  readonly chunks: number;
}

/** A state as JSON; both keys are encrypted, or neither is. */
export interface WirePySwizzleState {
  readonly f_key: string;
  readonly alpha_key: string;
  readonly chunks: number;
  readonly encrypted: boolean;
  readonly iv: string;
  readonly hmac: string;
}

function stateMac(key: Uint8Array, iv: Uint8Array, state: PySwizzleState, encrypted: boolean): Buffer {
  const hmac = hmacSha256(key).update(iv).update(String(state.chunks));
  return hmac
    .update(state.fKey)
    .update(state.alphaKey)
    .update(encrypted ? "True" : "False")
    .digest();
}

/** A state signed under the beat's key, and encrypted unless `encrypted` is false. `iv`: 16 random bytes. */
export function sealPySwizzleState(
  key: Uint8Array,
  { fKey, alphaKey, chunks }: PySwizzleState,
  iv: Uint8Array,
  encrypted = true,
): WirePySwizzleState {
  const cipher = aesStream(MODE, key, iv);
  const written = encrypted
    ? { fKey: cipher.update(fKey), alphaKey: cipher.update(alphaKey), chunks }
    : { fKey, alphaKey, chunks };
  const hmac = toBase64(stateMac(key, iv, written, encrypted));
  return {
    f_key: toBase64(written.fKey),
    alpha_key: toBase64(written.alphaKey),
    chunks,
    encrypted,
    iv: toBase64(iv),
    hmac,
  };
}

/** What a state from decoded JSON holds; undefined when its HMAC under the beat's key is wrong. */
export function openPySwizzleState(key: Uint8Array, value: unknown): PySwizzleState | undefined {
  if (!isRecord(value)) return undefined;
  const { chunks, encrypted } = value;
  const [fKey, alphaKey, mac] = [value.f_key, value.alpha_key, value.hmac].map(readNode);
  const iv = fromBase64(value.iv, IV_BYTES);
  if (fKey === undefined || alphaKey === undefined || mac === undefined || iv?.length !== IV_BYTES) return undefined;
  if (typeof chunks !== "number" || !Number.isSafeInteger(chunks) || typeof encrypted !== "boolean") return undefined;
  const written = { fKey, alphaKey, chunks };
  if (!timingSafeEqual(mac, stateMac(key, iv, written, encrypted))) return undefined;
  if (!encrypted) return written;
  const decipher = aesReverse(MODE, key, iv);
  return { fKey: decipher.update(fKey), alphaKey: decipher.update(alphaKey), chunks };
}
