export { type Copied, copyBlobs } from "./copy-blobs.ts";
export { type FileBlobStore, openFileBlobStore } from "./file-blob-store.ts";
export { memoryBlobStore } from "./memory-blob-store.ts";
export { probeS3, type S3Abilities } from "./s3/probe-s3.ts";
export { openS3BlobStore, type S3BlobStore } from "./s3/s3-blob-store.ts";
export { describeS3, readS3Settings, type S3Settings, s3Environment } from "./s3/s3-settings.ts";
