import { createCipheriv, hkdfSync } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import type { MaskId, PackageId } from "@cairn/protocol/words";

/** Which shard's keystream (docs/protocol.md, 1). */
export interface MaskKey {
  /** Secret of the owner and the repair role; never a provider's. At least 16 bytes. */
  repairKey: Uint8Array;
  package: PackageId;
  piece: number;
  shard: number;
  /** Defaults to `aes-256-ctr-v1`; `none` leaves bytes as they are. */
  mask?: MaskId;
}

const BLOCK = 16;

function assertMaskKey({ repairKey, package: id, piece, shard }: MaskKey, offset: number): void {
  const wellFormed =
    Number.isSafeInteger(offset) &&
    offset >= 0 &&
    repairKey.length >= 16 &&
    /^[0-9a-f]{32}$/.test(id) &&
    Number.isInteger(piece) &&
    piece >= 0 &&
    piece < 2 ** 32 &&
    Number.isInteger(shard) &&
    shard >= 0 &&
    shard < 2 ** 16;
  if (wellFormed) return;
  throw new CairnError("a mask needs a repair key, a package id of 32 hex digits, a piece, a shard and an offset", {
    code: "bad-mask-key",
    kind: "input",
    next: "Take package id, piece and shard from the package's document, and the repair key from the account.",
    details: { package: id, piece, shard, offset },
  });
}

/** HKDF-SHA256(repairKey, salt = package id, info = "cairn/mask/1" ‖ u32be piece ‖ u16be shard). */
function keyOf({ repairKey, package: id, piece, shard }: MaskKey): Buffer {
  const label = Buffer.from("cairn/mask/1");
  const info = Buffer.alloc(label.length + 6);
  label.copy(info);
  info.writeUInt32BE(piece, label.length);
  info.writeUInt16BE(shard, label.length + 4);
  return Buffer.from(hkdfSync("sha256", repairKey, Buffer.from(id, "hex"), info, 32));
}

/** Masks or unmasks consecutive bytes of one shard: the same operation. Returns new bytes (the given ones for mask `none`). */
export type Mask = (bytes: Uint8Array) => Uint8Array;

/** The keystream of one shard from byte `offset` on; each call goes on where the last ended. Throws `bad-mask-key`. */
export function createMask(key: MaskKey, offset = 0): Mask {
  if (key.mask === "none") return (bytes) => bytes;
  assertMaskKey(key, offset);
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK)), 8);
  const cipher = createCipheriv("aes-256-ctr", keyOf(key), counter);
  cipher.update(new Uint8Array(offset % BLOCK));
  return (bytes) => cipher.update(bytes);
}

/** Mask or unmask bytes that stand at `offset` of their shard. */
export function applyMask({ offset, bytes, ...key }: MaskKey & { offset: number; bytes: Uint8Array }): Uint8Array {
  return createMask(key, offset)(bytes);
}
