import { Semaphore } from "@cairn/core/semaphore";
import { CairnError } from "@cairn/protocol/errors";
import { type PageFolder, type PageNode, type PageTree, treeOf } from "./page-tree.ts";
import type { DirectoryHandle, DroppedEntry, DroppedItems, FileHandle, PageFile } from "./platform.ts";

/** Files whose particulars are asked for at once. */
const ASKED_AT_ONCE = 32;

/** What a person picked or dropped. `list` may be called again, for what is there by then; after `listFiles` it gives the same. */
export interface Picked {
  /** Of the folder or file; undefined where several were picked together. */
  name: string | undefined;
  list(signal: AbortSignal): Promise<PageTree>;
  /** Where the browser has them: they can be kept (`IndexedPuts.keepHandles`), and listed again after the page was closed. */
  handles?: readonly (DirectoryHandle | FileHandle)[];
}

/** Of `showDirectoryPicker`, `showOpenFilePicker`, or kept ones. Empty folders are there, too. */
export function pickedHandles(handles: readonly (DirectoryHandle | FileHandle)[]): Picked {
  return {
    name: handles.length === 1 ? handles[0]?.name : undefined,
    handles,
    async list(signal) {
      const asking = new Semaphore(ASKED_AT_ONCE);
      return treeOf(together(await Promise.all(handles.map((handle) => ofHandle(handle, asking, signal)))));
    },
  };
}

/** Of a drop; call it in the event's handler, as what was dropped is gone after it. Empty folders are there, too. */
export function pickedItems({ items }: DroppedItems): Picked {
  const entries = Array.from(items).flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry?.() : undefined;
    return entry ? [entry] : [];
  });
  return {
    name: entries.length === 1 ? entries[0]?.name : undefined,
    async list(signal) {
      const asking = new Semaphore(ASKED_AT_ONCE);
      return treeOf(together(await Promise.all(entries.map((entry) => ofEntry(entry, asking, signal)))));
    },
  };
}

/** Of `<input webkitdirectory>` or `<input multiple>`. Folders with nothing in them are unknown to it. */
export function pickedFiles(files: Iterable<PageFile>): Picked {
  const all = [...files];
  const nodes: PageNode[] = [];
  const folders = new Map<string, PageFolder>();
  const childrenOf = (path: string): PageNode[] => {
    if (path === "") return nodes;
    const known = folders.get(path);
    if (known !== undefined) return known.children;
    const slash = path.lastIndexOf("/");
    const folder: PageFolder = { name: path.slice(slash + 1), children: [] };
    folders.set(path, folder);
    childrenOf(path.slice(0, Math.max(0, slash))).push(folder);
    return folder.children;
  };
  for (const file of all) {
    const path = file.webkitRelativePath || file.name;
    const slash = path.lastIndexOf("/");
    childrenOf(path.slice(0, Math.max(0, slash))).push({ name: path.slice(slash + 1), file });
  }
  return { name: nodes.length === 1 ? nodes[0]?.name : undefined, list: async () => treeOf(together(nodes)) };
}

/** One folder or file is itself the root; several lie in a folder of their own. */
function together(nodes: PageNode[]): PageNode {
  const [only] = nodes;
  return nodes.length === 1 && only !== undefined ? only : { name: "files", children: nodes };
}

async function ofHandle(
  handle: DirectoryHandle | FileHandle,
  asking: Semaphore,
  signal: AbortSignal,
): Promise<PageNode> {
  const { name } = handle;
  if (handle.kind === "file") {
    return { name, file: await asking.run(() => reading(name, handle.getFile()), 0, signal) };
  }
  const below: Promise<PageNode>[] = [];
  await reading(
    name,
    (async () => {
      for await (const child of handle.values()) {
        signal.throwIfAborted();
        const one = ofHandle(child, asking, signal);
        // Thrown where all are waited for.
        one.catch(() => undefined);
        below.push(one);
      }
    })(),
  );
  return { name, children: await Promise.all(below) };
}

async function ofEntry(entry: DroppedEntry, asking: Semaphore, signal: AbortSignal): Promise<PageNode> {
  const { name } = entry;
  if (entry.isFile) {
    const file = () => new Promise<PageFile>((found, failed) => entry.file?.(found, failed));
    return { name, file: await asking.run(() => reading(name, file()), 0, signal) };
  }
  const reader = entry.createReader?.();
  const children: Promise<PageNode>[] = [];
  // A reader gives a hundred at a time, and nothing at the end.
  for (let more = reader !== undefined; more; ) {
    signal.throwIfAborted();
    const some = await reading(
      name,
      new Promise<DroppedEntry[]>((found, failed) => reader?.readEntries(found, failed)),
    );
    for (const child of some) {
      const one = ofEntry(child, asking, signal);
      one.catch(() => undefined);
      children.push(one);
    }
    more = some.length > 0;
  }
  return { name, children: await Promise.all(children) };
}

async function reading<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    throw new CairnError(`${name} cannot be read`, {
      code: "unreadable-path",
      kind: "input",
      next: "Allow the page to read it, or leave it out, and choose again.",
      details: { path: name },
      cause,
    });
  }
}
