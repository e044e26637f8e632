import { CairnError } from "@cairn/protocol/errors";
import { UnixFS } from "ipfs-unixfs";
import { bytesOfName } from "../walk/names.ts";
import type { EmitNode } from "./file-dag.ts";
import { CID_BYTES, DAG_PB, encodeNode, type Link, sha256 } from "./links.ts";
import { murmur3First64 } from "./murmur3.ts";
import type { DagProfile } from "./profile.ts";

/** murmur3-x64-64 in the multihash table. */
const MURMUR3 = 0x22n;
const FANOUT = 256;
const HASH_BYTES = 8;
/** dag-pb Data field of a plain directory: tag, length, UnixFS type. */
const DIRECTORY_DATA_BYTES = 4;

export interface NamedLink {
  name: string;
  link: Link;
}

/** Blocks of one directory, parents last; returns its root. Names are distinct. */
export function directoryDag(entries: NamedLink[], profile: DagProfile, emit: EmitNode): Link {
  if (flatBytes(entries) <= profile.shardAbove) {
    return node(new UnixFS({ type: "directory" }).marshal(), entries, emit);
  }
  return shard(
    entries.map((entry) => ({ ...entry, hash: murmur3First64(bytesOfName(entry.name)) })),
    0,
    emit,
  );
}

/** A UnixFS symbolic link; `target` is kept byte for byte. */
export function symlinkNode(target: Uint8Array, emit: EmitNode): Link {
  return node(new UnixFS({ type: "symlink", data: new Uint8Array(target) }).marshal(), [], emit);
}

function node(data: Uint8Array, entries: NamedLink[], emit: EmitNode): Link {
  const block = encodeNode(data, entries);
  const link: Link = {
    codec: DAG_PB,
    digest: sha256(block),
    size: 0,
    tsize: entries.reduce((sum, entry) => sum + entry.link.tsize, block.length),
  };
  emit(link, block);
  return link;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Exact length of the directory as one block, without building it. */
function flatBytes(entries: NamedLink[]): number {
  let total = DIRECTORY_DATA_BYTES;
  for (const { name, link } of entries) {
    const nameBytes = bytesOfName(name).length;
    const body = 2 + CID_BYTES + 1 + varintBytes(nameBytes) + nameBytes + 1 + varintBytes(link.tsize);
    total += 1 + varintBytes(body) + body;
  }
  return total;
}

interface HashedLink extends NamedLink {
  hash: Uint8Array;
}

function shard(entries: HashedLink[], depth: number, emit: EmitNode): Link {
  if (depth >= HASH_BYTES) {
    throw new CairnError("two names in one directory have the same directory hash", {
      code: "name-collision",
      kind: "input",
      next: `Rename one of "${entries[0]?.name}" and "${entries[1]?.name}", or use the private layout.`,
    });
  }
  const buckets: HashedLink[][] = Array.from({ length: FANOUT }, () => []);
  for (const entry of entries) buckets[entry.hash[depth] ?? 0]?.push(entry);
  const bits = new Uint8Array(FANOUT / 8);
  const links: NamedLink[] = [];
  for (const [index, bucket] of buckets.entries()) {
    const first = bucket[0];
    if (!first) continue;
    const place = FANOUT / 8 - 1 - (index >> 3);
    bits[place] = (bits[place] ?? 0) | (1 << (index & 7));
    const label = index.toString(16).toUpperCase().padStart(2, "0");
    if (bucket.length === 1) links.push({ name: label + first.name, link: first.link });
    else links.push({ name: label, link: shard(bucket, depth + 1, emit) });
  }
  const start = bits.findIndex((byte) => byte !== 0);
  const unixfs = new UnixFS({
    type: "hamt-sharded-directory",
    data: bits.slice(start),
    fanout: BigInt(FANOUT),
    hashType: MURMUR3,
  });
  return node(unixfs.marshal(), links, emit);
}
