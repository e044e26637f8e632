import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { openFileBlobStore } from "@cairn/blobs";
import { startTestS3, type TestS3 } from "@cairn/blobs/testing/s3-server";
import { type TestDatabase, testDatabase } from "@cairn/database/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type BlobsPlace, openBlobs } from "./open-blobs.ts";

let directory: string;
let server: TestS3;
let database: TestDatabase;
let said: string[];
let used: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-open-blobs-"));
  server = await startTestS3();
  database = await testDatabase();
  said = [];
  used = 0;
});
afterEach(async () => {
  await server.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const s3 = (change: Partial<NonNullable<BlobsPlace["s3"]>> = {}) => ({
  settings: server.settings,
  isKnown: used > 0,
  onUse: async () => void used++,
  ...change,
});

async function withBlobs(
  place: Pick<BlobsPlace, "s3">,
  work: (store: Awaited<ReturnType<ReturnType<typeof openBlobs>["start"]>>) => Promise<void>,
  pool = database.pool,
): Promise<void> {
  const service = openBlobs({ directory, ...place }, { pool, say: (line) => void said.push(line), log: quiet });
  const store = await service.start();
  try {
    await work(store);
  } finally {
    await service.stop();
  }
}

const put = (store: { putIfAbsent(key: string, bytes: AsyncIterable<Uint8Array>): Promise<boolean> }, key: string) =>
  store.putIfAbsent(key, Readable.from([Buffer.from(`the bytes of ${key}`)]));
const objects = () => [...server.objects.keys()].map((key) => key.slice(server.settings.prefix.length)).toSorted();

it("copies the files of the time before S3 once, and goes on where it was broken off", async () => {
  const keys = Array.from({ length: 20 }, (_, at) => `manifests/${at % 7}/${at}`).toSorted();
  await withBlobs({}, async (files) => {
    for (const key of keys) await put(files, key);
  });
  // The store goes away for good in the middle.
  let puts = 0;
  server.fault = ({ method, key }) =>
    method === "PUT" && key.includes("manifests") && ++puts > 8 ? { status: 403, code: "AccessDenied" } : undefined;
  await expect(withBlobs({ s3: s3() }, async () => undefined)).rejects.toMatchObject({ code: "blobs-denied" });
  expect(used).toBe(0);
  expect(objects().filter((key) => key.startsWith("manifests/"))).toHaveLength(8);
  expect(await readdir(join(directory, "uploads"))).toEqual([]);

  server.fault = () => undefined;
  await withBlobs({ s3: s3() }, async (store) => {
    expect(used).toBe(1);
    expect(objects()).toEqual(["cairn/database", ...keys]);
    for (const key of keys) expect(await text(store.read(key))).toBe(`the bytes of ${key}`);
    await store.remove(keys[0]!);
  });
  // The files stay, and what was removed since does not come back.
  await withBlobs({ s3: s3() }, async (store) => {
    expect(await store.size(keys[0]!)).toBeUndefined();
  });
  const files = await openFileBlobStore(directory);
  expect(await files.size(keys[0]!)).toBeGreaterThan(0);
  await files.close();
});

it("takes a bucket that is its database's alone", async () => {
  await withBlobs({ s3: s3() }, async (store) => void (await put(store, "leaves/1")));
  const other = await testDatabase();
  try {
    const foreign = withBlobs({ s3: s3({ isKnown: false }) }, async () => undefined, other.pool);
    await expect(foreign).rejects.toMatchObject({
      code: "blobs-differ",
      message: expect.stringContaining("belongs to the database of another gateway"),
    });
  } finally {
    await other.drop();
  }
  // Another gateway of the same database, and the bucket under another name.
  await withBlobs({ s3: s3({ isKnown: false }) }, async (store) => void expect(await store.size("leaves/1")).toBe(21));
  // An empty one where there was a full one.
  server.objects.clear();
  await expect(withBlobs({ s3: s3() }, async () => undefined)).rejects.toMatchObject({
    code: "blobs-differ",
    message: expect.stringContaining("has nothing of this gateway"),
  });
  expect(objects()).toEqual([]);
});
