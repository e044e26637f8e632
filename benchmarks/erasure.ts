/**
 * Reed-Solomon encode and rebuild, MB/s of data on one core, beside the limit of memory (copying every byte that goes in and comes out once) and a peer: the usual
 * JavaScript loop over a 64 KiB product table, on fewer bytes as it is slow.
 */
import { randomBytes } from "node:crypto";
import { createMask, createRebuilder, encodeParity } from "@cairn/archive/erasure";
import { processorSeconds, race, report } from "./lib/measure.ts";

const BYTES_PER_TURN = 512 * 1024 * 1024;

const products = new Uint8Array(65_536);
function multiply(a: number, b: number): number {
  let product = 0;
  for (let x = a, rest = b; rest > 0; rest >>= 1) {
    if (rest & 1) product ^= x;
    x = x & 0x80 ? (x << 1) ^ 0x11d : x << 1;
  }
  return product;
}
for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) products[a * 256 + b] = multiply(a, b);
const inverse = (a: number) => products.indexOf(1, a * 256) - a * 256;

function scalarEncode(k: number, data: Uint8Array[], parity: Uint8Array[]): void {
  for (const [row, out] of parity.entries()) {
    out.fill(0);
    for (const [i, block] of data.entries()) {
      const at = inverse((k + row) ^ i) * 256;
      for (let b = 0; b < out.length; b++) out[b]! ^= products[at + block[b]!]!;
    }
  }
}

async function measure(k: number, n: number, blockLength: number): Promise<void> {
  const blocks = (count: number) => Array.from({ length: count }, () => new Uint8Array(randomBytes(blockLength)));
  const data = blocks(k);
  const parity = blocks(n - k);
  const rebuilt = blocks(n - k);
  const slow = blocks(n - k);
  const stripe = k * blockLength;
  const turns = Math.max(1, Math.round(BYTES_PER_TURN / stripe / (n - k)));
  const lost = Array.from({ length: Math.min(n - k, k) }, (_, i) => i);
  const present = Array.from({ length: n }, (_, i) => i)
    .filter((i) => !lost.includes(i))
    .slice(0, k);
  const rebuild = createRebuilder(k, n, present, lost);
  const repeat = (work: () => void) => () => {
    for (let i = 0; i < turns; i++) work();
  };
  encodeParity(k, n, data, parity);
  const inputs = present.map((shard) => [...data, ...parity][shard]!);
  const outputs = rebuilt.slice(0, lost.length);
  const seconds = await race(
    {
      encode: repeat(() => encodeParity(k, n, data, parity)),
      rebuild: repeat(() => rebuild(inputs, outputs)),
      memory: repeat(() => {
        for (const [i, block] of data.entries()) rebuilt[i % rebuilt.length]!.set(block);
        for (const [i, block] of parity.entries()) slow[i]!.set(block);
      }),
      scalar: () =>
        scalarEncode(
          k,
          data.map((block) => block.subarray(0, 65_536)),
          slow.map((block) => block.subarray(0, 65_536)),
        ),
    },
    5,
    processorSeconds,
  );
  scalarEncode(k, data, slow);
  rebuild(inputs, outputs);
  const right =
    slow.every((block, i) => Buffer.compare(block, parity[i]!) === 0) &&
    outputs.every((block, i) => Buffer.compare(block, data[lost[i]!]!) === 0);
  if (!right) throw new Error("parity or rebuilt shards are wrong");
  const rate = (time: number, bytes = stripe * turns) => bytes / 1e6 / time;
  const scalar = rate(seconds.scalar, k * Math.min(65_536, blockLength));
  const code = `${k}+${n - k}, blocks of ${blockLength / 1024} KiB`;
  report(`encode ${code}`, rate(seconds.encode), "MB/s", "copying in and out", rate(seconds.memory));
  report(`encode ${code}`, rate(seconds.encode), "MB/s", "table look-ups in JavaScript", scalar);
  report(
    `rebuild ${lost.length} of ${code}`,
    rate(seconds.rebuild),
    "MB/s",
    "copying in and out",
    rate(seconds.memory),
  );
  report(`rebuild ${lost.length} of ${code}`, rate(seconds.rebuild), "MB/s", "table look-ups in JavaScript", scalar);
}

await measure(10, 14, 64 * 1024);
await measure(10, 14, 1024 * 1024);
await measure(2, 4, 1024 * 1024);
await measure(29, 80, 64 * 1024);

const block = new Uint8Array(randomBytes(1024 * 1024));
const copy = new Uint8Array(block.length);
const mask = createMask({ repairKey: new Uint8Array(32), package: "0".repeat(32), piece: 0, shard: 0 });
const masking = await race(
  {
    mask: () => {
      for (let i = 0; i < 256; i++) mask(block);
    },
    memory: () => {
      for (let i = 0; i < 256; i++) copy.set(block);
    },
  },
  5,
  processorSeconds,
);
const megabytes = (256 * block.length) / 1e6;
report("mask, blocks of 1024 KiB", megabytes / masking.mask, "MB/s", "copying once", megabytes / masking.memory);
