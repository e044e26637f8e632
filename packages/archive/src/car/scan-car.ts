import { createHash } from "node:crypto";
import { CairnError } from "@cairn/core/errors";
import { decode } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { ByteReader, corruptCar } from "./byte-reader.ts";
import { MAX_BLOCK_BYTES } from "./format.ts";

const MAX_HEADER_BYTES = 65_536;
const CARV2_PRAGMA = Buffer.from("a16776657273696f6e02", "hex");
/** Characteristics, data offset, data size, index offset. */
const CARV2_HEADER_BYTES = 40;
const IDENTITY = 0x00;
/** Multihash codes that we can verify, as node:crypto names them. */
const HASHES: Record<number, string | undefined> = {
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
  return new CairnError(`A block is not what its identifier ${cid} says.`, {
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
    if (!Buffer.from(digest).equals(bytes)) throw corruptBlock(cid.toString());
    return;
  }
  const name = HASHES[code];
  if (name === undefined) {
    throw new CairnError(`Blocks hashed with multihash 0x${code.toString(16)} cannot be verified here.`, {
      code: "unsupported-hash",
      kind: "input",
      next: "Export the DAG with sha2-256.",
      details: { cid: cid.toString() },
    });
  }
  if (!createHash(name).update(bytes).digest().equals(digest)) throw corruptBlock(cid.toString());
}

/** Reads a CARv1 or CARv2 as it arrives: its roots, then its blocks, each verified against its CID. */
export async function scanCar(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<CarScan> {
  const reader = new ByteReader(stream);
  let end = Number.POSITIVE_INFINITY;
  let header = await readHeader(reader);
  if (Buffer.from(header).equals(CARV2_PRAGMA)) {
    const fields = Buffer.alloc(CARV2_HEADER_BYTES);
    await reader.readInto(fields);
    const start = Number(fields.readBigUInt64LE(16));
    end = start + Number(fields.readBigUInt64LE(24));
    if (start < reader.position || !Number.isSafeInteger(end)) throw corruptCar("its CARv2 header is wrong");
    while (reader.position < start) {
      const skipped = await reader.readSome(start - reader.position);
      if (skipped.length === 0) throw corruptCar("it is cut short");
    }
    header = await readHeader(reader);
  }
  return { roots: rootsOf(header), blocks: blocksOf(reader, end) };
}

/** Verified blocks of a CARv1 body that begins at byte `position` of its file; throws as `CarScan.blocks` does. */
export function scanBlocks(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  position: number,
): AsyncGenerator<ScannedBlock> {
  const reader = new ByteReader(stream);
  reader.position = position;
  return blocksOf(reader, Number.POSITIVE_INFINITY);
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

async function* blocksOf(reader: ByteReader, end: number): AsyncGenerator<ScannedBlock> {
  try {
    while (reader.position < end && !(await reader.atEnd())) {
      const frame = new Uint8Array(await reader.readVarint(MAX_BLOCK_BYTES));
      const start = reader.position;
      await reader.readInto(frame);
      const [cid, rest] = splitFrame(frame);
      verifyBlock(cid, rest);
      yield { cid, offset: start + frame.length - rest.length, bytes: rest };
    }
  } finally {
    await reader.close();
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
