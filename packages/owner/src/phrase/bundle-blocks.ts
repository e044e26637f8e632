import type { GetBlocks } from "@cairn/archive/browser";
import { concatBytes } from "@cairn/archive/bytes";
import { crypto } from "@cairn/archive/crypto";
import { CairnError } from "@cairn/protocol/errors";
import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { MOST_BUNDLE_BYTES } from "./recovery-bundle.ts";

const RAW = 0x55;
const SHA2_256 = 0x12;
/** IPFS peers move blocks of 1 MiB everywhere. */
const BLOCK_BYTES = 1_048_576;

interface Block {
  cid: CID;
  bytes: Uint8Array;
}

/** An encrypted bundle as a CAR: a dag-cbor list of its parts, and the parts as raw blocks. */
export async function carOfBundle(encrypted: Uint8Array): Promise<Uint8Array> {
  const parts: Block[] = [];
  for (let at = 0; at < encrypted.length; at += BLOCK_BYTES)
    parts.push(blockOf(RAW, encrypted.subarray(at, at + BLOCK_BYTES)));
  const root = blockOf(dagCbor.code, dagCbor.encode(parts.map(({ cid }) => cid)));
  const { carHeader } = await import("@cairn/archive/browser");
  return concatBytes([carHeader(root.cid), ...[root, ...parts].flatMap(frameOf)]);
}

/** The encrypted bundle under a root; every block is held against its CID. @throws CairnError `bad-bundle` */
export async function readEncrypted(getBlocks: GetBlocks, root: string): Promise<Uint8Array> {
  const [list] = await blocks(getBlocks, [CID.parse(root)]);
  const links = linksIn(list!);
  if (links.length === 0 || links.length > Math.ceil(MOST_BUNDLE_BYTES / BLOCK_BYTES))
    throw bad("it has no parts, or too many");
  return concatBytes(await blocks(getBlocks, links));
}

function linksIn(list: Uint8Array): CID[] {
  try {
    return (dagCbor.decode(list) as unknown[]).map((link) => {
      const cid = CID.asCID(link);
      if (cid === null || cid.code !== RAW || cid.multihash.code !== SHA2_256) throw new Error("no link");
      return cid;
    });
  } catch {
    throw bad("its root is no list of parts");
  }
}

async function blocks(getBlocks: GetBlocks, cids: CID[]): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const bytes of getBlocks(cids)) {
    const cid = cids[found.length];
    if (cid === undefined || !crypto.equalSecrets(crypto.sha256(bytes), cid.multihash.digest))
      throw bad("a part has another hash");
    found.push(bytes);
  }
  if (found.length !== cids.length) throw bad(`${found.length} of ${cids.length} parts came`);
  return found;
}

const blockOf = (codec: number, bytes: Uint8Array): Block => ({
  cid: CID.createV1(codec, create(SHA2_256, crypto.sha256(bytes))),
  bytes,
});

function frameOf({ cid, bytes }: Block): Uint8Array[] {
  return [varint(cid.bytes.length + bytes.length), cid.bytes, bytes];
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Uint8Array.from([...bytes, rest]);
}

const bad = (what: string): CairnError =>
  new CairnError(`the recovery bundle did not come whole: ${what}`, {
    code: "bad-bundle",
    kind: "corrupt",
    next: "Try again, or through another gateway.",
  });
