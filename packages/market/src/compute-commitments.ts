import { shardLength } from "@cairn/archive/erasure";
import type { Hex, MaskId, PackageId, PieceCommitment } from "@cairn/core";
import { joinUnits, UNIT_BYTES } from "@cairn/proofs";
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

/**
 * CommP of a piece file and of its n masked shards, on all threads of the pool; `onProgress` gets the data bytes done (twice
 * `pieceLength` in all). Memory: k + 16 units of 508 KiB in each thread.
 */
export async function computeCommitments(
  request: CommitmentRequest,
  kernels: KernelPool,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<PieceCommitment> {
  const { pieceLength, k, n } = request;
  const length = shardLength(pieceLength, k);
  const pieceRoots = new Uint8Array(Math.max(1, Math.ceil(pieceLength / UNIT_BYTES)) * NODE);
  const units = Math.ceil(length / UNIT_BYTES);
  const shardRoots = Array.from({ length: n }, () => new Uint8Array(units * NODE));

  const tasks: (() => Promise<void>)[] = [];
  const perPieceJob = Math.max(1, Math.floor(JOB_BYTES / UNIT_BYTES));
  for (let from = 0; from * NODE < pieceRoots.length; from += perPieceJob) {
    const to = Math.min(pieceRoots.length / NODE, from + perPieceJob);
    tasks.push(async () => {
      const job: KernelJob = { kind: "piece-units", path: request.path, pieceLength, from, to };
      pieceRoots.set(await kernels.run(job), from * NODE);
      onProgress(Math.min(pieceLength, to * UNIT_BYTES) - from * UNIT_BYTES);
    });
  }
  const perShardJob = Math.max(1, Math.floor(JOB_BYTES / UNIT_BYTES / k));
  for (let from = 0; from < units; from += perShardJob) {
    const to = Math.min(units, from + perShardJob);
    tasks.push(async () => {
      const roots = await kernels.run({ ...request, kind: "shard-units", from, to });
      const size = (to - from) * NODE;
      for (let shard = 0; shard < n; shard++) {
        shardRoots[shard]!.set(roots.subarray(shard * size, (shard + 1) * size), from * NODE);
      }
      onProgress(Math.round((pieceLength * (to - from)) / units));
    });
  }
  await runTasks(tasks, k > WIDE_COLUMNS ? 1 : kernels.size * 2);

  const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString("hex")}`;
  return {
    length: pieceLength,
    commP: hex(joinUnits(pieceRoots, pieceLength).root),
    shards: shardRoots.map((roots) => ({ commitment: hex(joinUnits(roots, length).root), rawLength: length })),
  };
}

async function runTasks(tasks: readonly (() => Promise<void>)[], width: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < tasks.length) await tasks[next++]!();
  };
  await Promise.all(Array.from({ length: Math.min(width, tasks.length) }, lane));
}
