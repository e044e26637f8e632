import { Readable } from "node:stream";
import { chainOf } from "@cairn/archive";
import type { CompletePackageJson, KeepUploadJson, OpenPackageJson } from "@cairn/client";
import { CAR_HEADER_BYTES, type CommitmentDocument, type Hex } from "@cairn/protocol";

/** A package as the gateway holds it. */
export interface Held {
  open: OpenPackageJson;
  body: Buffer[];
  manifest: Buffer;
  request?: CompletePackageJson;
  document?: CommitmentDocument;
  documentBytes: Buffer;
  documentHash: Hex | null;
  state: string;
}

/** Frames of the asked blocks, cut out of the bodies that were uploaded. */
export function blocksOf(held: Held, cids: string[]): Buffer {
  const body = Buffer.concat(held.body);
  const frames = new Map<string, Buffer>();
  for (let at = 0; at < body.length; ) {
    const start = at;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    frames.set(base32(body.subarray(at, at + 36)), body.subarray(start, at + length));
    at += length;
  }
  return Buffer.concat(cids.map((cid) => frames.get(cid)!));
}

/** As the document has them, or what there is of the one that is being received. */
export function piecesOf({ document, body }: Held) {
  if (document !== undefined) return document.pieces.map((piece) => ({ ...piece, received: piece.length }));
  const received = body.reduce((sum, { length }) => sum + length, 0);
  return body.length === 0 ? [] : [{ length: CAR_HEADER_BYTES + received, received, commP: null }];
}

/** All that is held is of one piece. */
export async function keep(held: Held, { pieces: [kept] }: KeepUploadJson) {
  held.body = kept === undefined ? [] : [Buffer.concat(held.body).subarray(0, kept.length - CAR_HEADER_BYTES)];
  if (kept === undefined) return { pieces: [] };
  const chain = await chainOf(Readable.from(held.body));
  return { pieces: [{ chain: Buffer.from(chain).toString("hex") }] };
}

/** A CID as text: multibase base32. */
function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  const digits = bits.match(/.{1,5}/g) ?? [];
  return `b${digits.map((five) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(five.padEnd(5, "0"), 2)]).join("")}`;
}

function bytesOfBase32(text: string): Buffer {
  const bits = [...text.slice(1)].map((one) =>
    "abcdefghijklmnopqrstuvwxyz234567".indexOf(one).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((one) => Number.parseInt(one, 2)));
}

/** The header of a CARv1 (docs/protocol.md, 1). */
export const header = (root: string): Buffer =>
  Buffer.concat([
    Buffer.from("3aa265726f6f747381d82a582500", "hex"),
    bytesOfBase32(root),
    Buffer.from("6776657273696f6e01", "hex"),
  ]);
