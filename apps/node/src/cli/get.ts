import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { restoreFile, restoreFolder } from "@cairn/archive";
import { CairnError, type Hex } from "@cairn/core";
import { readCapability } from "./capability.ts";
import { findPackage, parseTarget } from "./find-package.ts";
import { fetchManifest } from "./open-manifest.ts";
import { formatBytes, formatDuration, startProgress } from "./output.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

export interface GetOptions extends CommonOptions {
  /** `FROM-TO`, half-open, of one file. */
  range?: string;
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
  if (path === "" && range === undefined) await requireFree(dest);
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
    const restored =
      path === "" && range === undefined
        ? await restoreFolder({
            manifest,
            key: account.key,
            pieces: eachPiece(found.pieces, (piece) => client.piece(found.id, piece, capability, interrupted.signal)),
            destination: dest,
            onProgress,
            signal: interrupted.signal,
          })
        : await restoreFile({
            manifest,
            key: account.key,
            path,
            destination: await insideIfDirectory(dest, path === "" ? name : basename(path)),
            ...(range === undefined ? {} : { range }),
            getBlocks: (cids) => client.blocks(found.id, cids, capability, interrupted.signal),
            onProgress,
            signal: interrupted.signal,
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

async function insideIfDirectory(destination: string, name: string): Promise<string> {
  const existing = await stat(destination).catch(() => undefined);
  return existing?.isDirectory() ? join(destination, name) : destination;
}

function parseRange(text: string): { from: number; to: number } {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match !== null && from < to) return { from, to };
  throw new CairnError(`"${text}" is not a byte range`, {
    code: "bad-range",
    kind: "input",
    next: "Write it as FROM-TO, TO not included: --range 0-1024",
  });
}
