import { createLink, encode, type PBLink, prepare } from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { crypto } from "#crypto";
import { concatBytes } from "../bytes.ts";

export const RAW = 0x55;
export const DAG_PB = 0x70;
const SHA2_256 = 0x12;
/** CIDv1, sha2-256, one-byte codec: 4 bytes of prefix and 32 of digest. */
export const CID_BYTES = 36;

/** A node of a DAG as its parent refers to it. */
export interface Link {
  codec: typeof RAW | typeof DAG_PB;
  /** sha2-256 of the block, 32 bytes. */
  digest: Uint8Array;
  /** Bytes of file content below; 0 for directories. */
  size: number;
  /** Bytes of all blocks below, this one included. */
  tsize: number;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return crypto.sha256(bytes);
}

/** As `sha256`, by the platform's own where that is faster; the bytes must stay as they are until it resolves. */
export function sha256Soon(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
  return crypto.sha256Soon === undefined ? crypto.sha256(bytes) : crypto.sha256Soon(bytes);
}

export function cidOf(link: { codec: number; digest: Uint8Array }): CID {
  return CID.createV1(link.codec, Digest.create(SHA2_256, link.digest));
}

/** Binary form of the CID. */
export function cidBytes(codec: number, digest: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(1, codec, SHA2_256, 32), digest]);
}

/** dag-pb block of a node with `data` and named links; links are sorted by name, as dag-pb asks. */
export function encodeNode(data: Uint8Array, links: { name: string; link: Link }[]): Uint8Array {
  const pbLinks: PBLink[] = links.map(({ name, link }) => createLink(name, link.tsize, cidOf(link)));
  return encode(prepare({ Data: data, Links: pbLinks }));
}
