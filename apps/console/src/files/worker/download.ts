import { bytesOfName, displayName, fileCid, type ManifestEntry, readFile } from "@cairn/archive/browser";
import { FolderWriter } from "@cairn/owner/browser/folder-writer";
import type { FileHandle, FileWritable } from "@cairn/owner/browser/platform";
import { leadsOut, SafeNames } from "@cairn/owner/browser/safe-names";
import { ZipWriter } from "@cairn/owner/browser/zip-writer";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import type { Got, Into, Item, Plan, Told, Trouble } from "../messages.ts";
import { ahead } from "./ahead.ts";
import { batchedBlocks } from "./batched-blocks.ts";
import type { OpenedTree, OpenPackages } from "./open-packages.ts";
import { openSpool } from "./spool.ts";

/** Blocks of plaintext that wait to be written while more are fetched. */
const WAITING = 12;
/** Troubles that are kept one by one; what is beyond is counted. */
const MOST_TROUBLES = 1_000;

/** What comes, parents before what they hold; `path` is as it is written. */
interface Placed {
  path: string;
  /** For people. */
  shown: string;
  entry: ManifestEntry;
  renamed: boolean;
}

interface Chosen {
  opened: OpenedTree;
  index: number;
  /** As it is written, at the top. */
  top: string;
}

async function choose(packages: OpenPackages, items: readonly Item[], tops?: readonly string[]): Promise<Chosen[]> {
  const names = new SafeNames();
  const chosen: Chosen[] = [];
  for (const [place, { package: id, index }] of items.entries()) {
    const opened = await packages.open(id);
    const entry = opened.tree.entries[index];
    if (entry === undefined) throw unlisted(opened);
    const name = index === 0 && entry.kind === "directory" ? packages.nameOf(opened) : entry.name;
    chosen.push({ opened, index, top: tops?.[place] ?? names.take(name) });
  }
  return chosen;
}

const unlisted = ({ manifest }: OpenedTree): CairnError =>
  new CairnError(`${displayName(manifest.name)} has no list of files: it is a DAG that was taken in as it was`, {
    code: "path-not-found",
    kind: "missing",
    next: `Get it with the command line (cairn get ${manifest.package}): it comes back as CAR files.`,
  });

export async function planDownload(packages: OpenPackages, items: readonly Item[]): Promise<Plan> {
  const chosen = await choose(packages, items);
  let [files, bytes] = [0, 0];
  for (const { opened, index } of chosen) {
    const row = opened.tree.row(index);
    files += row.files;
    bytes += row.size;
  }
  const [first] = chosen;
  const isOneFile = chosen.length === 1 && first?.opened.tree.entries[first.index]?.kind === "file";
  const tops = chosen.map(({ top }) => top);
  return { name: chosen.length === 1 ? (tops[0] ?? "") : "", isOneFile, files, bytes, tops };
}

/** Every entry under the name that it is written with. */
function* placed({ opened: { tree }, index, top }: Chosen): Generator<Placed> {
  const paths = new Map<number, { path: string; shown: string }>();
  const taken = new Map<number, SafeNames>();
  for (const at of tree.below(index)) {
    const entry = tree.entries[at]!;
    const shown = displayName(entry.name);
    if (at === index) {
      paths.set(at, { path: top, shown: top });
      yield { path: top, shown: top, entry, renamed: index > 0 && top !== entry.name };
      continue;
    }
    const names = taken.get(entry.parent) ?? new SafeNames();
    taken.set(entry.parent, names);
    const above = paths.get(entry.parent)!;
    const name = names.take(entry.name);
    const place = { path: `${above.path}/${name}`, shown: `${above.shown}/${shown}` };
    if (entry.kind === "directory") paths.set(at, place);
    yield { ...place, entry, renamed: name !== entry.name };
  }
}

/** What takes the entries one after another. */
interface Taker {
  folder(one: Placed): Promise<"written" | "refused">;
  file(one: Placed, bytes: AsyncIterable<Uint8Array>): Promise<"written" | "kept" | "refused">;
  /** Whether it holds the link. */
  link(one: Placed): Promise<boolean>;
  end(): Promise<File | undefined>;
  abort(reason: unknown): Promise<void>;
}

/** Of a zip, or of one file: a target that is closed when all came, and aborted when it did not. */
async function targetOf(
  handle: FileHandle | string,
): Promise<{ target: FileWritable; end(): Promise<File | undefined>; abort(reason: unknown): Promise<void> }> {
  if (typeof handle === "string") return openSpool(handle);
  const target = await handle.createWritable();
  return {
    target,
    async end() {
      await target.close();
      return undefined;
    },
    abort: (reason) => target.abort(reason).catch(() => undefined),
  };
}

async function takerOf(into: Into): Promise<Taker> {
  if (into.kind === "folder") return folderTaker(into);
  const { target, end, abort } = await targetOf(into.target);
  if (into.kind === "file") {
    return {
      folder: async () => "refused",
      async file(_, bytes) {
        for await (const part of bytes) await target.write(part);
        return "written";
      },
      link: async () => false,
      ...{ end, abort },
    };
  }
  const zip = new ZipWriter((bytes) => target.write(bytes));
  const common = ({ path, entry }: Placed) => ({ path, mode: entry.mode & 0o777, seconds: entry.seconds });
  return {
    async folder(one) {
      await zip.add({ ...common(one), kind: "directory" });
      return "written";
    },
    async file(one, bytes) {
      const size = one.entry.kind === "file" ? one.entry.size : 0;
      await zip.add({ ...common(one), kind: "file", size }, bytes);
      return "written";
    },
    async link(one) {
      if (one.entry.kind !== "symlink" || one.renamed || leadsOut(one.path, one.entry.target)) return false;
      await zip.add({ ...common(one), kind: "symlink" }, once(bytesOfName(one.entry.target)));
      return true;
    },
    async end() {
      await zip.finish();
      return end();
    },
    abort,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function folderTaker({ handle, existing }: Extract<Into, { kind: "folder" }>): Taker {
  const writer = new FolderWriter(handle, existing);
  return {
    folder: async ({ path }) => ((await writer.folder(path)) === "written" ? "written" : "refused"),
    file: ({ path }, bytes) => writer.file(path, bytes),
    link: async () => false,
    end: async () => undefined,
    abort: async () => undefined,
  };
}

/** Failures of one file that the others have no part in: what came of it is not what was stored, or did not come. */
const OF_ONE_FILE = new Set(["corrupt", "unavailable", "missing", "exhausted"]);

/**
 * Fetch what was chosen, block by block, and write it. A file that is damaged is named, and the others come all the same.
 * @throws CairnError `interrupted`, what opening throws, and what says that nothing can be written any more
 */
export async function download(
  packages: OpenPackages,
  { items, into, tops }: { items: readonly Item[]; into: Into; tops?: readonly string[] | undefined },
  { signal, tell }: { signal: AbortSignal; tell: (told: Told) => void },
): Promise<Got> {
  const chosen = await choose(packages, items, tops);
  const key = await packages.key();
  const taker = await takerOf(into);
  const got: Got = { files: 0, bytes: 0, troubles: [], file: undefined };
  let troubles = 0;
  const trouble = (one: Trouble) => {
    troubles += 1;
    if (got.troubles.length < MOST_TROUBLES) got.troubles.push(one);
  };
  try {
    for (const one of chosen) {
      const { manifest, id, tree } = one.opened;
      const small: { cid: ReturnType<typeof fileCid>; bytes: number }[] = [];
      for (const at of tree.below(one.index)) {
        const entry = tree.entries[at]!;
        if (entry.kind === "file" && entry.stored <= manifest.profile.chunk) {
          small.push({ cid: fileCid(manifest, entry), bytes: entry.stored });
        }
      }
      const getBlocks = batchedBlocks(packages.blocks(id, signal), small);
      for (const place of placed(one)) {
        signal.throwIfAborted();
        const { entry, path, shown, renamed } = place;
        if (renamed) trouble({ path: shown, why: "renamed", as: path });
        if (entry.kind === "directory") {
          if ((await taker.folder(place)) === "refused") trouble({ path: shown, why: "name" });
          continue;
        }
        if (entry.kind === "symlink") {
          if (!(await taker.link(place))) trouble({ path: shown, why: "link" });
          continue;
        }
        tell({ files: got.files, bytes: got.bytes, path: shown, troubles });
        const before = got.bytes;
        const reading = { failed: undefined as unknown };
        const bytes = watched(
          ahead(readFile({ manifest, key, path: "", entry, getBlocks }), WAITING),
          reading,
          (more) => {
            got.bytes += more;
            tell({ files: got.files, bytes: got.bytes, path: shown, troubles });
          },
        );
        try {
          const outcome = await taker.file(place, bytes);
          if (outcome === "written") got.files += 1;
          else trouble({ path: shown, why: outcome === "kept" ? "kept" : "name" });
        } catch (error) {
          signal.throwIfAborted();
          const fault = asCairnError(error);
          const isOnlyHere = reading.failed === error && OF_ONE_FILE.has(fault.kind) && into.kind !== "file";
          if (!isOnlyHere) throw error;
          got.bytes = before;
          trouble({ path: shown, why: "damaged", error: fault.toJSON() });
        }
      }
    }
    signal.throwIfAborted();
    got.file = await taker.end();
    return got;
  } catch (error) {
    await taker.abort(error);
    throw signal.aborted ? stopped(error) : writeFault(error);
  }
}

/** Counts what passes, and remembers what the reading failed with. */
async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  reading: { failed: unknown },
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const parts = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await parts.next().catch((error: unknown) => {
        reading.failed = error;
        throw error;
      });
      if (next.done === true) return;
      onBytes(next.value.length);
      yield next.value;
    }
  } finally {
    await parts.return?.();
  }
}

const stopped = (cause: unknown): CairnError =>
  new CairnError("the download was stopped", {
    code: "interrupted",
    kind: "conflict",
    cause,
    next: "Start it again when you like: into a folder, only what is missing is fetched.",
  });

function writeFault(error: unknown): unknown {
  const name = error instanceof Error ? error.name : "";
  if (name === "QuotaExceededError") {
    return new CairnError("there is no room left for what was to be written", {
      code: "no-space",
      kind: "exhausted",
      cause: error,
      next: "Make room on this machine, or get less at once.",
    });
  }
  if (name === "NotAllowedError" || name === "NoModificationAllowedError" || name === "NotFoundError") {
    return new CairnError("the browser may not write there", {
      code: "unwritable-path",
      kind: "input",
      cause: error,
      next: "Choose another folder, and allow the browser to write into it.",
    });
  }
  return error;
}
