import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY_CHAIN } from "@cairn/archive";
import { catalogMigrations, ensureAccount } from "@cairn/catalog";
import { Semaphore } from "@cairn/core";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { CAR_HEADER_BYTES } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { appendPiece } from "./append-piece.ts";
import type { Context } from "./context.ts";
import { keepUpload } from "./keep-upload.ts";
import type { KernelJob } from "./kernels/jobs.ts";
import { Spool } from "./spool.ts";

let database: TestDatabase;
let directory: string;
let id: string;
/** Jobs that the kernels were given, and how to end them. */
let jobs: { job: KernelJob; end: () => void }[];
let context: Context;

beforeAll(async () => {
  database = await testDatabase({ migrations: [{ namespace: "catalog", migrations: catalogMigrations }] });
  await ensureAccount(database.pool, "local");
  directory = await mkdtemp(join(tmpdir(), "cairn-keep-"));
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  jobs = [];
  context = {
    pool: database.pool,
    spool: new Spool(directory),
    early: { drop: async () => undefined, begin: () => undefined },
    kernels: {
      run: (job: KernelJob) =>
        new Promise((resolve) => {
          jobs.push({ job, end: () => resolve(EMPTY_CHAIN) });
        }),
    },
    writing: new Set(),
    chains: new Semaphore(1),
    stopping: new AbortController().signal,
  } as unknown as Context;
});

/** A package that is being received, with so many bytes of each piece. */
async function received(...bytes: number[]): Promise<string> {
  const of = randomBytes(16).toString("hex");
  await database.pool.query(
    `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, verifier_set)
values ($1, 'local', $2, $3, '', 'RECEIVING', 2, 4, 'none', 'private', 1, $4)`,
    [of, `0x${"11".repeat(20)}`, randomBytes(32), `0x${"00".repeat(32)}`],
  );
  for (const [piece, length] of bytes.entries()) await append(of, piece, 0, length);
  return of;
}

async function* body(length: number): AsyncGenerator<Uint8Array> {
  yield randomBytes(length);
}
const append = (of: string, piece: number, offset: number, length: number) =>
  appendPiece(context, { id: of, piece, offset, body: body(length) });
const lengths = (...bytes: number[]) => bytes.map((length) => ({ length: CAR_HEADER_BYTES + length }));

async function began(count: number): Promise<void> {
  while (jobs.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("keepUpload", () => {
  it("reads pieces on the kernels, one at a time for all uploads, and lets nothing be appended meanwhile", async () => {
    id = await received(1000, 500);
    const other = await received(300);
    const kept = keepUpload(context, { id, pieces: lengths(1000, 400) });
    await began(1);
    expect(jobs[0]?.job).toEqual({
      kind: "chain",
      path: context.spool.piecePath(id, 1),
      end: CAR_HEADER_BYTES + 400,
    });
    await expect(append(id, 1, 400, 10)).rejects.toMatchObject({ code: "upload-busy" });
    await expect(keepUpload(context, { id, pieces: [] })).rejects.toMatchObject({ code: "upload-busy" });
    const theirs = keepUpload(context, { id: other, pieces: lengths(300) });
    while (context.chains.waiting < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(jobs).toHaveLength(1);
    jobs[0]?.end();
    await began(2);
    expect(jobs[1]?.job).toMatchObject({ path: context.spool.piecePath(other, 0) });
    jobs[1]?.end();
    await began(3);
    jobs[2]?.end();
    const empty = { chain: Buffer.from(EMPTY_CHAIN).toString("hex") };
    expect(await kept).toEqual({ pieces: [empty, empty] });
    expect(await theirs).toEqual({ pieces: [empty] });
    expect(await append(id, 1, 400, 10)).toEqual({ received: 410 });
  });

  it("tells those to come again who would wait behind too many", async () => {
    const running = [];
    for (let i = 0; i < 33; i++) running.push(keepUpload(context, { id: await received(10), pieces: lengths(10) }));
    while (context.chains.waiting < 32) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(keepUpload(context, { id: await received(10), pieces: lengths(10) })).rejects.toMatchObject({
      code: "busy",
      kind: "unavailable",
    });
    for (let i = 0; i < 33; i++) {
      await began(i + 1);
      jobs[i]?.end();
    }
    await Promise.all(running);
  });
});
