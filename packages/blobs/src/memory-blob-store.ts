import type { BlobStore } from "@cairn/core";
import { keySegments } from "./blob-key.ts";
import { blobMissing, rangeEnd } from "./blob-range.ts";

const PART = 1_048_576;

/** A BlobStore in this process's memory: for simulations and tests. */
export function memoryBlobStore(): BlobStore {
  const objects = new Map<string, Uint8Array>();
  return {
    async putIfAbsent(key, bytes) {
      keySegments(key);
      const parts: Uint8Array[] = [];
      for await (const part of bytes) parts.push(part.slice());
      if (objects.has(key)) return false;
      objects.set(key, new Uint8Array(Buffer.concat(parts)));
      return true;
    },
    async size(key) {
      keySegments(key);
      return objects.get(key)?.length;
    },
    async *read(key, offset = 0, length) {
      keySegments(key);
      const bytes = objects.get(key);
      if (bytes === undefined) throw blobMissing(key);
      const end = rangeEnd(key, bytes.length, offset, length);
      for (let at = offset; at < end; at += PART) yield bytes.slice(at, Math.min(at + PART, end));
    },
    async remove(key) {
      keySegments(key);
      objects.delete(key);
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].toSorted()) {
        const size = objects.get(key)?.length;
        if (key.startsWith(prefix) && size !== undefined) yield { key, size };
      }
    },
  };
}
