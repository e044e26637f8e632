import type { AccountKey, ByteRange, GetBlocks, Manifest, ManifestEntry, PieceStreams } from "@cairn/archive/browser";
import { blocksOf } from "./get-blocks.ts";
import { untilInterrupted } from "./interrupted.ts";
import { type OpenedPackage, type OpenPorts, openPackage } from "./open-package.ts";
import type { Gateway } from "./ports.ts";
import { inStage, type StageEvent } from "./stages.ts";

export type GetPorts = OpenPorts & { gateway: OpenPorts["gateway"] & Pick<Gateway, "blocks" | "piece"> };

/** What every way of restoring is given. */
interface Restoring {
  manifest: Manifest;
  key: AccountKey;
  onProgress: (progress: { bytes: number; totalBytes: number }) => void;
  signal: AbortSignal;
}

/** What came back. */
export interface Restored {
  files: number;
  bytes: number;
}

/** Where a package, or a part of it, is restored. What is given to it is verified as it comes, and whole when it has ended. */
export interface Destination<R extends Restored = Restored> {
  /** Refuse before anything is fetched; `file` is what it is called, where it is no folder. */
  assertFree(file: { name: string } | undefined): Promise<void>;
  /** All of the package, in one pass over its pieces. */
  takeWhole(whole: Restoring & { pieces: PieceStreams }): Promise<R>;
  /** A file, link or folder below its root. */
  takePath(part: Restoring & { path: string; getBlocks: GetBlocks }): Promise<R>;
  /** The bytes of a range of a file, or of a file as it is stored. */
  takeBytes(file: {
    bytes: AsyncIterable<Uint8Array>;
    name: string;
    entry: ManifestEntry | undefined;
    onBytes: (done: number) => void;
    signal: AbortSignal;
  }): Promise<R>;
}

export interface GetOptions<R extends Restored> {
  /** `PACKAGE[/path]` */
  target: string;
  destination: Destination<R>;
  /** Of one file. */
  range?: ByteRange | undefined;
  /** One file's OpenPGP message, as it is stored. */
  encrypted?: boolean | undefined;
  signal: AbortSignal;
  onEvent?: (event: StageEvent<"getting">) => void;
}

export interface Got<R extends Restored> {
  id: string;
  restored: R;
  /** Of what was asked for; undefined for a DAG that was taken in as it was. */
  kind: ManifestEntry["kind"] | undefined;
  /** Without the time that it took to find it. */
  seconds: number;
}

/**
 * Bring back a package, a folder of it, one file, or a byte range of one file.
 * @throws what `openPackage` and the destination throw; `path-not-found`; `corrupt-block` and others of its kind
 */
export async function get<R extends Restored>(ports: GetPorts, options: GetOptions<R>): Promise<Got<R>> {
  const { signal, onEvent = () => undefined } = options;
  const wanted = await untilInterrupted(signal, prepare(ports, options));
  const started = ports.clock.monotonic();
  const restored = await inStage(onEvent, "getting", (update) => restore(ports, wanted, options, update));
  const seconds = (ports.clock.monotonic() - started) / 1000;
  return { id: wanted.found.id, restored, kind: wanted.entry?.kind, seconds };
}

/** What is to be restored. */
interface Wanted extends OpenedPackage {
  key: AccountKey;
  entry: ManifestEntry | undefined;
  name: string;
  isOneFile: boolean;
  /** Bytes that one file comes to. */
  total: number;
}

async function prepare<R extends Restored>(
  ports: GetPorts,
  { target, destination, range, encrypted = false }: GetOptions<R>,
): Promise<Wanted> {
  const opened = await openPackage(ports, target, "get");
  const { manifest, path } = opened;
  const { findEntry } = await import("@cairn/archive/browser");
  const { entry } = manifest.layout === "car" ? {} : findEntry(manifest, path);
  const isOneFile = range !== undefined || encrypted;
  const isFolder = entry?.kind === "directory" && !isOneFile;
  const name = entry?.name ?? opened.name;
  await destination.assertFree(isFolder ? undefined : { name });
  const whole = entry?.kind === "file" ? (encrypted ? entry.stored : entry.size) : 0;
  const total = range === undefined ? whole : range.end - range.start;
  return { ...opened, key: await ports.owner.openKey(), entry, name, isOneFile, total };
}

async function restore<R extends Restored>(
  { gateway }: GetPorts,
  { found, document, manifest, capability, path, key, name, entry, isOneFile, total }: Wanted,
  { destination, range, encrypted = false, signal }: GetOptions<R>,
  update: (done: number, total: number) => void,
): Promise<R> {
  const { readFile } = await import("@cairn/archive/browser");
  const getBlocks = blocksOf(gateway, { id: found.id, capability }, signal);
  if (isOneFile) {
    const ranged = range === undefined ? {} : { range };
    const bytes = readFile({ manifest, key, path, getBlocks, ...ranged, stored: encrypted });
    return destination.takeBytes({ bytes, name, entry, onBytes: (done) => update(done, total), signal });
  }
  const onProgress: Restoring["onProgress"] = ({ bytes, totalBytes }) => update(bytes, totalBytes);
  const common = { manifest, key, onProgress, signal };
  if (path !== "") return destination.takePath({ ...common, path, getBlocks });
  const open = (piece: number) => gateway.piece(found.id, piece, capability, signal);
  return destination.takeWhole({ ...common, pieces: eachPiece(document.pieces.length, open) });
}

async function* eachPiece(
  count: number,
  open: (piece: number) => Promise<AsyncIterable<Uint8Array>>,
): AsyncIterable<AsyncIterable<Uint8Array>> {
  for (let piece = 0; piece < count; piece += 1) yield await open(piece);
}
