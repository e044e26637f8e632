import { timingSafeEqual } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import { aesReverse, aesStream, hmacSha256 } from "../keyed.ts";
import { KEY_BYTES, type SwizzleBeat, type SwizzleKeys } from "./beat.ts";
import { asBuffer } from "./integers.ts";
import { sized, u32, WireReader } from "./wire.ts";

const IV_BYTES = 16;
const MODE = "cfb";
const SECRET_BYTES = 2 * (4 + KEY_BYTES);
const SIGNED_BYTES = 4 + 4 + IV_BYTES + 4 + SECRET_BYTES;
const STATE_BYTES = 4 + SIGNED_BYTES + 4 + KEY_BYTES;

/** What a node needs to judge answers about one tag. */
export interface SwizzleState {
  readonly chunks: number;
  /** 32 random bytes of this tag alone, as is the other. */
  readonly fKey: Uint8Array;
  readonly alphaKey: Uint8Array;
}

function keysOf({ keys }: SwizzleBeat): SwizzleKeys {
  if (keys !== undefined) return keys;
  throw new CairnError("a public beat can neither seal nor open a state", {
    code: "heartbeat-beat-public",
    kind: "input",
  });
}

/** A state encrypted and signed under the beat's keys: 144 bytes, as the original has it. `iv`: 16 random bytes. */
export function sealSwizzleState(beat: SwizzleBeat, state: SwizzleState, iv: Uint8Array): Buffer {
  const { encryption, mac } = keysOf(beat);
  const cipher = aesStream(MODE, encryption, iv);
  const secret = cipher.update(Buffer.concat([sized(state.fKey), sized(state.alphaKey)]));
  const signed = Buffer.concat([u32(state.chunks), sized(iv), sized(secret)]);
  const seal = hmacSha256(mac).update(signed).digest();
  return sized(Buffer.concat([sized(signed), sized(seal)]));
}

/** What a sealed state holds; undefined when it was not sealed under this beat's keys. */
export function openSwizzleState(beat: SwizzleBeat, sealed: Uint8Array): SwizzleState | undefined {
  const { encryption, mac } = keysOf(beat);
  const outer = new WireReader(asBuffer(sealed));
  const body = new WireReader(outer.sized(STATE_BYTES));
  const signed = body.sized(SIGNED_BYTES);
  const seal = body.sized(KEY_BYTES);
  if (!outer.done || !body.done) return undefined;
  if (!timingSafeEqual(seal, hmacSha256(mac).update(signed).digest())) return undefined;
  const inner = new WireReader(signed);
  const chunks = inner.u32();
  const iv = inner.sized(IV_BYTES);
  const encrypted = inner.sized(SECRET_BYTES);
  if (!inner.done) return undefined;
  const secret = new WireReader(aesReverse(MODE, encryption, iv).update(encrypted));
  const keys = { fKey: secret.sized(KEY_BYTES), alphaKey: secret.sized(KEY_BYTES) };
  return secret.done && chunks >= 1 ? { chunks, ...keys } : undefined;
}
