export { type FileBlobStore, openFileBlobStore } from "./file-blob-store.ts";
export { memoryBlobStore } from "./memory-blob-store.ts";
