import { blobStoreSuite } from "@cairn/core/ports/blob-store.suite";
import { memoryBlobStore } from "./memory-blob-store.ts";

blobStoreSuite("memoryBlobStore", (test) => test(memoryBlobStore()));
