import type { Existing } from "@cairn/owner/browser/folder-writer";
import type { DirectoryHandle, FileHandle } from "@cairn/owner/browser/platform";
import type { ErrorBody } from "@cairn/protocol/errors";

/** One line of a listing, or of what was found. Names are as they are shown (`displayName`), which gives each back without loss. */
export interface Row {
  /** Of its package's entries. */
  index: number;
  name: string;
  kind: "directory" | "file" | "symlink";
  /** Plaintext bytes of a file; what all files below come to for a folder. */
  size: number;
  /** Files below a folder; 1 for a file. */
  files: number;
  /** UNIX seconds, as it was when it was stored. */
  seconds: number;
}

/** A package with the name that its owner gave it. */
export interface FilePackage {
  id: string;
  name: string;
  role: "replacement" | "replaced" | null;
  state: string;
  files: number;
  bytes: number;
  createdAt: number;
  /** Whether there is anything to be read. */
  isReadable: boolean;
  /** What the gateway says of it otherwise than this browser remembers. */
  doubt: "missing" | "ended" | null;
}

export interface Looked {
  /** Of the package. */
  name: string;
  /** As it is found by `path`: a folder's own, or a file's parent's. */
  rows: Row[];
  /** The folder that the rows lie in, as shown names below the package's root. */
  folder: string[];
  /** The same, by its number. */
  folderIndex: number;
  /** What the path names, where it is a file or a link. */
  file: Row | undefined;
  /** What the whole folder comes to. */
  total: { files: number; bytes: number };
  /** A DAG that was taken in as it was has no list of files. */
  isListed: boolean;
}

export interface Hit extends Row {
  package: string;
  packageName: string;
  /** Shown names of its folders, below the package's root. */
  folder: string[];
}

export interface Search {
  hits: Hit[];
  /** Of which `hits` are the first. */
  total: number;
  /** Files, folders and links that were looked through. */
  names: number;
  /** Packages whose lists were read so far, and of how many. */
  read: number;
  of: number;
  /** Packages whose lists could not be read, and why. */
  unread: { id: string; name: string; error: ErrorBody }[];
}

/** What a file was in one package after another that had one name. */
export interface Version {
  package: string;
  state: string;
  createdAt: number;
  /** `gone`: the package is over, and its list with it. `missing`: it has no such file. */
  is: "here" | "missing" | "gone";
  row: Row | undefined;
  error: ErrorBody | undefined;
  /** Size and time are those of the version before it; the bytes are not compared. */
  isSame: boolean;
}

export interface Item {
  package: string;
  index: number;
}

export type Into =
  /** Into this file, or into the one of this name in the browser's own store, which the page hands out. */
  | { kind: "zip" | "file"; target: FileHandle | string }
  | { kind: "folder"; handle: DirectoryHandle; existing: Existing };

/** What will come, before anything is fetched. */
export interface Plan {
  /** What it is called: a file, a folder, or several things. */
  name: string;
  isOneFile: boolean;
  files: number;
  bytes: number;
  /** Names at the top, as they are written. */
  tops: string[];
}

/** A file that did not come, or not as it was. */
export interface Trouble {
  path: string;
  /** `damaged`: `error` says how. `link` leads out of what was got, or nothing can hold it. `name` is one that the browser does not write. `kept`: it was there already. `renamed`: it has another name now. */
  why: "damaged" | "link" | "name" | "kept" | "renamed";
  /** Of `renamed`. */
  as?: string;
  error?: ErrorBody;
}

export interface Told {
  files: number;
  bytes: number;
  /** Of the file that is being fetched. */
  path: string;
  troubles: number;
}

export interface Got {
  files: number;
  bytes: number;
  troubles: Trouble[];
  /** What was written into this browser's own store, for the page to hand out. */
  file: File | undefined;
}

/** Of a file's first bytes or all of it, in the memory of the page; its type is one of those that are shown, by what is in it. */
export interface Seen {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** There is more of it. */
  isCut: boolean;
  /** Of a picture that is there whole: what a browser decodes to show it. Undefined where its header does not say it. */
  pixels: number | undefined;
}

/** What the worker does: each is called by its name, with one argument. */
export interface FilesCalls {
  packages(ask: Record<string, never>): FilePackage[];
  look(at: { package: string; path: string[] }): Looked;
  /** `told` as lists are read. */
  search(ask: { text: string; most: number }): Search;
  versions(of: { package: string; path: string[] }): Version[];
  see(item: Item & { most: number }): Seen;
  plan(of: { items: Item[] }): Plan;
  /** `told` as it comes. */
  download(ask: { items: Item[]; into: Into; tops?: string[] }): Got;
}

export type ToWorker =
  | {
      type: "open";
      owner: { address: `0x${string}`; lookupKey: Uint8Array; key: string };
      url: string;
      csrf: string | undefined;
    }
  | { type: "csrf"; csrf: string | undefined }
  | { type: "call"; number: number; name: keyof FilesCalls; argument: unknown }
  | { type: "stop"; number: number }
  | { type: "signed"; number: number; signature?: string; error?: ErrorBody };

export type FromWorker =
  | { type: "result"; number: number; value: unknown }
  | { type: "failed"; number: number; error: ErrorBody }
  | { type: "told"; number: number; value: unknown }
  | { type: "sign"; number: number; message: unknown[] }
  /** Whether the gateway answers, while something waits for it. */
  | { type: "away"; away: boolean };
