import { createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  type ByteRange,
  findEntry,
  type GetBlocks,
  type Manifest,
  type ReadFileOptions,
  type Restored,
  readFile,
  readFrames,
  restoreFolder,
  restorePath,
} from "@cairn/archive";
import { CairnError, type Hex } from "@cairn/core";
import { readCapability } from "./capability.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { fetchManifest } from "./open-manifest.ts";
import { startProgress } from "./progress.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

export interface GetOptions extends CommonOptions {
  /** `FROM-TO`, half-open, of one file. */
  range?: string;
  /** The OpenPGP message as it is stored, for gpg. */
  encrypted?: boolean;
}

/** Bring back a package, a folder of it, one file, or a byte range of one file. */
export async function get(target: string, destination: string, options: GetOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireAccount(session.home);
  const { name, path } = parseTarget(target);
  const dest = resolve(destination);
  const range = options.range === undefined ? undefined : parseRange(options.range);
  const found = await findPackage(client, account, name);
  if (found.manifestHash === null) {
    throw new CairnError(`${name} is ${found.state}: there is nothing to get yet`, {
      code: "not-stored",
      kind: "conflict",
      next: found.next ?? `See \`cairn show ${found.id}\`.`,
    });
  }
  const oneFile = range !== undefined || options.encrypted === true;
  if (path === "" && !oneFile) await requireFree(dest);
  const network = await client.network();
  const capability = await readCapability(account, network, found.manifestHash as Hex);
  const manifest = await fetchManifest(client, account, found.id);
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const started = performance.now();
  const progress = startProgress("Getting", "bytes", output.json);
  const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) =>
    progress.update(bytes, totalBytes);
  try {
    const { signal } = interrupted;
    const getBlocks: GetBlocks = (cids) =>
      readFrames(lazily(() => client.blocks(found.id, cids.map(String), capability, signal)));
    const common = { manifest, key: account.key, onProgress, signal };
    const restored = oneFile
      ? await getOneFile(
          {
            manifest,
            key: account.key,
            path,
            getBlocks,
            ...(range === undefined ? {} : { range }),
            stored: options.encrypted ?? false,
          },
          await insideIfDirectory(dest, basename(path || name)),
        )
      : path !== ""
        ? await restorePath({ ...common, path, getBlocks, destination: await forPath(manifest, path, dest) })
        : await restoreFolder({
            ...common,
            pieces: eachPiece(found.pieces, (piece) => client.piece(found.id, piece, capability, signal)),
            destination: dest,
          });
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    output.result({ id: found.id, destination: dest, files: restored.files, bytes: restored.bytes, seconds });
    output.say(
      `Got ${restored.files} files, ${formatBytes(restored.bytes)}, in ${formatDuration(seconds)}; every block verified`,
    );
  } catch (error) {
    progress.stop();
    if (!interrupted.signal.aborted) throw error;
    throw new CairnError("interrupted: what was half restored has been removed", {
      code: "interrupted",
      kind: "conflict",
      cause: error,
      next: "Run the command again.",
    });
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

async function* eachPiece(
  count: number,
  open: (piece: number) => Promise<AsyncIterable<Uint8Array>>,
): AsyncIterable<AsyncIterable<Uint8Array>> {
  for (let piece = 0; piece < count; piece += 1) yield await open(piece);
}

/** DEST must be absent or an empty folder. */
async function requireFree(destination: string): Promise<void> {
  const entries = await readdir(destination).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new CairnError(`${destination} cannot be written to: ${error.message}`, {
      code: error.code === "ENOTDIR" ? "destination-exists" : "unwritable-destination",
      kind: "input",
      cause: error,
      next: "Name a folder that does not exist yet.",
    });
  });
  if (entries.length === 0) return;
  throw new CairnError(`${destination} is not empty`, {
    code: "destination-not-empty",
    kind: "input",
    next: "Name a folder that does not exist yet, or empty this one.",
  });
}

/** Opens the request only when the first byte is wanted. */
async function* lazily(open: () => Promise<AsyncIterable<Uint8Array>>): AsyncIterable<Uint8Array> {
  yield* await open();
}

/** A file goes into an existing folder under its own name; a folder becomes DEST itself. */
async function forPath(manifest: Manifest, path: string, destination: string): Promise<string> {
  const { entry } = findEntry(manifest, path);
  return entry.kind === "directory" ? destination : insideIfDirectory(destination, basename(path));
}

async function insideIfDirectory(destination: string, name: string): Promise<string> {
  const existing = await stat(destination).catch(() => undefined);
  return existing?.isDirectory() ? join(destination, name) : destination;
}

/** Written beside DEST and renamed, so that a broken read leaves nothing. */
async function getOneFile(options: ReadFileOptions, destination: string): Promise<Omit<Restored, "exactTimes">> {
  if (await stat(destination).catch(() => undefined)) {
    throw new CairnError(`${destination} exists already`, {
      code: "destination-exists",
      kind: "input",
      next: "Name a file that does not exist.",
    });
  }
  const partial = `${destination}.${process.pid}.part`;
  try {
    await pipeline(readFile(options), createWriteStream(partial, { flags: "wx" }));
    const { size } = await stat(partial);
    await rename(partial, destination);
    return { path: destination, files: 1, bytes: size };
  } finally {
    await rm(partial, { force: true });
  }
}

function parseRange(text: string): ByteRange {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (match !== null && start < end) return { start, end };
  throw new CairnError(`"${text}" is not a byte range`, {
    code: "bad-range",
    kind: "input",
    next: "Write it as FROM-TO, TO not included: --range 0-1024",
  });
}
