import { CairnError } from "@cairn/protocol/errors";
import { decode } from "@ipld/dag-cbor";
import { hexToBytes } from "@noble/hashes/utils";
import { CID } from "multiformats/cid";
import { crypto } from "#crypto";
import { equalBytes } from "../bytes.ts";
import type { HashName } from "../crypto/crypto.ts";
import { ByteReader, corruptCar } from "./byte-reader.ts";
import { MAX_BLOCK_BYTES } from "./format.ts";

export { corruptCar, MAX_BLOCK_BYTES };

const MAX_HEADER_BYTES = 65_536;
const CARV2_PRAGMA = hexToBytes("a16776657273696f6e02");
/** Characteristics, data offset, data size, index offset. */
const CARV2_HEADER_BYTES = 40;
const IDENTITY = 0x00;
const PADDING_READ_BYTES = 1_048_576;
/** Multihash codes that we can verify. */
const HASHES: Record<number, HashName | undefined> = {
  18: "sha256",
  19: "sha512",
  20: "sha3-512",
  22: "sha3-256",
  45632: "blake2b512",
};

export interface ScannedBlock {
  cid: CID;
  /** Where the block's own bytes begin in the CAR. */
  offset: number;
  bytes: Uint8Array;
}

export interface CarScan {
  roots: CID[];
  /** Verified blocks in order; throws `corrupt-car`, `corrupt-block` or `unsupported-hash`. */
  blocks: AsyncGenerator<ScannedBlock>;
}

export function corruptBlock(cid: string): CairnError {
  return new CairnError(`a block is not what its identifier ${cid} says`, {
    code: "corrupt-block",
    kind: "corrupt",
    next: "Fetch the data again from other providers.",
    details: { cid },
  });
}

/** Throws `corrupt-block` or `unsupported-hash` unless the bytes hash to the CID. */
export function verifyBlock(cid: CID, bytes: Uint8Array): void {
  const { code, digest } = cid.multihash;
  if (code === IDENTITY) {
    if (!equalBytes(digest, bytes)) throw corruptBlock(cid.toString());
    return;
  }
  const name = HASHES[code];
  if (name === undefined) {
    throw new CairnError(`blocks hashed with multihash 0x${code.toString(16)} cannot be verified here`, {
      code: "unsupported-hash",
      kind: "input",
      next: "Export the DAG with sha2-256.",
      details: { cid: cid.toString() },
    });
  }
  if (!equalBytes(crypto.hash(name, bytes), digest)) throw corruptBlock(cid.toString());
}

/** Reads a CARv1 or CARv2 as it arrives: its roots, then its blocks, each verified against its CID. */
export async function scanCar(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<CarScan> {
  const reader = new ByteReader(stream);
  let end = Number.POSITIVE_INFINITY;
  let header = await readHeader(reader);
  if (equalBytes(header, CARV2_PRAGMA)) {
    const fields = new DataView(new ArrayBuffer(CARV2_HEADER_BYTES));
    await reader.readInto(new Uint8Array(fields.buffer));
    const start = Number(fields.getBigUint64(16, true));
    end = start + Number(fields.getBigUint64(24, true));
    if (start < reader.position || !Number.isSafeInteger(end)) throw corruptCar("its CARv2 header is wrong");
    // Writers fill the size in at the end (CARv2 specification, Header); to read on would take an index for blocks.
    if (end === start) throw corruptCar("its CARv2 header says that it holds 0 bytes: what wrote it did not finish");
    while (reader.position < start) {
      const skipped = await reader.readSome(start - reader.position);
      if (skipped.length === 0) throw corruptCar("it is cut short");
    }
    header = await readHeader(reader);
  }
  if (reader.position > end) throw corruptCar("its CARv2 header says that it holds less than its own roots");
  return { roots: rootsOf(header), blocks: blocksOf(reader, end, true) };
}

/** Verified blocks of a CARv1 body that begins at byte `position` of its file; throws as `CarScan.blocks` does. */
export function scanBlocks(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  position: number,
): AsyncGenerator<ScannedBlock> {
  const reader = new ByteReader(stream);
  reader.position = position;
  return blocksOf(reader, Number.POSITIVE_INFINITY, false);
}

async function readHeader(reader: ByteReader): Promise<Uint8Array> {
  const header = new Uint8Array(await reader.readVarint(MAX_HEADER_BYTES));
  await reader.readInto(header);
  return header;
}

function rootsOf(header: Uint8Array): CID[] {
  let value: unknown;
  try {
    value = decode(header);
  } catch (cause) {
    throw corruptCar(`its header is not dag-cbor (${cause instanceof Error ? cause.message : cause})`);
  }
  const { version, roots } = (value ?? {}) as { version?: unknown; roots?: unknown };
  if (version !== 1 || !Array.isArray(roots)) throw corruptCar("its header is not of version 1");
  return roots.map((root) => {
    const cid = CID.asCID(root);
    if (!cid) throw corruptCar("a root is not a CID");
    return cid;
  });
}

/** A CAR section's CID and block; throws `corrupt-car`. */
export function splitFrame(frame: Uint8Array): [CID, Uint8Array] {
  try {
    return CID.decodeFirst(frame);
  } catch (cause) {
    throw corruptCar(`a block has no CID (${cause instanceof Error ? cause.message : cause})`);
  }
}

/** @param padded zero bytes may follow the last block, as in a CAR that fills a Filecoin piece */
async function* blocksOf(reader: ByteReader, end: number, padded: boolean): AsyncGenerator<ScannedBlock> {
  try {
    while (reader.position < end && !(await reader.atEnd())) {
      const frame = new Uint8Array(await reader.readVarint(MAX_BLOCK_BYTES));
      const start = reader.position;
      if (padded && frame.length === 0) {
        await readPadding(reader, end);
        return;
      }
      if (start + frame.length > end) throw corruptCar("a block goes beyond the bytes that its CARv2 header names");
      await reader.readInto(frame);
      const [cid, rest] = splitFrame(frame);
      verifyBlock(cid, rest);
      yield { cid, offset: start + frame.length - rest.length, bytes: rest };
    }
    if (reader.position < end && end !== Number.POSITIVE_INFINITY) throw corruptCar("it is cut short");
  } finally {
    await reader.close();
  }
}

/** A section of length 0 begins padding: only zeros may follow it. */
async function readPadding(reader: ByteReader, end: number): Promise<void> {
  while (reader.position < end) {
    const part = await reader.readSome(Math.min(end - reader.position, PADDING_READ_BYTES));
    if (part.length === 0) return;
    if (part.some((byte) => byte !== 0)) {
      throw corruptCar("a section of length 0 is followed by other bytes than zeros, so it is no padding");
    }
  }
}

export interface BlockIndex {
  roots: CID[];
  blocks: { cid: CID; offset: number; length: number }[];
}

/** Where each block of a CAR lies, after every one of them has been verified. */
export async function blockIndexOf(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<BlockIndex> {
  const scan = await scanCar(stream);
  const blocks: BlockIndex["blocks"] = [];
  for await (const { cid, offset, bytes } of scan.blocks) blocks.push({ cid, offset, length: bytes.length });
  return { roots: scan.roots, blocks };
}
