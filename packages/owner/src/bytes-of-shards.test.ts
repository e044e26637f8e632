import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountKey, generateAccountKey, packFolder } from "@cairn/archive";
import { shardLength } from "@cairn/archive/erasure";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesOfShards } from "./bytes-of-shards.ts";

let key: AccountKey;
let folder: string;
beforeAll(async () => {
  key = await generateAccountKey({ name: "dry run" });
  folder = await mkdtemp(join(tmpdir(), "cairn-dry-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  { files: 0, size: 0 },
  { files: 1, size: 12 },
  { files: 100, size: 12 },
  { files: 1, size: 9_000_000 },
])("is near to what the shards of $files files of $size bytes really have", async ({ files, size }) => {
  const path = await mkdtemp(join(folder, "source-"));
  for (let at = 0; at < files; at += 1) await writeFile(join(path, `file ${at}`), Buffer.alloc(size, at));
  const sink = { write: async () => undefined, cut: async () => undefined };
  const names = { packageId: "0".repeat(32), name: "source", created: 1, repairKey: new Uint8Array(32) };
  const { pieces } = await packFolder({ ...names, key, path, sink, threads: 0 });
  const real = pieces.reduce((sum, { length }) => sum + 4 * shardLength(length, 2), 0);
  const said = bytesOfShards(files, files * size, { k: 2, n: 4 });
  expect(Math.abs(said - real) / real).toBeLessThan(0.03);
});
