import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { CairnError } from "@cairn/protocol";
import { create, extract } from "tar";
import { downstreamDirectory } from "../downstream/settings.ts";
import { homeAt, makeDirectory } from "../home/home.ts";
import { lockHome } from "../supervise/lock-home.ts";
import { formatBytes } from "./format.ts";
import { createOutput } from "./output.ts";
import type { CommonOptions } from "./session.ts";

/** What a restored home makes anew or fetches again, and the shards, which are other people's machines' to keep. */
const LEFT_OUT = [
  /^logs\//,
  /^gateway\/spool\//,
  /^puts\//,
  /^stdin\//,
  /^farmer\/(chunks\/|lock)/,
  /^downstream\/run\.json/,
  /^(lock|run\.json|children\.json)/,
];
const SHARDS = /^provider(s\/[^/]+)?\/shards\//;

export interface BackupOptions extends CommonOptions {
  /** Also the shards that providers in this home hold. */
  shards?: boolean;
}

/** Copy a stopped home into one compressed file: keys, chain, database, settings; not the shards of local providers. */
export async function backup(file: string, options: BackupOptions): Promise<void> {
  const home = homeAt(options.home);
  const target = resolve(file);
  await requireAbsent(target);
  await Promise.any([stat(home.settingsFile), stat(downstreamDirectory(home))]).catch((cause) => {
    throw new CairnError(`${home.directory} is no home of a network`, {
      code: "no-home",
      kind: "missing",
      cause,
      next: "Name one with --home.",
    });
  });
  const keep = (path: string): boolean => {
    const name = path.replace(/^\.\//, "");
    return !LEFT_OUT.some((pattern) => pattern.test(name)) && (options.shards === true || !SHARDS.test(name));
  };
  const lock = lockHome(home.directory);
  let shards = 0;
  try {
    if (!options.shards) shards = await shardBytes(home.directory);
    await create({ file: target, cwd: home.directory, gzip: true, mode: 0o600, filter: keep }, ["."]);
  } finally {
    lock.release();
  }
  const { size } = await stat(target);
  const output = createOutput(options);
  output.result({ file: target, bytes: size, shardsLeftOut: options.shards ? 0 : shards });
  output.say(`Backed up ${home.directory} to ${target} (${formatBytes(size)}). It holds private keys: keep it safe.`);
  if (shards > 0 && !options.shards) {
    output.say(
      `Note: ${formatBytes(shards)} of shards that providers in this home hold are left out; what no provider elsewhere holds cannot be read from this backup. --shards takes them in.`,
    );
  }
}

/** Bytes of the shards below a home, counted by ourselves: a directory that is left out is never looked into. */
async function shardBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && SHARDS.test(relative(directory, path))) bytes += (await stat(path)).size;
  }
  return bytes;
}

/** Put a home back where none is. */
export async function restore(file: string, options: CommonOptions): Promise<void> {
  const home = homeAt(options.home);
  const source = resolve(file);
  await stat(source).catch((cause) => {
    throw new CairnError(`cannot read ${source}`, { code: "unreadable-path", kind: "input", cause });
  });
  await makeDirectory(home.directory);
  if ((await readdir(home.directory)).length > 0) {
    throw new CairnError(`${home.directory} is not empty`, {
      code: "destination-not-empty",
      kind: "input",
      next: "Restore into a home that does not exist yet: --home DIR",
    });
  }
  await extract({ file: source, cwd: home.directory, preservePaths: false, strict: true }).catch((cause) => {
    throw new CairnError(`${source} is not a backup of a home: ${(cause as Error).message}`, {
      code: "bad-backup",
      kind: "corrupt",
      cause,
      next: "Give a file that `cairn backup` wrote.",
    });
  });
  const output = createOutput(options);
  output.result({ home: home.directory });
  output.say(`Restored ${home.directory}. Start it as before, with --home ${home.directory}`);
}

async function requireAbsent(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  throw new CairnError(`${path} exists already`, {
    code: "file-exists",
    kind: "conflict",
    next: "Name a file that does not exist.",
  });
}
