import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Context } from "./context.ts";
import { EarlyWork } from "./early-work.ts";
import type { KernelJob } from "./kernels/jobs.ts";
import type { KernelPool } from "./kernels/pool.ts";
import type { PackageRow } from "./package-rows.ts";

const LENGTH = 100_000_000;
const id = "00112233445566778899aabbccddeeff";
let path: string;
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "cairn-early-"));
});
afterAll(() => rm(path, { recursive: true }));

/** A pool that does each job when it is told, and fails what comes after `stop`. */
function steppedPool() {
  const waiting: ((error?: Error) => void)[] = [];
  const run = (job: KernelJob) =>
    new Promise<Uint8Array>((resolve, reject) => {
      const size = job.kind === "piece-units" || job.kind === "shard-units" ? (job.to - job.from) * 32 : 0;
      const rows = job.kind === "shard-units" ? job.n : 1;
      waiting.push((error) => (error ? reject(error) : resolve(new Uint8Array(size * rows))));
    });
  return { kernels: { run, size: 2 } as unknown as KernelPool, waiting };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function begun() {
  const { kernels, waiting } = steppedPool();
  const file = join(path, "piece.car");
  await writeFile(file, "");
  const context = {
    kernels,
    log: { warn: () => undefined },
    spool: { piecePath: () => file },
    pool: { query: async () => ({ rows: [] }) },
  } as unknown as Context;
  const row = { id, k: 2, n: 4, mask: "none", repairKey: new Uint8Array(32) } as unknown as PackageRow;
  const early = new EarlyWork();
  early.begin(context, row, { number: 0, length: LENGTH });
  await settle();
  return { early, waiting };
}

it("tells who comes for the roots what was hashed before, and what is hashed while they wait", async () => {
  const { early, waiting } = await begun();
  waiting.shift()?.();
  await settle();
  const told: number[] = [];
  const roots = early.rootsOf(id, { number: 0, length: LENGTH }, (bytes) => told.push(bytes));
  await settle();
  expect(told).toEqual([expect.any(Number)]);
  expect(told[0]).toBeGreaterThan(0);
  while (waiting.length > 0) {
    waiting.shift()?.();
    await settle();
  }
  expect(await roots).toBeDefined();
  expect(told.length).toBeGreaterThan(4);
  // All but the first units of the piece and of its shards.
  const all = told.reduce((sum, bytes) => sum + bytes, 0);
  expect(all).toBeLessThan(2 * LENGTH);
  expect(all).toBeGreaterThan(2 * LENGTH - 3_000_000);
});

it("takes back what it told when the work failed, since all of it is done again", async () => {
  const { early, waiting } = await begun();
  waiting.shift()?.();
  await settle();
  let told = 0;
  const roots = early.rootsOf(id, { number: 0, length: LENGTH }, (bytes) => {
    told += bytes;
  });
  await settle();
  expect(told).toBeGreaterThan(0);
  for (const end of waiting.splice(0)) end(new Error("no more"));
  expect(await roots).toBeUndefined();
  expect(told).toBe(0);
});
