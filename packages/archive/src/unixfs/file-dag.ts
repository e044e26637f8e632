import { fileData } from "./file-data.ts";
import { DAG_PB, encodeNode, type Link, RAW, sha256 } from "./links.ts";
import type { DagProfile } from "./profile.ts";

/** Receives an inner node's block, children before parents. */
export type EmitNode = (link: Link, block: Uint8Array) => void;

/** Leaves of a file that is stored in `stored` bytes; an empty file has one empty leaf. */
export function leafCount(stored: number, profile: DagProfile): number {
  return Math.max(1, Math.ceil(stored / profile.chunk));
}

/** All blocks of a file that is stored in `stored` bytes. */
export function blockCount(stored: number, profile: DagProfile): number {
  let layer = leafCount(stored, profile);
  let total = layer;
  while (layer > 1) {
    layer = Math.ceil(layer / profile.links);
    total += layer;
  }
  return total;
}

/** Codec of a file's root: a single leaf is its own root. */
export function rootCodec(stored: number, profile: DagProfile): Link["codec"] {
  return stored > profile.chunk ? DAG_PB : RAW;
}

/** The balanced tree over the leaves of one file. */
export class FileDag {
  private leaves: Link[] = [];
  private readonly profile: DagProfile;

  constructor(profile: DagProfile) {
    this.profile = profile;
  }

  /** Adds the next leaf by its sha2-256 digest. */
  add(digest: Uint8Array, size: number): void {
    this.leaves.push({ codec: RAW, digest, size, tsize: size });
  }

  /** Builds the inner nodes layer by layer; returns the root. Takes at least one leaf. */
  finish(emit: EmitNode): Link {
    let layer = this.leaves;
    this.leaves = [];
    while (layer.length > 1) {
      const parents: Link[] = [];
      for (let at = 0; at < layer.length; at += this.profile.links) {
        parents.push(fileNode(layer.slice(at, at + this.profile.links), emit));
      }
      layer = parents;
    }
    const root = layer[0];
    if (!root) throw new RangeError("a file has at least one leaf");
    return root;
  }
}

function fileNode(children: Link[], emit: EmitNode): Link {
  const data = fileData(children.map((child) => child.size));
  const block = encodeNode(
    data,
    children.map((link) => ({ name: "", link })),
  );
  const link: Link = {
    codec: DAG_PB,
    digest: sha256(block),
    size: children.reduce((sum, child) => sum + child.size, 0),
    tsize: children.reduce((sum, child) => sum + child.tsize, block.length),
  };
  emit(link, block);
  return link;
}
