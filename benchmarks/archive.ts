/**
 * Folder → encrypted CAR + CommP, MB/s of plaintext and files/s, beside the off-the-shelf JavaScript chain (openpgp → ipfs-car → Rust WASM CommP) over the
 * same folder in the same run, CAR discarded; then onto the disk, beside what the disk takes; then back again, and the largest memory of the process.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { generateAccountKey, restoreFolder } from "@cairn/archive";
import { judge, report } from "./lib/measure.ts";
import { packWithCommP } from "./lib/pack-with-commp.ts";

const MIB = 1_048_576;
const LARGE = { files: 64, bytes: 16 * MIB };
const SMALL = { files: 20_000, bytes: 4096 };
/** The peer is slow: it gets this many of the large files. */
const PEER_FILES = 4;
const ROUNDS = 3;

const base = mkdtempSync(join(tmpdir(), "cairn-bench-"));
const key = await generateAccountKey({ name: "benchmark" });

async function fill(name: string, { files, bytes }: { files: number; bytes: number }): Promise<string> {
  const content = Buffer.alloc(bytes);
  for (let index = 0; index < files; index++) {
    const folder = join(base, name, String(index % 100));
    mkdirSync(folder, { recursive: true });
    for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
    await writeFile(join(folder, `file-${index}`), content);
  }
  return join(base, name);
}

/** Median of the rounds after one to warm up. */
async function timed(run: () => Promise<number>): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const taken = await run();
    if (round > 0) seconds.push(taken);
  }
  return seconds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

/** The chain that npm offers: every file an openpgpjs message, ipfs-car's directory encoder, the Rust WASM hasher. */
async function peer(path: string, files: number): Promise<number> {
  const openpgp = await import("openpgp");
  const { CAREncoderStream, createDirectoryEncoderStream } = await import("ipfs-car");
  const { create } = await import("fr32-sha2-256-trunc254-padded-binary-tree-multihash");
  const started = performance.now();
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const sources = names.slice(0, files).map((entry) => ({
    name: entry.name,
    stream: () => {
      const sealed = new TransformStream<Uint8Array, Uint8Array>();
      const source = createReadStream(join(entry.parentPath, entry.name), { highWaterMark: MIB });
      openpgp
        .createMessage({ binary: Readable.toWeb(source) as unknown as ReadableStream<Uint8Array> })
        .then((message) => openpgp.encrypt({ message, encryptionKeys: key.publicKey, format: "binary" }))
        .then((stream) => (stream as unknown as ReadableStream<Uint8Array>).pipeTo(sealed.writable))
        .catch((error) => sealed.writable.abort(error));
      return sealed.readable;
    },
  }));
  const hasher = create();
  const car = createDirectoryEncoderStream(sources).pipeThrough(
    new CAREncoderStream(),
  ) as unknown as AsyncIterable<Uint8Array>;
  for await (const part of car) hasher.write(part);
  hasher.digestInto(new Uint8Array(hasher.multihashByteLength()), 0, true);
  hasher.free();
  return (performance.now() - started) / 1000;
}

/** What the disk takes: 1 GiB in 4 MiB writes, synced. */
async function writeToDisk(bytes: number): Promise<number> {
  const block = randomBytes(4 * MIB);
  const started = performance.now();
  const file = await open(join(base, "disk"), "w");
  for (let at = 0; at < bytes; at += block.length) await file.write(block);
  await file.datasync();
  await file.close();
  return (performance.now() - started) / 1000;
}

try {
  const large = await fill("large", LARGE);
  const small = await fill("small", SMALL);
  const bytes = LARGE.files * LARGE.bytes;
  const discarded = await timed(async () => (await packWithCommP(key, large)).seconds);
  const files = await timed(async () => (await packWithCommP(key, small)).seconds);
  const peerSeconds = await timed(() => peer(large, PEER_FILES));
  const rate = bytes / 1e6 / discarded;
  const peerRate = (PEER_FILES * LARGE.bytes) / 1e6 / peerSeconds;
  const chain = "openpgp → ipfs-car → Rust WASM CommP";
  report(`folder of ${LARGE.files} × 16 MiB → CAR + CommP, discarded`, rate, "MB/s", chain, peerRate);
  judge(`folder → CAR + CommP ÷ ${chain}`, rate / peerRate, 10);
  const fileRate = SMALL.files / files;
  const peerFiles = await timed(() => peer(small, 500));
  report(`folder of ${SMALL.files} × 4 KiB → CAR + CommP, discarded`, fileRate, "files/s", chain, 500 / peerFiles);
  judge("files/s of 4 KiB", fileRate, 2000);
  const cars = join(base, "cars");
  const onDisk = await timed(async () => {
    rmSync(cars, { recursive: true, force: true });
    mkdirSync(cars);
    return (await packWithCommP(key, large, cars)).seconds;
  });
  const disk = await timed(() => writeToDisk(bytes));
  report(
    "the same 1 GiB onto the disk, synced",
    bytes / 1e6 / onDisk,
    "MB/s",
    "plain writes, synced",
    bytes / 1e6 / disk,
  );
  rmSync(cars, { recursive: true, force: true });
  mkdirSync(cars);
  const { result } = await packWithCommP(key, large, cars);
  const restored = await timed(async () => {
    const destination = join(base, "restored");
    rmSync(destination, { recursive: true, force: true });
    const started = performance.now();
    const pieces = result.pieces.map((_, piece) =>
      createReadStream(join(cars, `${piece}.car`), { highWaterMark: MIB }),
    );
    await restoreFolder({ manifest: result.opened, key, destination, pieces });
    return (performance.now() - started) / 1000;
  });
  report(
    "CAR → folder, verified and decrypted",
    bytes / 1e6 / restored,
    "MB/s",
    "plain writes, synced",
    bytes / 1e6 / disk,
  );
  const fresh = spawnSync(process.execPath, [join(import.meta.dirname, "lib/pack-with-commp.ts"), large], {
    encoding: "utf8",
  });
  report("largest memory of a process that packs this 1 GiB", Number(fresh.stdout), "MiB", "the goal", 150);
} finally {
  rmSync(base, { recursive: true, force: true });
}
