import type { Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { shellWord } from "@cairn/core/shell-word";
import { writeDurably } from "@cairn/process";
import { CairnError } from "@cairn/protocol";
import { create, extract, list, type ReadEntry } from "tar";
import { downstreamDirectory } from "../downstream/settings-file.ts";
import { homeAt, makeDirectory } from "../home/home.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { externalBlobs } from "../up/external-blobs.ts";
import { externalDatabases } from "../up/external-databases.ts";
import { formatBytes } from "./format.ts";
import { interruptible } from "./interruptible.ts";
import { createOutput } from "./output.ts";
import { withProgress } from "./progress.ts";
import type { CommonOptions } from "./session.ts";

/** What a restored home makes anew or fetches again, and the shards, which are other people's machines' to keep. */
const LEFT_OUT = [
  /^logs\//,
  /^gateway\/(spool\/|id$)/,
  /^puts\//,
  /^stdin\//,
  /^farmer\/(chunks\/|lock)/,
  /^downstream\/run\.json/,
  /^(lock|run\.json|children\.json)/,
];
/** Those that are held, that are being received, and that are about to be deleted. */
const SHARDS = /^provider(s\/[^/]+)?\/(shards|incoming|trash)\//;

export interface BackupOptions extends CommonOptions {
  /** Also the shards that providers in this home hold. */
  shards?: boolean;
  progress?: boolean;
}

/** Copy a stopped home into one file: keys, chain, database, settings, compressed; with `shards` also what local providers hold, and uncompressed. */
export async function backup(file: string, options: BackupOptions): Promise<void> {
  const home = homeAt(options.home);
  const target = resolve(file);
  const output = createOutput(options);
  await requireAbsent(target);
  await Promise.any([stat(home.settingsFile), stat(downstreamDirectory(home))]).catch((cause) => {
    throw new CairnError(`${home.directory} is no home of a network`, {
      code: "no-home",
      kind: "missing",
      cause,
      next: "Name one with --home.",
    });
  });
  await requireOutside(target, home.directory);
  const keep = (path: string, entry: Stats | ReadEntry): boolean => {
    const name = path.replace(/^\.\//, "");
    return (
      !("isFile" in entry && isSpecial(entry)) &&
      !LEFT_OUT.some((pattern) => pattern.test(name)) &&
      (options.shards === true || !SHARDS.test(name))
    );
  };
  const lock = lockHome(home.directory);
  let shards = 0;
  try {
    if (!options.shards) shards = await bytesOf(home.directory, SHARDS);
    // Shards are ciphertext, which no compression makes smaller.
    const archive = create({ cwd: home.directory, gzip: !options.shards, filter: keep }, ["."]);
    const total = options.shards ? await bytesOf(home.directory) : 0;
    const save = (signal: AbortSignal) =>
      withProgress(output, "Backing up", "bytes", (progress) =>
        writeDurably(
          target,
          until(signal, archive, (done) => progress.update(done, total)),
        ),
      );
    await interruptible(save, { message: "interrupted: nothing was backed up", next: "Run the command again." });
  } finally {
    lock.release();
  }
  const { size } = await stat(target);
  const databases = await externalDatabases(home);
  const blobs = await externalBlobs(home);
  output.result({
    file: target,
    bytes: size,
    shardsLeftOut: options.shards ? 0 : shards,
    databasesLeftOut: databases,
    ...(blobs === undefined ? {} : { blobsLeftOut: blobs }),
  });
  output.say(`Backed up ${home.directory} to ${target} (${formatBytes(size)}). It holds private keys: keep it safe.`);
  if (databases.length > 0) {
    output.say(
      "Note: the databases are on another server and are not in this backup. Dump them with pg_dump while the network is stopped, and keep the dumps with it: without them the catalogue, and the chain where it is ours, are lost.",
      ...databases.map((one) => `  ${one}`),
    );
  }
  if (blobs !== undefined) {
    output.say(
      `Note: manifests and leaf files are in ${blobs} and are not in this backup. Keep a copy of the bucket with it: without it, every owner has to bring its packages back (\`cairn recover\`).`,
    );
  }
  if (shards > 0 && !options.shards) {
    output.say(
      `Note: ${formatBytes(shards)} of shards that providers in this home hold are left out; what no provider elsewhere holds cannot be read from this backup. --shards takes them in.`,
    );
  }
}

/** A socket, a pipe or a device: a killed database leaves its socket. An archive cannot hold them, and tar never ends when it meets one. */
const isSpecial = (entry: Stats): boolean => !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink();

/** The chunks of `source`, until the signal comes. */
async function* until(
  signal: AbortSignal,
  source: AsyncIterable<Uint8Array>,
  onBytes: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of source) {
    signal.throwIfAborted();
    done += chunk.length;
    onBytes(done);
    yield chunk;
  }
}

/** Of the backup's file: one in the home would be copied into itself. */
async function requireOutside(target: string, home: string): Promise<void> {
  const [folder, inner] = await Promise.all([realpath(dirname(target)), realpath(home)]).catch((cause) => {
    throw new CairnError(`cannot write ${target}: ${(cause as Error).message}`, {
      code: "unwritable-path",
      kind: "input",
      cause,
      next: "Name a file in a folder that exists.",
    });
  });
  if (folder !== inner && !folder.startsWith(inner + sep)) return;
  throw new CairnError(`${target} lies in the home that it is to be a copy of`, {
    code: "bad-input",
    kind: "input",
    next: "Name a file outside of the home, on another disk at best.",
  });
}

/** Bytes of the files below a home whose paths fit, counted by ourselves: a directory that is left out is never looked into. */
async function bytesOf(directory: string, paths = /^/): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && paths.test(relative(directory, path))) bytes += (await stat(path)).size;
  }
  return bytes;
}

/** Read a backup to its end, so that nothing is unpacked of one that is damaged, or of an archive of something else. @throws CairnError `bad-backup` */
async function requireBackup(file: string): Promise<void> {
  let settings = false;
  const onReadEntry = ({ path }: ReadEntry) => {
    settings ||= /^(\.\/)?(home\.json$|downstream\/)/.test(path);
  };
  const fault = await list({ file, strict: true, onReadEntry }).then(
    () => undefined,
    (cause: unknown) => ({ cause }),
  );
  if (fault === undefined && settings) return;
  throw new CairnError(`${file} is not a backup of a home, or only a part of one is left`, {
    ...{ code: "bad-backup", kind: "corrupt", ...fault },
    next: "Give a whole file that `cairn backup` wrote.",
  });
}

/** Put a home back where none is. */
export async function restore(file: string, options: CommonOptions): Promise<void> {
  const home = homeAt(options.home);
  const source = resolve(file);
  await stat(source).catch((cause) => {
    throw new CairnError(`cannot read ${source}`, { code: "unreadable-path", kind: "input", cause });
  });
  await requireBackup(source);
  await makeDirectory(home.directory);
  if ((await readdir(home.directory)).length > 0) {
    throw new CairnError(`${home.directory} is not empty`, {
      code: "destination-not-empty",
      kind: "input",
      next: "Restore into a home that does not exist yet: --home DIR",
    });
  }
  await extract({ file: source, cwd: home.directory, preservePaths: false, strict: true }).catch((cause) => {
    throw new CairnError(`cannot restore ${source} into ${home.directory}: ${(cause as Error).message}`, {
      code: "unwritable-path",
      kind: "input",
      cause,
      next: "Name a home on a disk with space for it, in which you may write.",
    });
  });
  const output = createOutput(options);
  output.result({ home: home.directory });
  output.say(`Restored ${home.directory}. Start it as before, with --home ${shellWord(home.directory)}`);
}

async function requireAbsent(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new CairnError(`${path} exists already`, {
    code: "file-exists",
    kind: "conflict",
    next: "Name a file that does not exist.",
  });
}
