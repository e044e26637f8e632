import { decode, type PBNode } from "@ipld/dag-pb";
import { bytesToHex } from "@noble/hashes/utils";
import { equalBytes } from "../bytes.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { fileCid } from "../manifest/manifest.ts";
import { CID_BYTES, cidBytes, DAG_PB, sha256 } from "../unixfs/links.ts";
import { wrongBlocks } from "./errors.ts";
import type { PieceFrames } from "./piece-frames.ts";

/**
 * Checks what stands in the CAR behind the files: nodes that refer only to files of the manifest and to nodes before
 * them, the last of which is the root. The tree itself comes from the manifest. Throws `corrupt-block`.
 */
export async function checkDirectories(frames: PieceFrames, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const known = new Set<string>();
  for (const entry of manifest.entries) {
    if (entry.kind === "file") known.add(keyOf(fileCid(manifest, entry).bytes));
  }
  const root = keyOf(manifest.root.bytes);
  let last = manifest.entries[0]?.kind === "file" && known.has(root) ? root : "";
  for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
    signal?.throwIfAborted();
    const cid = frame.subarray(0, CID_BYTES);
    const block = frame.subarray(CID_BYTES);
    if (!equalBytes(cidBytes(DAG_PB, sha256(block)), cid)) throw wrongBlocks("a directory node does not match its CID");
    for (const link of nodeOf(block).Links) {
      if (!known.has(keyOf(link.Hash.bytes))) throw wrongBlocks("a directory node refers to something else");
    }
    last = keyOf(cid);
    known.add(last);
  }
  if (last !== root) throw wrongBlocks("the pieces end too early");
}

/** A string for each CID, for sets. */
function keyOf(cid: Uint8Array): string {
  return bytesToHex(cid);
}

function nodeOf(block: Uint8Array): PBNode {
  try {
    return decode(block);
  } catch (cause) {
    throw wrongBlocks(`a directory node is not dag-pb (${cause instanceof Error ? cause.message : cause})`);
  }
}
