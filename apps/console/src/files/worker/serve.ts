import { displayName } from "@cairn/archive/browser";
import type { OwnerSigner } from "@cairn/core";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import type { FilePackage, FilesCalls, FromWorker, Hit, Looked, Row, Search, ToWorker, Version } from "../messages.ts";
import { download, planDownload } from "./download.ts";
import { OpenPackages } from "./open-packages.ts";
import { type PackageTree, searched } from "./package-tree.ts";
import { see } from "./see.ts";

interface WorkerScope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: { data: ToWorker }) => unknown) | null;
}

interface Calling {
  signal: AbortSignal;
  tell: (value: unknown) => void;
}

type Served = {
  [K in keyof FilesCalls]: (
    argument: Parameters<FilesCalls[K]>[0],
    calling: Calling,
  ) => Promise<ReturnType<FilesCalls[K]>>;
};

/** Lists that are read side by side in a search. */
const AT_ONCE = 4;
/** The same words are told anew at most so often. */
const TOLD_MILLISECONDS = 150;

/** Everything of an owner's files that costs time, beside the page: lists, search, decryption, zips. Its memory goes with it when the key is locked. */
export function serveFiles(scope: WorkerScope = globalThis as unknown as WorkerScope): void {
  const send = (message: FromWorker, transfer?: Transferable[]) => scope.postMessage(message, transfer);
  const stops = new Map<number, AbortController>();
  const signing = new Map<number, { resolve: (signature: never) => void; reject: (error: unknown) => void }>();
  let csrf: string | undefined;
  let signed = 0;
  let calls: Served | undefined;
  const sign = (...message: unknown[]) =>
    new Promise((resolve, reject) => {
      signed += 1;
      signing.set(signed, { resolve, reject });
      send({ type: "sign", number: signed, message });
    });

  scope.onmessage = ({ data }) => {
    switch (data.type) {
      case "open": {
        csrf = data.csrf;
        const { address, lookupKey, key } = data.owner;
        const signer = { address, sign } as unknown as OwnerSigner;
        const onAway = (away: boolean) => send({ type: "away", away });
        calls = callsOf(
          new OpenPackages({ url: data.url, csrf: () => csrf, owner: { lookupKey, key, signer }, onAway }),
        );
        return;
      }
      case "csrf":
        csrf = data.csrf;
        return;
      case "signed": {
        const waiting = signing.get(data.number);
        signing.delete(data.number);
        if (data.error === undefined) waiting?.resolve(data.signature as never);
        else waiting?.reject(CairnError.fromJSON(data.error));
        return;
      }
      case "stop":
        stops.get(data.number)?.abort();
        return;
      default:
        void answer(data);
    }
  };

  async function answer({ number, name, argument }: Extract<ToWorker, { type: "call" }>): Promise<void> {
    const stop = new AbortController();
    stops.set(number, stop);
    const calling: Calling = { signal: stop.signal, tell: (value) => send({ type: "told", number, value }) };
    try {
      if (calls === undefined) throw new Error("nobody has opened the files");
      const value: unknown = await calls[name](argument as never, calling);
      const bytes = (value as { bytes?: unknown } | undefined)?.bytes;
      send({ type: "result", number, value }, bytes instanceof Uint8Array ? [bytes.buffer as ArrayBuffer] : []);
    } catch (error) {
      send({ type: "failed", number, error: asCairnError(error).toJSON() });
    } finally {
      stops.delete(number);
    }
  }
}

function callsOf(packages: OpenPackages): Served {
  return {
    packages: () => packages.list(),
    look: (at) => look(packages, at),
    search: (ask, calling) => search(packages, ask, calling),
    versions: (of) => versions(packages, of),
    see: (item, { signal }) => see(packages, item, signal),
    plan: ({ items }) => planDownload(packages, items),
    download: (ask, calling) => download(packages, ask, { ...calling, tell: seldom(calling.tell) }),
  };
}

/** Tells the newest now and then. */
function seldom<T>(tell: (value: T) => void): (value: T) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - told < TOLD_MILLISECONDS) return;
    told = now;
    tell(value);
  };
}

async function look(
  packages: OpenPackages,
  { package: id, path }: { package: string; path: string[] },
): Promise<Looked> {
  const { manifest, tree } = await packages.open(id);
  const name = displayName(manifest.name);
  if (tree.entries.length === 0) {
    return {
      name,
      rows: [],
      folder: [],
      folderIndex: 0,
      file: undefined,
      total: { files: 0, bytes: 0 },
      isListed: false,
    };
  }
  const index = tree.find(path);
  if (index === undefined) throw noPath(name, path);
  const { kind, parent } = tree.entries[index]!;
  const isFolder = kind === "directory";
  // A package of one file has no folder: the file stands for itself.
  const folderIndex = isFolder ? index : parent;
  const rows = tree.entries[folderIndex]?.kind === "directory" ? tree.rows(folderIndex) : [tree.row(0)];
  const { files, size } = tree.row(folderIndex);
  return {
    ...{ name, rows, folderIndex, isListed: true },
    folder: isFolder ? path : path.slice(0, -1),
    file: isFolder || (index === 0 && path.length === 0) ? undefined : tree.row(index),
    total: { files, bytes: size },
  };
}

const noPath = (name: string, path: string[]): CairnError =>
  new CairnError(`${name} has no ${path.join("/")}`, {
    code: "path-not-found",
    kind: "missing",
    next: "Go up to the package, or search for the name.",
  });

async function search(
  packages: OpenPackages,
  { text, most }: { text: string; most: number },
  { signal, tell }: Calling,
): Promise<Search> {
  const words = searched(text)
    .split(/\s+/)
    .filter((word) => word !== "");
  const all = (await packages.list()).filter(({ isReadable }) => isReadable);
  const found: Search = { hits: [], total: 0, names: 0, read: 0, of: all.length, unread: [] };
  const told = seldom(tell);
  let next = 0;
  const reading = async () => {
    for (let one = all[next++]; one !== undefined; one = all[next++]) {
      signal.throwIfAborted();
      try {
        const { tree } = await packages.open(one.id);
        found.names += tree.entries.length;
        if (words.length > 0) {
          for (const index of tree.having(words)) {
            found.total += 1;
            if (found.hits.length < most) found.hits.push(hitOf(one, tree, index));
          }
        }
      } catch (error) {
        found.unread.push({ id: one.id, name: one.name, error: asCairnError(error).toJSON() });
      }
      found.read += 1;
      if (!signal.aborted) told(found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reading));
  signal.throwIfAborted();
  return found;
}

function hitOf({ id, name }: FilePackage, tree: PackageTree, index: number): Hit {
  return { ...tree.row(index), package: id, packageName: name, folder: tree.path(index).slice(0, -1) };
}

/** The same path in every package that had the same name, newest first. */
async function versions(
  packages: OpenPackages,
  { package: id, path }: { package: string; path: string[] },
): Promise<Version[]> {
  const all = await packages.list();
  const name = all.find((one) => one.id === id)?.name;
  const same = all.filter((one) => one.name === name).toSorted((a, b) => b.createdAt - a.createdAt);
  const found: (Version & { content: string | undefined })[] = [];
  for (const { id: of, state, createdAt, isReadable } of same) {
    const version = {
      package: of,
      state,
      createdAt,
      row: undefined,
      error: undefined,
      isSame: false,
      content: undefined,
    };
    if (!isReadable) {
      found.push({ ...version, is: "gone" });
      continue;
    }
    try {
      const { tree } = await packages.open(of);
      const index = tree.find(path);
      const row: Row | undefined = index === undefined ? undefined : tree.row(index);
      const content = row === undefined ? undefined : `${row.kind} ${row.size} ${row.seconds}`;
      found.push({ ...version, is: row === undefined ? "missing" : "here", row, content });
    } catch (error) {
      found.push({ ...version, is: "missing", error: asCairnError(error).toJSON() });
    }
  }
  return found.map(({ content, ...version }, place) => {
    const before = found[place + 1];
    return { ...version, isSame: content !== undefined && content === before?.content };
  });
}
