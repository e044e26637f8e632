import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CAR_HEADER_BYTES } from "@cairn/protocol";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
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

  it("does a task that comes while the thread of another ends", async () => {
    const data = Buffer.from("hello");
    const cid = CID.createV1(0x55, await sha256.digest(data));
    const frame = Buffer.concat([Buffer.from([cid.bytes.length + data.length]), cid.bytes, data]);
    const car = join(directory, "0.car");
    await writeFile(car, Buffer.concat([Buffer.alloc(CAR_HEADER_BYTES), frame]));
    const pool = new KernelPool(1);
    const next: PieceUnitsJob = { kind: "piece-units", path, pieceLength: BYTES, from: 0, to: 1 };
    try {
      const waiting: Promise<unknown>[] = [];
      const dropped = pool.run({ kind: "index", path: car }, async () => {
        waiting.push(pool.run(next));
        throw new Error("the upload was dropped");
      });
      await expect(dropped).rejects.toThrow("dropped");
      waiting.push(pool.run(next));
      expect(await Promise.all(waiting)).toHaveLength(2);
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
