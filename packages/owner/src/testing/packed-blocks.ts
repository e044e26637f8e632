import { randomBytes } from "node:crypto";
import { type AccountKey, excluderOf, type Manifest, packFolder } from "@cairn/archive";
import { CID } from "multiformats/cid";

export interface PackedBlocks {
  manifest: Manifest;
  /** How many pieces there are. */
  pieces: number;
  /** Each block by its CID, with the piece that it lies in. */
  blocks: Map<string, { bytes: Buffer; piece: number }>;
}

/** Pack a folder as `put` does, and take the pieces' CAR bodies apart. */
export async function packedBlocks(path: string, key: AccountKey, pieceLimit: number): Promise<PackedBlocks> {
  const bodies: Buffer[][] = [];
  const packed = await packFolder({
    ...{ path, exclude: excluderOf([]), layout: "private", key, pieceLimit },
    ...{ repairKey: randomBytes(32), packageId: "ab".repeat(16), name: "p", created: 1 },
    sink: {
      write: async (piece: number, bytes: Uint8Array) => {
        bodies[piece] ??= [];
        bodies[piece].push(Buffer.from(bytes));
      },
      cut: async () => undefined,
    },
  } as Parameters<typeof packFolder>[0]);
  const blocks: PackedBlocks["blocks"] = new Map();
  for (const [piece, parts] of bodies.entries()) {
    const all = Buffer.concat(parts);
    for (let at = 0; at < all.length; ) {
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = all[at++]!;
        length += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) break;
      }
      const cid = CID.decode(all.subarray(at, at + 36)).toString();
      blocks.set(cid, { bytes: all.subarray(at + 36, at + length), piece });
      at += length;
    }
  }
  return { manifest: packed.opened, pieces: bodies.length, blocks };
}
