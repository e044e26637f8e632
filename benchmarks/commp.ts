/**
 * CommP of bytes in memory, MB/s. Its limit is half of what hashtree hashes over large layers, as a tree has as many bytes of upper layers as of leaves. Peers: the
 * published Rust WASM and JavaScript packages, on fewer bytes as they are slow.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { hashPiece, joinUnits, nodeHasher, PieceHasher, UNIT_BYTES, wasmNodeHasher } from "@cairn/proofs";
import { fromPayload } from "@web3-storage/data-segment/piece";
import { create } from "fr32-sha2-256-trunc254-padded-binary-tree-multihash";
import { judge, processorSeconds, race, report } from "./lib/measure.ts";

const UNITS = 512;
const size = UNITS * UNIT_BYTES;
const shared = new SharedArrayBuffer(size);
const bytes = new Uint8Array(shared);
for (let at = 0; at < size; at += 65_536)
  crypto.getRandomValues(new Uint8Array(shared, at, Math.min(65_536, size - at)));
const copy = (length: number) => new Uint8Array(bytes.subarray(0, length));
const rate = (length: number, seconds: number) => length / 1e6 / seconds;

const layer = copy(16 * 1024 * 1024);
const above = new Uint8Array(layer.length / 2);

function commP(collectTree: boolean): void {
  const hasher = new PieceHasher({ collectTree }).update(bytes);
  if (collectTree) hasher.digestTree();
  else hasher.digest();
}

const one = await race(
  {
    layers: () => {
      for (let i = 0; i < 16; i++) nodeHasher.hashInto(layer, above);
    },
    plain: () => commP(false),
    tree: () => commP(true),
  },
  5,
  processorSeconds,
);
const limit = rate(16 * layer.length, one.layers) / 2;
report(
  `CommP on one core, ${Math.round(size / 1e6)} MB`,
  rate(size, one.plain),
  "MB/s",
  "half of hashtree's rate",
  limit,
);
report("the same, keeping the tree from 8 KiB up", rate(size, one.tree), "MB/s", "half of hashtree's rate", limit);
judge("CommP ÷ half of hashtree's rate", rate(size, one.plain) / limit, 0.75);

async function shareOf(worker: Worker, units: number[]): Promise<{ unit: number; root: Uint8Array }[]> {
  worker.postMessage(units);
  const [roots] = (await once(worker, "message")) as [{ unit: number; root: Uint8Array }[]];
  return roots;
}

const workers = [0, 1].map(() => new Worker(new URL("lib/hash-units.ts", import.meta.url), { workerData: shared }));
const all = Array.from({ length: UNITS }, (_, unit) => unit);
async function byWorkers(count: number): Promise<Uint8Array> {
  const shares = workers.slice(0, count).map((worker, i) =>
    shareOf(
      worker,
      all.filter((unit) => unit % count === i),
    ),
  );
  const roots = (await Promise.all(shares)).flat().sort((a, b) => a.unit - b.unit);
  return joinUnits(Buffer.concat(roots.map(({ root }) => root)), size).root;
}
const both = await race({ one: () => byWorkers(1), two: () => byWorkers(2) });
report("one piece shared by two threads", rate(size, both.two), "MB/s", "by one thread", rate(size, both.one));
if (Buffer.compare(await byWorkers(2), hashPiece(bytes).root) !== 0) throw new Error("the threads' root is wrong");
for (const worker of workers) await worker.terminate();

const few = copy(8 * UNIT_BYTES);
const fewest = copy(2 * UNIT_BYTES);
const peers = await race(
  {
    rust: () => {
      const hasher = create();
      hasher.write(few);
      hasher.digestInto(new Uint8Array(hasher.multihashByteLength()), 0, true);
      hasher.free();
    },
    javascript: () => fromPayload(fewest),
    fallback: () => new PieceHasher({ hasher: wasmNodeHasher }).update(few).digest(),
  },
  3,
  processorSeconds,
);
report(
  "CommP on one core",
  rate(size, one.plain),
  "MB/s",
  "the published Rust WASM package",
  rate(few.length, peers.rust),
);
report(
  "CommP on one core",
  rate(size, one.plain),
  "MB/s",
  "@web3-storage/data-segment",
  rate(fewest.length, peers.javascript),
);
report(
  "without the native addon",
  rate(few.length, peers.fallback),
  "MB/s",
  "the published Rust WASM package",
  rate(few.length, peers.rust),
);
