/** What this folder needs of a browser, typed by hand: the project is compiled without the DOM's types, which would let any code use a page. */

/** W3C File API. */
export interface PageFile extends Blob {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  /** With `<input webkitdirectory>`: from the chosen folder's own name on. */
  readonly webkitRelativePath?: string;
}

type PermissionMode = { mode: "read" | "readwrite" };

interface CommonHandle {
  readonly name: string;
  queryPermission?(mode: PermissionMode): Promise<string>;
  requestPermission?(mode: PermissionMode): Promise<string>;
}

/** What is written appears when it is closed, and not at all when it is aborted. */
export interface FileWritable {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(reason?: unknown): Promise<void>;
}

/** WHATWG File System, and File System Access. */
export interface FileHandle extends CommonHandle {
  readonly kind: "file";
  getFile(): Promise<PageFile>;
  createWritable(): Promise<FileWritable>;
}

export interface DirectoryHandle extends CommonHandle {
  readonly kind: "directory";
  values(): AsyncIterable<FileHandle | DirectoryHandle>;
  getDirectoryHandle(name: string, options?: { create: boolean }): Promise<DirectoryHandle>;
  getFileHandle(name: string, options?: { create: boolean }): Promise<FileHandle>;
  removeEntry(name: string, options?: { recursive: boolean }): Promise<void>;
}

/** File and Directory Entries API: what browsers without handles give for what is dropped. */
export interface DroppedEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  file?(found: (file: PageFile) => void, failed: (error: unknown) => void): void;
  createReader?(): { readEntries(found: (entries: DroppedEntry[]) => void, failed: (error: unknown) => void): void };
}

/** What an event of dropping carries. */
export interface DroppedItems {
  readonly items: ArrayLike<{ readonly kind: string; webkitGetAsEntry?(): DroppedEntry | null }>;
}

/** Web Locks. */
export interface LockManager {
  request<T>(name: string, options: { ifAvailable: true }, held: (lock: object | null) => Promise<T>): Promise<T>;
}
