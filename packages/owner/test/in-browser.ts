// Bundled, and run by browser.test.ts in a browser's page, which calls what is exported by its name.
import {
  type Checkpoint,
  carHeader,
  decryptManifest,
  exportAccountKey,
  generateAccountKey,
  importAccountKey,
  packListed,
  unchangedCheckpoints,
} from "@cairn/archive/browser";
import {
  type DirectoryHandle,
  type DroppedItems,
  encryptOwner,
  IndexedPuts,
  Keyring,
  openOwner,
  ownerRecords,
  type PageFile,
  type Picked,
  pickedFiles,
  pickedHandles,
  pickedItems,
  zipDestination,
} from "../src/browser/index.ts";
import { IndexedTables } from "../src/browser/indexed-tables.ts";
import type { KnownPackage } from "../src/known-packages.ts";
import type { Pinned } from "../src/pin-network.ts";
import type { PutHead, PutRecord } from "../src/put-records.ts";

interface Page {
  addEventListener(type: string, act: (event: never) => void): void;
  getElementById(id: string): { files: Iterable<PageFile> };
}
const { document, navigator, Worker } = globalThis as unknown as {
  document: Page;
  navigator: { storage: { getDirectory(): Promise<DirectoryHandle> } };
  Worker: new (url: string, options: { type: "module" }) => never;
};

const IDENTITY = {
  packageId: "00112233445566778899aabbccddeeff",
  name: "picked",
  repairKey: new Uint8Array(32).fill(7),
  created: 1_763_000_000,
};
const { signal } = new AbortController();
const startWorker = () => new Worker("/worker.js", { type: "module" });

let dropped: Picked | undefined;
document.addEventListener("dragover", (event: { preventDefault(): void }) => event.preventDefault());
document.addEventListener("drop", (event: { preventDefault(): void; dataTransfer: DroppedItems }) => {
  event.preventDefault();
  dropped = pickedItems(event.dataTransfer);
});

const chosen = (): Picked => pickedFiles(document.getElementById("chosen").files);

async function remembered(): Promise<DirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle("copy", { create: true });
}

/** The tree by the way that it came in. */
function pickedBy(way: string): Promise<Picked> {
  if (way === "drop" && dropped !== undefined) return Promise.resolve(dropped);
  return way === "handle" ? remembered().then((handle) => pickedHandles([handle])) : Promise.resolve(chosen());
}

export const waitsForDrop = (): boolean => dropped === undefined;

/** Copies what was dropped into a folder that the browser has a handle of. */
export async function copyDropped(): Promise<void> {
  const { entries, blobs } = await (await pickedBy("drop")).list(signal);
  const folders: DirectoryHandle[] = [await remembered()];
  for (const [index, { kind, name, parent }] of entries.entries()) {
    if (index === 0) continue;
    const above = folders[parent] as DirectoryHandle;
    if (kind === "directory") folders[index] = await above.getDirectoryHandle(name, { create: true });
    else {
      const file = await (await above.getFileHandle(name, { create: true })).createWritable();
      await file.write(new Uint8Array(await (blobs.get(index) as Blob).arrayBuffer()));
      await file.close();
    }
  }
}

/** Entries as they are listed, and the root of the DAG that is made of them without encryption. */
export async function rootOf({ way, workers }: { way: string; workers: number }) {
  const picked = await pickedBy(way);
  const tree = await picked.list(signal);
  const { root, files, bytes } = await packListed({
    ...{ ...IDENTITY, key: await generateAccountKey({ name: "Browser" }), layout: "unencrypted", tree, workers },
    startWorker: workers > 0 ? startWorker : undefined,
    sink: { write: () => undefined, cut: () => undefined },
  });
  const entries = tree.entries.map(({ kind, parent, name, seconds, nanoseconds }) => ({
    ...{ kind, parent, name, milliseconds: seconds * 1000 + nanoseconds / 1e6 },
  }));
  return { name: picked.name, root: root.toString(), files, bytes, entries };
}

const keep = (name: string, body: Blob | string): Promise<unknown> => fetch(`/kept/${name}`, { method: "PUT", body });

/** Packs with workers, stops after `stopAfter` checkpoints, lists anew and goes on: what is uploaded is that of both. */
export async function packInTwo({ way, stopAfter }: { way: string; stopAfter: number }) {
  const key = await generateAccountKey({ name: "Browser" });
  const picked = await pickedBy(way);
  const parts: Uint8Array<ArrayBuffer>[][] = [];
  const checkpoints: Checkpoint[] = [];
  const read: number[] = [];
  const one = async (from: readonly Checkpoint[], onCheckpoint: (checkpoint: Checkpoint) => Promise<void>) => {
    let bytes = 0;
    const packing = packListed({
      ...{ ...IDENTITY, key, tree: await picked.list(signal), from, onCheckpoint, startWorker, workers: 2 },
      pieceLimit: 3_000_000,
      sink: {
        write(piece, part) {
          parts[piece] ??= [];
          parts[piece].push(part.slice());
          bytes += part.length;
        },
        cut: () => undefined,
      },
    });
    return packing.finally(() => read.push(bytes));
  };
  const stopped = await one([], async (checkpoint) => {
    if (checkpoints.length === stopAfter) throw new Error("stopped here");
    checkpoints.push(checkpoint);
  }).catch((error: Error) => error.message);
  const { entries } = await picked.list(signal);
  const from = unchangedCheckpoints(entries, checkpoints);
  // The sink is cut back to what the checkpoints stand for, as a gateway is.
  const lengths = from.flatMap(({ ended }) => ended).map(({ length }) => length);
  lengths.push(from.at(-1)?.at.length ?? 59);
  for (const [piece, all] of parts.entries()) {
    const body = new Uint8Array(await new Blob(all).arrayBuffer()).slice(0, Math.max(0, (lengths[piece] ?? 59) - 59));
    parts[piece] = [body];
  }
  const { root, manifest } = await one(from, async () => undefined);
  for (const [piece, body] of parts.entries())
    await keep(`piece-${piece}`, new Blob([carHeader(root).slice(), ...body]));
  await keep("manifest", new Blob([manifest.slice()]));
  await keep("key", await exportAccountKey(key));
  return { stopped, kept: from.length, pieces: parts.length, read };
}

/** What a page that is closed in the midst of packing with workers leaves: nothing that goes on. */
export async function cancelled(way: string): Promise<string> {
  const controller = new AbortController();
  const picked = await pickedBy(way);
  const tree = await picked.list(signal);
  return packListed({
    ...{ ...IDENTITY, key: await generateAccountKey({ name: "Browser" }), tree, startWorker, workers: 2 },
    signal: controller.signal,
    sink: { write: () => controller.abort(new Error("enough")), cut: () => undefined },
  }).then(
    () => "packed",
    (error: Error) => error.message,
  );
}

const OWNER = { address: "0xABC", lookupKey: new Uint8Array(32).fill(9) };
let held = 0;
const records = new Map<number, PutRecord>();
const owned = (name: string) => ownerRecords({ ...OWNER, address: name });

/** Of a KnownPackages. */
export async function known({ name, call, argument }: { name: string; call: string; argument?: never }) {
  const { known: packages, close } = owned(name);
  try {
    return await (packages as unknown as Record<string, (argument: KnownPackage | string) => unknown>)[call]?.(
      argument as unknown as string,
    );
  } finally {
    await close();
  }
}

export async function pins(value: Pinned | undefined): Promise<Pinned | undefined> {
  if (value !== undefined) await owned("pins").pins.write(value);
  return owned("pins").pins.read();
}

/** Of PutRecords: a number that stands for the record. */
export async function openPut(name: string) {
  try {
    const record = await owned("puts").puts.open(name);
    records.set(++held, record);
    return { number: held, head: record.head, checkpoints: record.checkpoints };
  } catch (error) {
    return { code: (error as { code: string }).code };
  }
}
export const forgetPut = (name: string): Promise<void> => owned("puts").puts.forget(name);
export const begunPuts = () => owned("puts").puts.begun();

export async function put({
  number,
  call,
  first,
  second,
}: {
  number: number;
  call: string;
  first?: never;
  second?: never;
}) {
  const record = records.get(number) as PutRecord;
  if (call === "manifest") return Array.from((await record.manifest()) ?? [], Number);
  if (call === "keepManifest") return record.keepManifest(Uint8Array.from(first as unknown as number[]));
  if (call === "begin") return record.begin(first as unknown as PutHead, second);
  return (record as unknown as Record<string, (argument: unknown) => Promise<void>>)[call]?.(first);
}

/** Puts whose list another tab shortens between the reading of its keys and of its rows: what is begun, and whether one can be opened. */
export async function putsThatVanish(name: string) {
  class Vanishing extends IndexedTables {
    override keys = async (table: string) => [...(await super.keys(table)), "0".repeat(64)];
  }
  const tables = new Vanishing("cairn-vanishing", IndexedPuts.TABLES);
  const puts = new IndexedPuts("cairn-vanishing", tables, OWNER);
  const record = await puts.open(name);
  await record.begin({ id: "1".repeat(32) } as PutHead);
  await record.close();
  const begun = await puts.begun();
  await tables.close();
  return begun.map((one) => one.name);
}

/** A change whose second step throws at once: what it rejects with, and what is there of its first. */
export async function halfAChange() {
  const tables = new IndexedTables("cairn-half", ["rows"]);
  const failed = await tables
    .change([
      { table: "rows", key: "first", put: "a value" },
      { table: "rows", key: "second", put: () => "no value" },
    ])
    .catch((error: Error) => error.name);
  const first = await tables.get("rows", "first");
  await tables.close();
  return { failed, first };
}

/** Handles outlive the page in its database. */
export async function keepHandles(name: string): Promise<void> {
  await owned("puts").puts.keepHandles(name, [await remembered()]);
}
export async function handleNames(name: string): Promise<string[] | undefined> {
  const handles = await owned("puts").puts.handlesOf(name);
  if (handles === undefined) return undefined;
  const { entries } = await pickedHandles(handles).list(signal);
  return entries.map((entry) => entry.name);
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}
const kept = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`/kept/${name}`)).arrayBuffer());

/** What was kept comes back as a zip, which is kept. */
export async function restore({ name, pieces }: { name: string; pieces: number }) {
  const root = await navigator.storage.getDirectory();
  const key = await importAccountKey(new TextDecoder().decode(await kept("key")));
  const manifest = await decryptManifest(await kept("manifest"), key);
  const cars = await Promise.all(Array.from({ length: pieces }, (_, piece) => kept(`piece-${piece}`)));
  const whole = { manifest, key, signal, pieces: cars.map(chunks), onProgress: () => undefined };
  const file = await root.getFileHandle("all.zip", { create: true });
  const restored = await zipDestination(await file.createWritable(), name).takeWhole(whole);
  await keep("zip", await file.getFile());
  return restored;
}

/** A zip of one file of unknown length, and what a get that fails leaves of its target. */
export async function brokenZip(): Promise<number> {
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle("broken.zip", { create: true });
  const failing = (async function* () {
    yield new Uint8Array(1000);
    throw new Error("broken off");
  })();
  const destination = zipDestination(await file.createWritable(), "broken");
  const taken = { entry: undefined, name: "broken", signal, bytes: failing, onBytes: () => undefined };
  await destination.takeBytes(taken).catch((error: Error) => error);
  return (await file.getFile()).size;
}

let locked: string[] = [];
let keyring = new Keyring((fingerprint) => locked.push(fingerprint));

/** As a page that was closed and opened again. */
export async function anotherKeyring(): Promise<void> {
  await keyring.close();
  keyring = new Keyring((fingerprint) => locked.push(fingerprint));
  locked = [];
}

const codeOf = (error: { code?: string; message: string }) => ({ code: error.code ?? "", message: error.message });

export const makeKey = ({ minutes, ...of }: { name: string; email: string; passphrase: string; minutes?: number }) =>
  keyring.make(of, minutes).catch(codeOf);
export const importKey = ({ key, binary, passphrase }: { key?: string; binary?: number[]; passphrase: string }) =>
  keyring.import(key ?? Uint8Array.from(binary ?? []), passphrase).catch(codeOf);
export const listKeys = () => keyring.list();
export const certificate = (fingerprint: string) => keyring.revocationCertificate(fingerprint);
export const unlockKey = ({
  fingerprint,
  passphrase,
  minutes,
}: {
  fingerprint: string;
  passphrase: string;
  minutes?: number;
}) => keyring.unlock(fingerprint, passphrase, minutes).then(() => keyring.isOpen(fingerprint), codeOf);
export const lockKeys = () => keyring.lock();
export const stateOf = (fingerprint: string) => ({ open: keyring.isOpen(fingerprint), locked });
export const forgetKey = (fingerprint: string) => keyring.forget(fingerprint);
export const useKey = async (fingerprint: string) => {
  try {
    return keyring.use(fingerprint).fingerprint;
  } catch (error) {
    return codeOf(error as Error);
  }
};

/** Uses a key again and again for as long as it is open. @returns how long that was, in milliseconds; at most 20 seconds */
export async function useUntilLocked({ fingerprint, renews }: { fingerprint: string; renews: boolean }) {
  const begun = performance.now();
  while (keyring.isOpen(fingerprint) && performance.now() - begun < 20_000) {
    keyring.use(fingerprint, renews);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - begun;
}

/** Two tabs that each look at a row and write it, at once. */
export async function twoTabs(rounds: number) {
  const tabs = [new IndexedTables("two-tabs", ["rows"]), new IndexedTables("two-tabs", ["rows"])];
  const first = await Promise.allSettled(
    tabs.map((tab, at) =>
      tab.update("rows", "owner", (before) => {
        if (before !== undefined) throw new Error("there is one");
        return { of: at, count: 0 };
      }),
    ),
  );
  const more = Array.from({ length: rounds }, () =>
    tabs.map((tab) =>
      tab.update("rows", "owner", (before) => {
        const now = before as { of: number; count: number };
        return { ...now, count: now.count + 1 };
      }),
    ),
  );
  await Promise.all(more.flat());
  const row = await tabs[0]!.get("rows", "owner");
  for (const tab of tabs) await tab.close();
  return { first: first.map(({ status }) => status), row };
}

/** Everything that this browser has in its databases, as text. */
export async function allKept(): Promise<string> {
  const { indexedDB } = globalThis as unknown as { indexedDB: { open(name: string): never } };
  const opening = indexedDB.open("cairn-keys") as unknown as {
    result: { transaction(name: string): { objectStore(name: string): { getAll(): typeof opening } }; close(): void };
    onsuccess: () => void;
  };
  const done = (request: typeof opening) => new Promise<void>((resolve) => (request.onsuccess = resolve));
  await done(opening);
  const all = opening.result.transaction("keys").objectStore("keys").getAll();
  await done(all);
  return JSON.stringify(all.result);
}

/** A wallet's key is encrypted to a key and opened with it: what it signs is the wallet's. */
export async function walletOf({ fingerprint, wallet }: { fingerprint: string; wallet: number[] }) {
  const encrypted = await encryptOwner(keyring.use(fingerprint), { wallet: Uint8Array.from(wallet) });
  const owner = await openOwner(() => keyring.use(fingerprint), encrypted);
  keyring.lock();
  const content = await owner.openKey().catch(codeOf);
  return { address: owner.signer.address, keystore: [...encrypted.wallet], lookup: owner.lookupKey.length, content };
}
