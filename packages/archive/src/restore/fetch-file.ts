import { decode } from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import { verifyBlock } from "../car/scan-car.ts";
import { type FileEntry, fileCid, type Manifest } from "../manifest/manifest.ts";
import { leafCount } from "../unixfs/file-dag.ts";
import { RAW } from "../unixfs/links.ts";
import { wrongBlocks } from "./errors.ts";

/** Gives the bytes of blocks in the order asked for, from wherever they are kept. They are verified here. */
export type GetBlocks = (cids: CID[]) => AsyncIterable<Uint8Array>;

/** Leaves asked for at a time. */
const WINDOW = 8;

/** Fetches and verifies blocks one by one, in order; throws `corrupt-block`. */
export async function* fetchBlocks(getBlocks: GetBlocks, cids: CID[], atATime = WINDOW): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < cids.length; at += atATime) {
    const window = cids.slice(at, at + atATime);
    let next = 0;
    for await (const bytes of getBlocks(window)) {
      const cid = window[next++];
      if (!cid) throw wrongBlocks("more blocks came than were asked for");
      verifyBlock(cid, bytes);
      yield bytes;
    }
    if (next < window.length) throw wrongBlocks("a block is missing");
  }
}

/** The CIDs of a file's leaves, in order, by way of its inner nodes. */
export async function leavesOf(manifest: Manifest, file: FileEntry, getBlocks: GetBlocks): Promise<CID[]> {
  const leaves = leafCount(file.stored, manifest.profile);
  let layer = [fileCid(manifest, file)];
  for (let depth = 0; layer[0]?.code !== RAW; depth++) {
    const below: CID[] = [];
    for await (const block of fetchBlocks(getBlocks, layer)) {
      for (const link of linksOf(block)) below.push(link);
      if (below.length > leaves) throw wrongBlocks("a file has more blocks than its size needs");
    }
    // A tree of fan-out 2 over 2^51 bytes is not deeper.
    if (below.length === 0 || depth > 64) throw wrongBlocks("a file's tree is broken");
    layer = below;
  }
  if (layer.length !== leaves || layer.some((cid) => cid.code !== RAW)) throw wrongBlocks("a file's tree is broken");
  return layer;
}

function linksOf(block: Uint8Array): CID[] {
  try {
    return decode(block).Links.map((link) => CID.asCID(link.Hash) ?? CID.decode(link.Hash.bytes));
  } catch (cause) {
    throw wrongBlocks(`an inner node is not dag-pb (${cause instanceof Error ? cause.message : cause})`);
  }
}
