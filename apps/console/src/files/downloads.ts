import type { DirectoryHandle, FileHandle } from "@cairn/owner/browser/platform";
import { CairnError } from "@cairn/protocol/errors";
import { keepOpen } from "../keys/keys.ts";
import { usersStore } from "../store.ts";
import { rateOf } from "../uploads/rate.ts";
import { files as words } from "../words/files.ts";
import { callFiles } from "./files.ts";
import type { Into, Item, Plan, Told, Trouble } from "./messages.ts";
import { TAKEN_MILLISECONDS, withSpool } from "./spools.ts";

export interface Download {
  number: number;
  /** Of the file or folder, or what several are called together. */
  name: string;
  into: "zip" | "file" | "folder";
  /** Of the chosen folder. */
  folder: string | undefined;
  plan: Plan;
  state: "running" | "done" | "stopped" | "failed";
  told: Told;
  rate: number | undefined;
  troubles: readonly Trouble[];
  error: unknown;
  /** As it was asked for, to be begun again. */
  again: () => void;
  stop: () => void;
}

/** Above this, a zip or file is written to the place that the person names, where the browser asks for one: else it would lie on the disk twice. */
const SPOOLED_BYTES = 500_000_000;
const SHOWN = 20;

const downloads = usersStore<readonly Download[]>([]);
let last = 0;
const { set: change } = downloads;
const amend = (number: number, to: Partial<Download>) =>
  change(downloads.get().map((one) => (one.number === number ? { ...one, ...to } : one)));

export const useDownloads = downloads.use;

export const forgetDownload = (number: number): void => change(downloads.get().filter((one) => one.number !== number));

interface Pickers {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileHandle>;
  showDirectoryPicker?: (options: { mode: "readwrite"; id: string }) => Promise<DirectoryHandle>;
}
const pickers = (): Pickers => globalThis as Pickers;

export const canChooseFolder = (): boolean => typeof pickers().showDirectoryPicker === "function";

/** Undefined where the person thought better of it. */
async function picked<T>(picking: Promise<T>): Promise<T | undefined> {
  try {
    return await picking;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return undefined;
    throw error;
  }
}

/** As a file: one as it is, several and folders as a zip. Call it when the person has clicked. */
export async function downloadItems(items: readonly Item[], name?: string): Promise<void> {
  const plan = await callFiles("plan", { items: [...items] });
  const kind = plan.isOneFile ? "file" : "zip";
  const called = plan.name === "" ? (name ?? words.several) : plan.name;
  const suggestedName = kind === "zip" ? `${called}.zip` : called;
  let handle: FileHandle | undefined;
  const { showSaveFilePicker } = pickers();
  if (plan.bytes > SPOOLED_BYTES && showSaveFilePicker !== undefined) {
    handle = await picked(showSaveFilePicker.call(globalThis, { suggestedName }));
    if (handle === undefined) return;
  }
  run({ items, plan, name: suggestedName, into: { kind, target: handle } });
}

/** What is there already in a folder that was chosen, and what to do about it: asked before anything is written. */
export interface Clash {
  folder: string;
  /** Of what is wanted, at the top: names that are there. */
  names: readonly string[];
  /** `keep` what is there and fetch what is missing, `replace` it, or give what comes other names. Undefined: do nothing. */
  answer: (how: "keep" | "replace" | "beside" | undefined) => void;
}

/** Into a folder that the person chooses, where the browser lets them. Call it when they have clicked. */
export async function downloadInto(items: readonly Item[], onClash: (clash: Clash) => void): Promise<void> {
  const { showDirectoryPicker } = pickers();
  if (showDirectoryPicker === undefined) return downloadItems(items);
  const handle = await picked(showDirectoryPicker.call(globalThis, { mode: "readwrite", id: "cairn-downloads" }));
  if (handle === undefined) return;
  const plan = await callFiles("plan", { items: [...items] });
  const there = new Set<string>();
  for await (const { name } of handle.values()) there.add(keyOf(name));
  const clashing = plan.tops.filter((name) => there.has(keyOf(name)));
  let how: "keep" | "replace" | "beside" | undefined = "keep";
  if (clashing.length > 0) {
    how = await new Promise((answer) => onClash({ folder: handle.name, names: clashing, answer }));
    if (how === undefined) return;
  }
  let { tops } = plan;
  if (how === "beside") {
    const { numbered } = await import("@cairn/owner/browser/safe-names");
    tops = tops.map((name) => {
      let free = name;
      for (let number = 2; there.has(keyOf(free)); number++) free = numbered(name, number);
      there.add(keyOf(free));
      return free;
    });
  }
  const existing = how === "replace" ? "replace" : "keep";
  const name = plan.name === "" ? words.several : (tops[0] ?? plan.name);
  run({ items, plan, name, tops, into: { kind: "folder", handle, existing } });
}

const keyOf = (name: string): string => name.normalize("NFC").toLowerCase();

interface Wanted {
  items: readonly Item[];
  plan: Plan;
  name: string;
  tops?: string[];
  /** Without a target: the browser's own store, and its downloads from there. */
  into: Extract<Into, { kind: "folder" }> | { kind: "zip" | "file"; target: FileHandle | undefined };
}

function run(wanted: Wanted): void {
  const { items, plan, name, tops, into } = wanted;
  last += 1;
  const number = last;
  const stop = new AbortController();
  const rate = rateOf();
  const begun: Download = {
    ...{ number, name, plan, into: into.kind, folder: into.kind === "folder" ? into.handle.name : undefined },
    state: "running",
    told: { files: 0, bytes: 0, path: "", troubles: 0 },
    ...{ rate: undefined, troubles: [], error: undefined },
    again() {
      forgetDownload(number);
      // What came into a folder is there; a file is begun anew.
      run(into.kind === "folder" ? { ...wanted, into: { ...into, existing: "keep" } } : wanted);
    },
    stop: () => stop.abort(),
  };
  change([begun, ...downloads.get()].slice(0, SHOWN));
  const told = (value: Told) => {
    void keepOpen();
    amend(number, { told: value, rate: rate(value.bytes) });
  };
  const failed = (error: unknown): false => {
    const isStopped = stop.signal.aborted || (error instanceof CairnError && error.code === "interrupted");
    amend(number, isStopped ? { state: "stopped" } : { state: "failed", error });
    return false;
  };
  /** @returns whether a file was handed out */
  const get = async (to: Into): Promise<boolean> => {
    const { files, bytes, troubles, file } = await callFiles(
      "download",
      { items: [...items], into: to, ...(tops === undefined ? {} : { tops }) },
      { signal: stop.signal, told },
    );
    if (file !== undefined) handOut(file, name);
    amend(number, { state: "done", told: { files, bytes, path: "", troubles: troubles.length }, troubles });
    return file !== undefined;
  };
  const got = (to: Into) => get(to).catch(failed);
  if (into.kind === "folder") void got(into);
  else {
    const { kind, target } = into;
    if (target !== undefined) void got({ kind, target });
    else withSpool((name) => got({ kind, target: name })).catch(failed);
  }
}

/** As the browser's own download. Its type says nothing, so that nothing is ever rendered from it, whatever it is opened with. */
function handOut(file: File, name: string): void {
  const url = URL.createObjectURL(new Blob([file], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_MILLISECONDS);
}
