import type { Picked } from "@cairn/owner/browser/pick-files";
import type { DirectoryHandle, DroppedEntry, FileHandle, PageFile } from "@cairn/owner/browser/platform";

type Handle = DirectoryHandle | FileHandle;

/** What a person picked or dropped, as the browser gives it at that moment; what reads it is loaded later. */
export type Taken =
  | { by: "files"; files: readonly PageFile[] }
  | { by: "handles"; handles: readonly Handle[] }
  | { by: "drop"; entries: readonly DroppedEntry[]; handles: Promise<readonly Handle[]> };

/** Call it in the handler of the drop: what was dropped is gone after it. Undefined where it was no file. */
export function takeDrop(data: DataTransfer): Taken | undefined {
  const items = [...data.items].filter(({ kind }) => kind === "file");
  if (items.length === 0) return undefined;
  const entries = items.flatMap((item) => {
    const entry = item.webkitGetAsEntry();
    return entry === null ? [] : [entry as unknown as DroppedEntry];
  });
  if (entries.length < items.length) return { by: "files", files: [...data.files] };
  // Handles outlive the page, where the browser has them.
  const handles = Promise.all(
    items.map((item) =>
      (item as unknown as { getAsFileSystemHandle?: () => Promise<Handle | null> }).getAsFileSystemHandle?.(),
    ),
  ).then(
    (found) => found.filter((one) => one !== null && one !== undefined),
    () => [],
  );
  return { by: "drop", entries, handles };
}

interface WithPicker {
  showDirectoryPicker?: (options: { mode: "read" }) => Promise<DirectoryHandle>;
}

export const hasPicker = (): boolean => typeof (globalThis as WithPicker).showDirectoryPicker === "function";

/** Undefined where the person thought better of it. */
export async function pickFolder(): Promise<Taken | undefined> {
  try {
    const handle = await (globalThis as WithPicker).showDirectoryPicker?.({ mode: "read" });
    return handle === undefined ? undefined : { by: "handles", handles: [handle] };
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return undefined;
    throw error;
  }
}

/** Ready to be listed, with the handles by which it is found again after the page was closed. */
export async function pickedOf(taken: Taken): Promise<{ picked: Picked; handles: readonly Handle[] }> {
  const { pickedFiles, pickedHandles, pickedItems } = await import("@cairn/owner/browser/pick-files");
  switch (taken.by) {
    case "files":
      return { picked: pickedFiles(taken.files), handles: [] };
    case "handles":
      return { picked: pickedHandles(taken.handles), handles: taken.handles };
    case "drop": {
      const items = taken.entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry }));
      const handles = await taken.handles;
      return { picked: pickedItems({ items }), handles: handles.length === items.length ? handles : [] };
    }
  }
}
