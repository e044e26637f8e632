import { readSync } from "node:fs";
import { createMask, createRebuilder, type Mask, type Rebuild, shardLength } from "@cairn/archive/erasure";
import { freeCipherOutputs } from "@cairn/process/minor-gc";
import { hashUnit, UNIT_BYTES } from "@cairn/proofs";
import type { PieceUnitsJob, ShardUnitsJob } from "./jobs.ts";

/** Parity rows made in one go: bounds the memory of a code with many of them. */
const PARITY_GROUP = 16;
const NODE = 32;
/** Dead outputs of the mask that may pile up in a thread. */
const GARBAGE_BYTES = 4_194_304;

/** Fill `target` from the file; what lies behind its end is zero. */
function readPadded(file: number, target: Uint8Array, position: number, fileLength: number): void {
  const wanted = Math.max(0, Math.min(target.length, fileLength - position));
  let filled = 0;
  while (filled < wanted) {
    const got = readSync(file, target, filled, wanted - filled, position + filled);
    if (got === 0) throw new Error(`the file ends at ${position + filled}, not at ${fileLength}`);
    filled += got;
  }
  target.fill(0, wanted);
}

interface Group {
  shards: number[];
  rebuild: Rebuild;
}

function parityGroups(k: number, n: number): Group[] {
  const data = Array.from({ length: k }, (_, i) => i);
  const groups: Group[] = [];
  for (let from = k; from < n; from += PARITY_GROUP) {
    const shards = Array.from({ length: Math.min(PARITY_GROUP, n - from) }, (_, i) => from + i);
    groups.push({ shards, rebuild: createRebuilder(k, n, data, shards) });
  }
  return groups;
}

/** Roots of the units [from, to) of all n masked shards; reads each data byte once. */
export function shardUnits(job: ShardUnitsJob, file: number): Uint8Array {
  const { k, n, pieceLength, from, to } = job;
  const length = shardLength(pieceLength, k);
  const roots = new Uint8Array(n * (to - from) * NODE);
  const masks: Mask[] = Array.from({ length: n }, (_, shard) =>
    createMask(
      { repairKey: job.repairKey, package: job.package, piece: job.piece, shard, mask: job.mask },
      from * UNIT_BYTES,
    ),
  );
  const groups = parityGroups(k, n);
  const columns = Array.from({ length: k }, () => new Uint8Array(UNIT_BYTES));
  const parities =
    groups.length === 0 ? [] : Array.from({ length: groups[0]!.shards.length }, () => new Uint8Array(UNIT_BYTES));
  let garbage = 0;
  for (let unit = from; unit < to; unit++) {
    const at = unit * UNIT_BYTES;
    const size = Math.min(UNIT_BYTES, length - at);
    const put = (shard: number, bytes: Uint8Array) => {
      const root = hashUnit(masks[shard]!(bytes), { pieceLength: length });
      roots.set(root, (shard * (to - from) + unit - from) * NODE);
    };
    const data = columns.map((column) => column.subarray(0, size));
    for (const [i, column] of data.entries()) readPadded(file, column, i * length + at, pieceLength);
    for (const group of groups) {
      const made = parities.slice(0, group.shards.length).map((parity) => parity.subarray(0, size));
      group.rebuild(data, made);
      for (const [row, shard] of group.shards.entries()) put(shard, made[row]!);
    }
    for (const [shard, column] of data.entries()) put(shard, column);
    garbage += n * size;
    if (garbage < GARBAGE_BYTES) continue;
    garbage = 0;
    freeCipherOutputs();
  }
  return roots;
}

/** Roots of the units [from, to) of the file itself. */
export function pieceUnits(job: PieceUnitsJob, file: number): Uint8Array {
  const roots = new Uint8Array((job.to - job.from) * NODE);
  const buffer = new Uint8Array(UNIT_BYTES);
  for (let unit = job.from; unit < job.to; unit++) {
    const at = unit * UNIT_BYTES;
    const bytes = buffer.subarray(0, Math.min(UNIT_BYTES, job.pieceLength - at));
    readPadded(file, bytes, at, job.pieceLength);
    roots.set(hashUnit(bytes, { pieceLength: job.pieceLength }), (unit - job.from) * NODE);
  }
  return roots;
}
