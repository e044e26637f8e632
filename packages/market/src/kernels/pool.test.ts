import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PieceUnitsJob } from "./jobs.ts";
import { KernelPool } from "./pool.ts";

const UNITS = 200;
const BYTES = UNITS * 127 * 4096;
const IDLE = 60;
let directory: string;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-pool-"));
  path = join(directory, "piece");
  await writeFile(path, new Uint8Array(BYTES));
});
afterAll(() => rm(directory, { recursive: true }));

describe("KernelPool", () => {
  it("never ends a thread that works, however often all were idle before", async () => {
    const pool = new KernelPool(2, IDLE);
    const job: PieceUnitsJob = { kind: "piece-units", path, pieceLength: BYTES, from: 0, to: UNITS };
    const short: PieceUnitsJob = { ...job, to: 1 };
    try {
      for (let round = 0; round < 4; round++) {
        await Promise.all([pool.run(short), pool.run(short)]);
        await sleep(IDLE * 1.8);
        const long = await Promise.all([pool.run(job), pool.run(job)]);
        expect(long.map((roots) => roots.length)).toEqual([UNITS * 32, UNITS * 32]);
      }
    } finally {
      await pool.close();
    }
  });

  it("tells those who wait when it is closed", async () => {
    const pool = new KernelPool(1);
    const job: PieceUnitsJob = { kind: "piece-units", path, pieceLength: BYTES, from: 0, to: UNITS };
    const runs = Promise.allSettled([pool.run(job), pool.run(job)]);
    await pool.close();
    expect((await runs).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(pool.run(job)).rejects.toMatchObject({ code: "stopping" });
  });
});
