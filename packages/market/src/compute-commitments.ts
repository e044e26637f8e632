import { shardLength } from "@cairn/archive/erasure";
import { joinUnits, UNIT_BYTES } from "@cairn/proofs";
import type { Hex, MaskId, PackageId, PieceCommitment } from "@cairn/protocol";
import type { KernelJob } from "./kernels/jobs.ts";
import type { KernelPool } from "./kernels/pool.ts";

const NODE = 32;
/** Data bytes that one job reads. */
const JOB_BYTES = 33_554_432;
/** Columns of a wide code take this many bytes in a thread at most, or one thread works alone. */
const WIDE_COLUMNS = 64;

export interface CommitmentRequest {
  path: string;
  package: PackageId;
  piece: number;
  pieceLength: number;
  k: number;
  n: number;
  mask: MaskId;
  repairKey: Uint8Array;
}

/** Roots of units, in order: of the piece itself and of each of its n masked shards. */
export interface UnitRoots {
  piece: Uint8Array;
  shards: Uint8Array[];
}

/**
 * CommP of a piece file and of its n masked shards, on all threads of the pool; `onProgress` gets the data bytes done (twice
 * `pieceLength` in all, those that `hashLaterUnits` reported included). With `later`, what that gave for the same bytes, only the first
 * units are read.
 * Memory: k + 16 units of 508 KiB in each thread.
 */
export async function computeCommitments(
  request: CommitmentRequest,
  kernels: KernelPool,
  onProgress: (bytes: number) => void = () => undefined,
  later?: UnitRoots,
): Promise<PieceCommitment> {
  const { pieceLength, k } = request;
  const length = shardLength(pieceLength, k);
  const roots = later ?? emptyRoots(request);
  if (later === undefined) await hashUnits(request, kernels, roots, { from: 0, onProgress });
  else await hashUnits(request, kernels, roots, { from: 0, to: 1, onProgress });
  const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString("hex")}`;
  return {
    length: pieceLength,
    commP: hex(joinUnits(roots.piece, pieceLength).root),
    shards: roots.shards.map((shard) => ({ commitment: hex(joinUnits(shard, length).root), rawLength: length })),
  };
}

/** The roots that do not hang on the piece's header: of all units but the first. The file must have its full length. */
export async function hashLaterUnits(
  request: CommitmentRequest,
  kernels: KernelPool,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<UnitRoots> {
  const roots = emptyRoots(request);
  const advance = (bytes: number) => {
    signal.throwIfAborted();
    onProgress(bytes);
  };
  await hashUnits(request, kernels, roots, { from: 1, onProgress: advance });
  return roots;
}

function emptyRoots({ pieceLength, k, n }: CommitmentRequest): UnitRoots {
  const units = Math.ceil(shardLength(pieceLength, k) / UNIT_BYTES);
  return {
    piece: new Uint8Array(Math.max(1, Math.ceil(pieceLength / UNIT_BYTES)) * NODE),
    shards: Array.from({ length: n }, () => new Uint8Array(units * NODE)),
  };
}

/** Fill in the roots of the units from `range.from` on, up to `range.to` or the last. */
async function hashUnits(
  request: CommitmentRequest,
  kernels: KernelPool,
  roots: UnitRoots,
  range: { from: number; to?: number; onProgress: (bytes: number) => void },
): Promise<void> {
  const { pieceLength, k, n } = request;
  const { onProgress } = range;
  const units = roots.shards[0]!.length / NODE;
  const end = (count: number) => Math.min(count, range.to ?? count);
  const tasks: (() => Promise<void>)[] = [];
  const perPieceJob = Math.max(1, Math.floor(JOB_BYTES / UNIT_BYTES));
  const pieceEnd = end(roots.piece.length / NODE);
  for (let from = range.from; from < pieceEnd; from += perPieceJob) {
    const to = Math.min(pieceEnd, from + perPieceJob);
    tasks.push(async () => {
      const job: KernelJob = { kind: "piece-units", path: request.path, pieceLength, from, to };
      roots.piece.set(await kernels.run(job), from * NODE);
      onProgress(Math.min(pieceLength, to * UNIT_BYTES) - from * UNIT_BYTES);
    });
  }
  const perShardJob = Math.max(1, Math.floor(JOB_BYTES / UNIT_BYTES / k));
  const shardEnd = end(units);
  for (let from = range.from; from < shardEnd; from += perShardJob) {
    const to = Math.min(shardEnd, from + perShardJob);
    tasks.push(async () => {
      const made = await kernels.run({ ...request, kind: "shard-units", from, to });
      const size = (to - from) * NODE;
      for (let shard = 0; shard < n; shard++) {
        roots.shards[shard]!.set(made.subarray(shard * size, (shard + 1) * size), from * NODE);
      }
      const before = (unit: number) => Math.round((pieceLength * unit) / units);
      onProgress(before(to) - before(from));
    });
  }
  await runTasks(tasks, k > WIDE_COLUMNS ? 1 : kernels.size * 2);
}

async function runTasks(tasks: readonly (() => Promise<void>)[], width: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < tasks.length) await tasks[next++]!();
  };
  await Promise.all(Array.from({ length: Math.min(width, tasks.length) }, lane));
}
