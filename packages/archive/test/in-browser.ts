// Bundled, and run by browser.test.ts in a browser's page, which calls what is exported by its name.
import {
  blockIndexOf,
  bytesOfName,
  carHeader,
  decryptManifest,
  displayName,
  type EntryToPack,
  exportAccountKey,
  generateAccountKey,
  importAccountKey,
  packEntries,
  readFile,
  restoreEntries,
  totalsOf,
} from "../src/browser.ts";
import { CONTENTS, PACKAGE_ID, type Place, patternOf } from "./browser-tree.ts";

async function keep(name: string, body: Blob | string): Promise<void> {
  const { ok } = await fetch(`/kept/${name}`, { method: "PUT", body });
  if (!ok) throw new Error(`${name} was not kept`);
}

async function kept(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`/kept/${name}`);
  if (!response.ok) throw new Error(`${name} is not there`);
  return new Uint8Array(await response.arrayBuffer());
}

const text = async (name: string): Promise<string> => new TextDecoder().decode(await kept(name));

/** Packs files as a page has them, with a key of its own making or one that was kept, and keeps the pieces, the manifest and the key. */
export async function pack({ place, madeElsewhere }: { place: Place; madeElsewhere: boolean }): Promise<number> {
  const key = madeElsewhere
    ? await importAccountKey(await text(`${place}/key`))
    : await generateAccountKey({ name: "Browser" });
  const parts: Uint8Array<ArrayBuffer>[][] = [];
  const entries = Object.entries(CONTENTS).map(([path, size]): EntryToPack => {
    const file = new Blob([patternOf(path, size)]);
    return { path, size: file.size, mtime: 1_700_000_000_250, bytes: file.stream() as ReadableStream<Uint8Array> };
  });
  const { root, pieces, manifest } = await packEntries({
    ...{ key, packageId: PACKAGE_ID, name: "from a browser", repairKey: new Uint8Array(32), created: 1_763_000_000 },
    sink: {
      write(piece, bytes) {
        parts[piece] ??= [];
        parts[piece].push(bytes.slice());
      },
      cut: () => undefined,
    },
    pieceLimit: 1_500_000,
    entries: [...entries, { kind: "directory", path: "nothing in it" }],
  });
  for (const [piece, body] of parts.entries()) {
    await keep(`${place}/piece-${piece}`, new Blob([carHeader(root).slice(), ...body]));
  }
  await keep(`${place}/manifest`, new Blob([manifest.slice()]));
  await keep(`${place}/key`, await exportAccountKey(key));
  return pieces.length;
}

async function hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of bytes) parts.push(part.slice());
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Opens what was kept: the sha-256 of each content by its path as it is shown, and that of a range of `ranged`. */
export async function read({ place, pieces, ranged }: { place: Place; pieces: number; ranged: string }) {
  const key = await importAccountKey(await text(`${place}/key`));
  const manifest = await decryptManifest(await kept(`${place}/manifest`), key);
  const cars = await Promise.all(Array.from({ length: pieces }, (_, piece) => kept(`${place}/piece-${piece}`)));
  const found: Record<string, string | null> = {};
  const streams = cars.map((car) => new Blob([car]).stream() as unknown as AsyncIterable<Uint8Array>);
  for await (const one of restoreEntries({ manifest, key, pieces: streams })) {
    found[displayName(one.path)] = "bytes" in one ? await hex(await all(one.bytes)) : null;
  }
  const blocks = new Map<string, Uint8Array>();
  for (const car of cars) {
    for (const { cid, offset, length } of (await blockIndexOf([car])).blocks) {
      blocks.set(cid.toString(), car.subarray(offset, offset + length));
    }
  }
  const part = readFile({
    ...{ manifest, key, path: ranged, range: { start: 1_000_001, end: 2_000_003 } },
    async *getBlocks(cids) {
      for (const cid of cids) yield blocks.get(cid.toString()) ?? new Uint8Array(0);
    },
  });
  return { found, range: await hex(await all(part)), ...totalsOf(manifest), nameBytes: bytesOfName(ranged).length };
}

/** MB/s of packing and of restoring one file of `size` bytes. */
export async function measure(size: number): Promise<{ pack: number; restore: number }> {
  const key = await generateAccountKey({ name: "Browser" });
  const parts: Uint8Array[] = [];
  const bytes = patternOf("measured", size);
  const started = performance.now();
  const { root, opened } = await packEntries({
    ...{ key, packageId: PACKAGE_ID, name: "measured", repairKey: new Uint8Array(32), created: 0 },
    sink: { write: (_piece, part) => void parts.push(part.slice()), cut: () => undefined },
    entries: [{ path: "", size, bytes }],
  });
  const packed = performance.now();
  async function* piece(): AsyncGenerator<Uint8Array> {
    yield carHeader(root);
    yield* parts;
  }
  for await (const one of restoreEntries({ manifest: opened, key, pieces: [piece()] })) {
    if ("bytes" in one) for await (const _part of one.bytes);
  }
  const rate = (ms: number): number => size / 1000 / ms;
  return { pack: rate(packed - started), restore: rate(performance.now() - packed) };
}
