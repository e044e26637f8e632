import { bytesOfName } from "./names.ts";

/** The bytes of a name or path in string form, as the file system wants them. */
export function pathBytes(path: string): Buffer {
  const bytes = bytesOfName(path);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** `base`/`path` in bytes, as the file system wants it. */
export function joinPath(base: Uint8Array, path: string): Buffer {
  return path === "" ? Buffer.from(base) : Buffer.concat([base, Buffer.from("/"), bytesOfName(path)]);
}
